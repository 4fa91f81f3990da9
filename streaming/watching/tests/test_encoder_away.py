"""An encoder is stopped, and the player looks for it until it is back."""

import contextlib
import time

import pytest

from streaming.watching.tests.bare_player import PLAYS, open_player
from streaming.watching.tests.cameras import Origin, cameras, ffmpeg_path
from tools.browser import PATIENCE_MS, chromium_path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
    pytest.mark.skipif(ffmpeg_path() is None, reason="needs ffmpeg: apt install ffmpeg"),
]

# From the start of an encoder until a page shows it; its first segment takes two of them.
MOST_AWAY_SECONDS = 10.0


def open_stages(browser, url, stack):
    """Pages whose stream is about to end, by what comes after: of one camera, but for "other"."""
    pages = {"ended": "again", "again": "again", "other": "other"}
    for name, tag in pages.items():
        pages[name] = stack.enter_context(
            contextlib.closing(open_player(browser, url, name, [tag, "dead"]))
        )
    for page in pages.values():
        page.wait_for_function(PLAYS, timeout=PATIENCE_MS)
    return pages


@pytest.mark.timed
def test_an_encoder_that_hung_up_is_looked_for_until_it_is_back(browser, tmp_path, promises):
    """Encoders write `#EXT-X-ENDLIST` when they are stopped. Nothing is shown twice, whatever comes
    after: the same again with its numbers from 0, other codecs and sizes, or nothing.
    """
    origin = Origin(tmp_path)
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(origin.serve())
        with cameras(tmp_path, "again", "other", ends=True):
            pages = open_stages(browser, url, stack)
            # What it asks for from now on is the end, of what some vendors then call a recording.
            origin.faults["endedagain"] = "recorded"
        for page in pages.values():
            page.wait_for_function("log.waits > 1", timeout=PATIENCE_MS)
        for page in pages.values():
            seen = page.evaluate(
                "[player.hasPicture, player.isOpen, player.video.loop, log.events]"
            )
            assert seen[:3] == [True, False, False], seen
            assert not any(event.startswith("all") for event in seen[3]), seen
        # Who comes now does not see the last seconds, which are still there.
        late = open_player(browser, url, "late", ["again", "dead"])
        late.wait_for_function("log.waits > 0", timeout=PATIENCE_MS)
        assert not late.evaluate("player.hasPicture")

        origin.asked.clear()
        began = time.monotonic()
        back = [pages["again"], pages["other"], late]
        with cameras(tmp_path, "again", "other", ends=True):
            for page in back:
                page.wait_for_function(PLAYS, timeout=PATIENCE_MS)
            away = time.monotonic() - began
            widths = [page.evaluate("player.video.videoWidth") for page in back]
            assert widths == [160, 320, 160]
            promises.check("an encoder that hung up is seen again", away, MOST_AWAY_SECONDS)

            gone = pages["ended"]
            shown = gone.evaluate("[log.tag, player.isOpen, player.video.loop]")
            assert shown == ["again", False, False]
            # Three requests in a round: two playlists, and the other source.
            rounds = 1 + (time.monotonic() - began) / 2.5
            assert origin.asked["endedagain"] <= 2 * rounds, (origin.asked, rounds)
            # An organizer switches to another source.
            source = {"tag": "other", "player": "video", "url": f"{url}/x/other/index.m3u8"}
            gone.evaluate("(source) => player.play([source])", source)
            gone.wait_for_function(f"log.tag === 'other' && {PLAYS}", timeout=PATIENCE_MS)
        late.close()
