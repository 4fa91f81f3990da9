"""Two browsers: what the desk does is on open pages, undoing included."""

import re

import pytest

from tools.browser import chromium_path, sign_in, wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]
# From the press of "Apply" to the open pages of attendees.
SECONDS = 6


@pytest.fixture
def open_page(site, browser):
    """`open_page(path, email)`: a browser of somebody's own, signed in."""
    contexts = []

    def start(path, email=None, **options):
        context = browser.new_context(base_url=site.url, **options)
        contexts.append(context)
        page = context.new_page()
        page.goto(f"/accounts/login/?next={path}" if email else path)
        if email:
            sign_in(page, site, email)
            page.wait_for_url(f"**{path}")
        return page

    yield start
    for context in contexts:
        context.close()


@pytest.mark.timed
def test_a_shift_is_on_open_pages_and_undone(open_page, promises):
    room = open_page("/rooms/main/", "attendee@example.com")
    schedule = open_page("/schedule/")
    desk = open_page("/admin/desk/", "organizer@example.com")

    first = desk.locator("#from-main option").first
    title = re.sub(r"^\d+:\d+ ", "", first.inner_text())
    desk.locator("#from-main").select_option(index=0)
    desk.locator("#room-main").get_by_role("button", name="30 minutes later").click()
    desk.get_by_role("heading", name=f"+30 min from “{title}” on").wait_for()
    talk = schedule.locator("article.talk", has_text=title).first
    assert talk.locator("s").count() == 0

    desk.get_by_role("button", name="Apply").click()
    in_room = room.locator("#programme li", has_text=title).locator(".badge.late s")
    late = [talk.locator(".badge.late s"), in_room]
    seconds = wait_until(lambda: all(each.count() for each in late), "both pages show the shift")
    promises.check("a shift is on open pages", seconds, SECONDS)

    desk.get_by_role("link", name=re.compile("^Undo")).first.click()
    desk.get_by_text(re.compile("gets? back what")).wait_for()
    desk.get_by_role("button", name="Undo").click()
    undone = [talk.locator("s"), in_room]
    seconds = wait_until(lambda: not any(each.count() for each in undone), "both pages forget it")
    promises.check("an undone shift is gone from open pages", seconds, SECONDS)


def test_the_timer_follows_the_chair_and_goes_on_offline(open_page):
    desk = open_page("/admin/desk/", "organizer@example.com")
    desk.locator("#room-main dl a").first.click()
    link = desk.get_by_role("link", name="Open timer").get_attribute("href")
    timer = open_page(link)
    complaints = []
    timer.on("pageerror", lambda error: complaints.append(str(error)))
    before = timer.locator("#clock").inner_text()
    assert re.fullmatch(r"\+?(\d+:)?\d+:\d\d", before)

    desk.get_by_role("link", name="Chair it").click()
    desk.get_by_role("button", name="Wrap up").click()
    timer.locator("#message", has_text="Wrap up").wait_for()
    until = timer.locator("#until").inner_text()
    desk.get_by_role("button", name="5 minutes more").click()
    timer.locator("#message", has_text="+5 min").wait_for()
    assert timer.locator("#until").inner_text() != until

    timer.context.set_offline(True)
    timer.locator("#offline").wait_for()
    shown = timer.locator("#clock").inner_text()
    wait_until(lambda: timer.locator("#clock").inner_text() != shown, "the clock goes on")
    assert complaints == []
