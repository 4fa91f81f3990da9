"""What is pressed at the desk is on open pages, also while the database is away."""

import contextlib
from pathlib import Path

import psycopg2
import pytest

from tools.bench.pages import CLIENTS, REQUESTS_PER_ROUND, ask
from tools.browser import chromium_path, sign_in, wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]
# From the press at the desk to the open pages of attendees; the quickest of several counts.
SECONDS = 6


@pytest.fixture
def open_page(site, browser):
    """`open_page(path, email)`: a browser of somebody's own, signed in."""
    contexts = []

    def start(path, email=None):
        context = browser.new_context(base_url=site.url)
        contexts.append(context)
        page = context.new_page()
        page.complaints = []
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.goto(f"/accounts/login/?next={path}" if email else path)
        if email:
            sign_in(page, site, email)
            page.wait_for_url(f"**{path}")
        return page

    yield start
    for context in contexts:
        context.close()


def is_playing(page):
    video = "document.querySelector('#player video')?.currentTime"
    return page.evaluate(f"{video} > 0")


@pytest.mark.timed
def test_a_switch_and_a_slate_reach_the_room(open_page, site, promises):
    site.manage("probe_streams")  # which fails where one that should play does not
    room = open_page("/rooms/main/", "attendee@example.com")
    desk = open_page("/admin/desk/", "organizer@example.com")
    source, slate = room.locator("#source"), room.locator("#slate")
    wait_until(lambda: is_playing(room), "the stream plays")
    before = source.input_value()
    card = desk.locator("#room-main")
    assert card.get_by_text("plays, seen").count() == 2
    assert card.get_by_text("switched at").count() == 0
    seconds = []

    card.get_by_role("button", name="Switch to backup").click()
    seconds.append(wait_until(lambda: source.input_value() != before, "the backup plays"))
    assert "The stream was switched" in room.locator("#status").inner_text()

    card.get_by_text("Switch everybody, or put words up").click()
    card.get_by_label("Words instead of the picture").fill("We are back in ten minutes")
    card.get_by_role("button", name="Put up").click()
    seconds.append(wait_until(slate.is_visible, "the slate is up"))
    assert slate.inner_text() == "We are back in ten minutes"
    assert room.locator("#player video").count() == 0

    card.get_by_role("button", name="Take the words down").click()
    seconds.append(wait_until(slate.is_hidden, "the slate is down"))
    wait_until(lambda: is_playing(room), "the backup plays again")

    card.get_by_role("button", name="Back to what was planned").click()
    seconds.append(wait_until(lambda: source.input_value() == before, "the first plays again"))
    card.get_by_text("switched at").wait_for(state="detached")
    assert room.complaints == desk.complaints == []
    promises.check("a switch or words reach a room", min(seconds), SECONDS)


ADDRESSES = """
from streaming.models import Stream
for role, value in {addresses}.items():
    Stream.objects.filter(room__slug="main", role=role).update(value=value)
"""
DEMO = {"primary": "/static/demo/talk.m3u8", "backup": "/static/demo/talk.m3u8?backup"}
HUNG_UP = {"primary": "/hls/main/index.m3u8", "backup": "/hls/spare/index.m3u8"}
QUALITIES = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=200000\nlow.m3u8\n"
LAST_SECONDS = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nlast.ts\n#EXT-X-ENDLIST\n"


def test_a_room_whose_encoder_has_hung_up_says_so_and_stays_calm(open_page, site):
    asked = []
    room = open_page("/lobby/", "attendee@example.com")
    room.route("**/hls/**/*.m3u8", lambda route: route.fulfill(body=LAST_SECONDS))
    room.route("**/hls/**/index.m3u8", lambda route: route.fulfill(body=QUALITIES))
    room.on("request", lambda request: asked.append(request.url.rpartition("/")[2]))
    site.run(ADDRESSES.format(addresses=HUNG_UP))
    try:
        room.goto("/rooms/main/")
        room.get_by_text("The stream has ended", exact=True).wait_for()
        while asked.count("low.m3u8") < 5:
            room.wait_for_event("request")
        assert "We look again every few seconds" in room.locator("#status").inner_text()
        # The rest of what is there is not asked for, nor is this site asked where it is.
        assert (asked.count("last.ts"), asked.count("playback.json")) == (0, 1)
    finally:
        site.run(ADDRESSES.format(addresses=DEMO))
    wait_until(lambda: is_playing(room), "what it was switched to plays")
    assert room.get_by_text("The stream has ended", exact=True).is_hidden()
    assert room.locator("#status").inner_text() == ""
    assert room.complaints == []


