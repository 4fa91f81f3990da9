"""A pre-recorded talk that started late, in browsers that came at different times."""

import pytest

from streaming.watching.tests.cameras import ffmpeg_path
from streaming.watching.tests.crew import crew_cookie
from tools.browser import PATIENCE_MS, chromium_path
from tools.process import run

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
    pytest.mark.skipif(ffmpeg_path() is None, reason="needs ffmpeg: apt install ffmpeg"),
]

LENGTH_SECONDS = 240
MOST_APART_SECONDS = 1.0
# Other work on the machine can only make it worse, so the best of these counts.
MEASUREMENTS = 5
CLIP = ["-f", "lavfi", "-i", f"testsrc2=size=160x90:rate=10:duration={LENGTH_SECONDS}"]
CLIP += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "20"]
CLIP += ["-hls_time", "4", "-hls_playlist_type", "vod"]

SETUP = """
from datetime import timedelta
from django.utils import timezone
from schedule.models import Conference, Room, Talk
from streaming.models import Stream
conference = Conference.objects.get()
room = Room.objects.create(conference=conference, slug="cinema", name="Cinema", position=91)
now = timezone.now()
talk = Talk.objects.create(
    conference=conference, room=room, code="CINEMA", title="Recorded", delivery="pre_recorded",
    starts_at=now - timedelta(seconds=30), planned_starts_at=now - timedelta(minutes=20),
    ends_at=now + timedelta(hours=1),
)
Stream.objects.create(room=room, talk=talk, kind="hls", value="/media/recorded/index.m3u8")
Stream.objects.create(room=room, kind="hls", value="/static/demo/picture.m3u8")
answer = talk.starts_at.timestamp()
"""
SHIFT = """
from datetime import timedelta
from django.db.models import F
from schedule.models import Talk
talks = Talk.objects.filter(code="CINEMA")
talks.update(starts_at=F("starts_at") + timedelta(seconds=%s))
answer = talks.get().starts_at.timestamp()
"""
# How far from the second that everybody should see, by the clock of this machine, the server's.
OFF = """(begins) => {
    const video = document.querySelector("#player video:not(.coming)");
    return video && !video.paused ? video.currentTime - (Date.now() / 1000 - begins) : null;
}"""
IS_CLOSE = (
    f"(begins) => {{ const off = ({OFF})(begins); return off !== null && Math.abs(off) < 0.5; }}"
)


@pytest.fixture(scope="module")
def begins(site):
    folder = site.mail_dir.parent / "media" / "recorded"
    folder.mkdir()
    folder.chmod(0o755)
    run(["ffmpeg", "-loglevel", "error", *CLIP, "index.m3u8"], cwd=folder, umask=0o022)
    return site.run(SETUP)


@pytest.fixture
def join(browser, site):
    """Opens the room in a browser of its own."""
    contexts = []

    def joined():
        context = browser.new_context(base_url=site.url)
        contexts.append(context)
        context.add_cookies([crew_cookie(site, f"step-{len(contexts)}", site.url)])
        page = context.new_page()
        page.goto("/rooms/cinema/")
        return page

    yield joined
    for context in contexts:
        context.close()


def get_in_step(page, begins):
    page.wait_for_function(IS_CLOSE, arg=begins, timeout=PATIENCE_MS)


@pytest.mark.timed
def test_all_see_the_same_second_wherever_the_talk_is_moved(join, site, begins, promises):
    early = join()
    get_in_step(early, begins)
    late = join()
    get_in_step(late, begins)
    promises.check("two pages in step", apart([early, late], begins), MOST_APART_SECONDS)

    early.evaluate("document.querySelector('#player video').currentTime = 200")
    early.get_by_role("status").get_by_text("everybody sees the same second").wait_for()
    get_in_step(early, begins)

    late.evaluate("document.querySelector('#player video').pause()")
    moved = site.run(SHIFT % 20)
    get_in_step(early, moved)
    late.evaluate("document.querySelector('#player video').play()")
    get_in_step(late, moved)
    promises.check("in step after a shift", apart([early, late], moved), MOST_APART_SECONDS)

    # It is over: what is live follows, and nobody calls that a failure.
    site.run(SHIFT % -LENGTH_SECONDS)
    for page in (early, late):
        page.wait_for_function(
            "() => document.querySelector('#player video:not(.coming)')?.duration < 60",
            timeout=PATIENCE_MS,
        )
        assert "failed" not in page.locator("#status").inner_text()


def apart(pages, begins):
    """The seconds between two pages at the same moment."""
    measured = []
    for _ in range(MEASUREMENTS):
        offs = [page.evaluate(OFF, begins) for page in pages]
        if None not in offs:
            measured.append(max(offs) - min(offs))
            print(offs)
        pages[0].wait_for_timeout(200)
    return min(measured)
