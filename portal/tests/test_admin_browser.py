"""The admin in a real browser: its pages obey the policy, and streams are set by clicking."""

import re

import pytest

from tools.browser import chromium_path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]
LISTS = [
    "schedule/conference",
    "schedule/room",
    "schedule/track",
    "schedule/speaker",
    "schedule/talk",
    "schedule/feed",
    "streaming/stream",
    "tickets/product",
    "tickets/ticket",
    "tickets/grant",
    "tickets/user",
]
# A stream, and a recording of the room that begins two seconds before the talk.
RECORD = """
from datetime import timedelta
from schedule.models import Talk
from streaming.models import Recording, Stream
stream = Stream.objects.filter(room__slug="main").earliest("pk")
talk = Talk.objects.filter(room=stream.room, kind="talk").earliest("starts_at")
recording = Recording.objects.create(
    conference=talk.conference, room=talk.room, kind="hls", value="/static/demo/talk.m3u8",
    starts_at=talk.starts_at - timedelta(seconds=2), ends_at=talk.ends_at,
)
answer = [stream.pk, recording.pk]
"""
PLAYS = "() => document.querySelector('video')?.currentTime > 0"


@pytest.fixture(scope="module")
def page(site, browser):
    """Of the organizer, signed in with the password that `manage.py demo` has printed."""
    site.manage("grant", "crew@example.com", "--reason", "crew")
    said = re.search(r"organizer@example\.com .*Password (\S+),", site.demo_output)
    assert said is not None
    page = browser.new_page(base_url=site.url, viewport={"width": 1280, "height": 900})
    page.goto("/admin/")
    page.get_by_label("E-mail").fill("organizer@example.com")
    page.get_by_label("Password").fill(said.group(1))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/admin/")
    yield page


@pytest.fixture
def complaints(page):
    """What the browser has to say: errors and violations of the policy."""
    heard = []

    def hear(message):
        if message.type == "error":
            heard.append(message.text)

    def fail(error):
        heard.append(str(error))

    page.on("console", hear)
    page.on("pageerror", fail)
    yield heard
    page.remove_listener("console", hear)
    page.remove_listener("pageerror", fail)


@pytest.mark.parametrize("path", LISTS)
def test_lists_and_forms_obey_the_policy(page, complaints, path):
    answer = page.goto(f"/admin/{path}/")
    assert answer is not None
    assert "Saltmarsh Conf, times of" in page.content()
    assert "unsafe" not in answer.headers["content-security-policy"]
    page.locator("#result_list tbody tr").first.locator("a").first.click()
    page.wait_for_load_state()
    assert "/change/" in page.url
    page.goto(re.sub(r"change/.*", "history/", page.url))
    assert complaints == []


def test_a_room_and_its_streams(page, complaints):
    page.goto("/admin/schedule/room/")
    page.get_by_role("link", name="Boathouse").click()
    page.get_by_text("Add another Stream").click()
    added = page.locator("#streams-2")
    added.get_by_label("Paste here").fill("https://youtu.be/dQw4w9WgXcQ")
    page.get_by_role("button", name="Save and continue editing").first.click()
    said = page.locator(".messagelist").inner_text()
    assert "YouTube (primary) plays https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ" in said
    # The talks of the room stand below.
    page.locator("#talks-group tbody tr").nth(3).wait_for(state="attached")
    assert complaints == []


def test_rooms_and_people_are_found_by_typing(page, complaints):
    page.goto("/admin/schedule/talk/add/")
    page.locator(".field-room .select2-selection").click()
    page.locator(".select2-search__field").last.fill("rope")
    page.locator(".select2-results__option", has_text="Ropewalk").click()
    assert "Ropewalk" in page.locator(".field-room .select2-selection").inner_text()
    assert complaints == []


def test_streams_and_recordings_play_for_staff(page, complaints, site):
    stream, recording = site.run(RECORD)
    for path in (
        f"/admin/streaming/stream/{stream}/preview/",
        "/rooms/main/check/",
        f"/admin/streaming/recording/{recording}/talks/",
    ):
        page.goto(path)
        page.wait_for_function(PLAYS, timeout=60_000, polling=100)
    page.evaluate("window.isTheSame = true")
    form = page.locator("form.offset").first
    assert form.get_attribute("data-second") == "2"
    form.get_by_role("button", name="+10 seconds").click()
    page.locator("form.offset[data-second='12']").wait_for()
    assert page.evaluate("window.isTheSame")
    assert complaints == []