def strip(page, text):
    return page.locator(".announcement", has_text=text)


@pytest.mark.timed
def test_an_announcement_is_on_every_page_until_it_is_over(open_page, promises):
    # With a poll of its own and without, signed in and not.
    room = open_page("/rooms/main/", "attendee@example.com")
    with_ticket, without = open_page("/speakers/", "attendee@example.com"), open_page("/schedule/")
    desk = open_page("/admin/desk/", "organizer@example.com")
    seconds = []

    def seen(text, *pages):
        seconds.append(
            wait_until(lambda: all(strip(page, text).is_visible() for page in pages), text)
        )

    desk.get_by_label("Text").fill("Lunch is in hall B")
    desk.get_by_role("button", name="30 min", exact=True).click()
    seen("Lunch is in hall B", room, with_ticket)

    desk.get_by_label("Text").fill("Please leave the building")
    desk.get_by_label("Urgency").select_option("emergency")
    desk.get_by_label("also for people without a ticket").check()
    desk.get_by_role("button", name="today").click()
    seen("Please leave the building", room, with_ticket, without)
    assert without.locator("[role=alert]").inner_text().startswith("Emergency: Please leave")
    assert strip(without, "Lunch").count() == 0

    strip(room, "Lunch").get_by_role("button", name="Dismiss").click()
    room.reload()
    strip(room, "Please leave").wait_for()
    wait_until(lambda: strip(room, "Lunch").count() == 0, "it stays dismissed")
    assert strip(with_ticket, "Lunch").count() == 1

    for _each in range(2):
        desk.locator("#announced").get_by_role("button", name="End now").first.click()
    for page in (room, with_ticket, without):
        wait_until(lambda page=page: page.locator(".announcement").count() == 0, "all is over")
        assert page.complaints == []
    promises.check("an announcement is on every page", min(seconds), SECONDS)


@contextlib.contextmanager
def database_away(url):
    """Nobody gets in, and whoever was in is thrown out."""
    server, _slash, name = url.rpartition("/")
    link = psycopg2.connect(f"{server.replace('postgres:', 'postgresql:')}/postgres")
    link.autocommit = True
    with contextlib.closing(link), link.cursor() as cursor:
        cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name]
        )
        try:
            yield
        finally:
            cursor.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")


ANNOUNCE = """
from schedule.models import Conference
from streaming.models import Announcement
Announcement.objects.create(
    conference=Conference.objects.get(), text="The lights are back at noon", is_public=True
)
"""
TAKE_BACK = "from streaming.models import Announcement; Announcement.objects.all().delete()"


def test_words_reach_open_pages_while_the_database_is_away(open_page, site):
    site.run(ANNOUNCE)
    page = open_page("/schedule/")
    strip(page, "The lights are back").wait_for()
    # So many at once that every process has answered some, and read what is announced.
    ask(site.url.removeprefix("http://"), "/schedule/", ["a=visitor"] * CLIENTS, REQUESTS_PER_ROUND)
    file = Path(site.env["EMERGENCY_FILE"])
    try:
        with database_away(site.env["DATABASE_URL"]):
            assert page.request.get("/readyz").status == 503
            file.write_text("Please leave the building\n")
            strip(page, "Please leave").wait_for()
            assert strip(page, "The lights are back").is_visible()
            assert page.request.get("/live.json").status == 200
            file.unlink()
            strip(page, "Please leave").wait_for(state="detached")
            assert strip(page, "The lights are back").is_visible()
    finally:
        file.unlink(missing_ok=True)
        site.run(TAKE_BACK)
