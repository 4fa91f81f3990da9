"""A replay in a real browser: it begins where the link says, and goes on where one has stopped."""

import pytest

from tools.browser import PATIENCE_MS, chromium_path, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]

# A recording of the room that begins two seconds before the talk.
RECORD = """
from datetime import timedelta
from django.utils import timezone
from schedule.models import Talk
from streaming.models import Recording
over = Talk.objects.filter(room__slug="second", ends_at__lt=timezone.now()).exclude(kind="break")
talk = over.order_by("starts_at").first()
Talk.objects.filter(pk=talk.pk).update(may_be_replayed=True)
Recording.objects.create(
    conference=talk.conference, room=talk.room, kind="hls", value="/static/demo/talk.m3u8",
    starts_at=talk.starts_at - timedelta(seconds=2), ends_at=talk.ends_at,
)
answer = talk.code
"""
FORGET = """
from schedule.models import Talk
from streaming.models import Recording
Recording.objects.all().delete()
Talk.objects.update(may_be_replayed=False)
"""
# Stops the picture as soon as it moves. Where it began, and where it stands.
BEGAN = """() => {
    const video = document.querySelector("#screen video");
    if (!video || video.played.length === 0 || video.played.end(0) <= video.played.start(0)) {
        return null;
    }
    video.pause();
    return [video.played.start(0), video.currentTime];
}"""


@pytest.fixture
def code(site):
    yield site.run(RECORD)
    site.run(FORGET)


def began(page):
    return page.wait_for_function(BEGAN, timeout=PATIENCE_MS, polling=100).json_value()


def test_a_replay_begins_at_its_second_and_goes_on_after_a_reload(browser, site, code):
    context = browser.new_context(base_url=site.url, viewport={"width": 360, "height": 640})
    page = context.new_page()
    complaints = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"/replays/{code}/?t=16")
    sign_in(page, site, "attendee@example.com")
    page.wait_for_url(f"**/replays/{code}/")

    began_at, stopped_at = began(page)
    assert 17 < began_at < 19
    page.reload()
    assert "Going on where you stopped" in page.locator("#status").inner_text()
    assert stopped_at - 1.5 < began(page)[0] < stopped_at + 1
    page.get_by_role("button", name="To the start of the talk").click()
    page.wait_for_function(
        "() => document.querySelector('#screen video').currentTime < 16", polling=200
    )
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

    page.goto("/replays/")
    assert page.locator(f'a[href="/replays/{code}/"]').count() == 1
    assert complaints == []
    context.close()
