"""A source fails in each of the ways that sources do, and the picture goes on from the backup."""

import contextlib
import time

import pytest

from streaming.watching.tests.cameras import Origin, cameras, ffmpeg_path
from tools.browser import PATIENCE_MS, chromium, chromium_path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
    pytest.mark.skipif(ffmpeg_path() is None, reason="needs ffmpeg: apt install ffmpeg"),
]

FAULTS = ["404", "503", "frozen", "segments", "ended", "anew", "killed"]
MOST_FREEZE_SECONDS = 1.0
# From the start of an encoder until a page shows it; its first segment takes two of them.
MOST_AWAY_SECONDS = 10.0
PLAYS = "player.picture?.hasFailed === false && player.video.currentTime > 0"
# Other work on the machine can only make a picture stop for longer, so the best of these counts.
ATTEMPTS = 3
PLAY = """async ([name, sources]) => {
    const { Player } = await import("/static/js/player.js");
    const log = { events: [], longest: 0, tag: null, waits: 0 };
    const player = new Player(
        document.getElementById("screen"),
        { hls: "/static/vendor/hls-1.7.4.min.mjs", worker: "/static/vendor/hls-1.7.4.worker.mjs" },
        {
            onOpen: (source) => { log.tag = source.tag; },
            onMuted() {}, onWeak() {}, onLevels() {},
            onWaiting: () => { log.waits += 1; },
            onTrouble: (source, why) => log.events.push(`${source.tag}: ${why}`),
            onFailed: (why) => {
                log.events.push(`all: ${why}`);
                setTimeout(() => player.play(sources), 1000 * Math.random());
            },
        },
    );
    let seen = "", at = performance.now();
    setInterval(() => {
        const { video } = player;
        const now = performance.now();
        const frame = video ? `${log.tag} ${video.currentTime}` : "";
        if (frame !== seen) {
            seen = frame;
            at = now;
        } else if (seen !== "") {
            log.longest = Math.max(log.longest, (now - at) / 1000);
        }
    }, 30);
    player.play(sources);
    Object.assign(window, { player, log });
}"""


def open_player(browser, url, name, tags):
    page = browser.new_page()
    page.goto(f"{url}/page/")
    sources = [
        {
            "tag": tag,
            "player": "video",
            "url": f"{url}/{name}{tag}/{tag}/index.m3u8",
            "captions": None,
            "language": "",
        }
        for tag in tags
    ]
    page.evaluate(PLAY, [name, sources])
    return page


@pytest.fixture(scope="module")
def chromium_here():
    with chromium() as browser:
        yield browser


def play_and_break(browser, folder):
    """All faults at the same time, each in a page of its own. Returns what each page has seen."""
    origin = Origin(folder)
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(origin.serve())
        encoders = stack.enter_context(cameras(folder, "backup", "primary", "doomed"))
        pages = {}
        for fault in FAULTS:
            first = "doomed" if fault == "killed" else "primary"
            pages[fault] = open_player(browser, url, fault, [first, "backup"])
        for page in pages.values():
            page.wait_for_function(
                "log.tag !== null && player.video.currentTime > 0", timeout=PATIENCE_MS
            )
        pages["killed"].wait_for_timeout(3000)
        for page in pages.values():
            page.evaluate("log.longest = 0")
        origin.asked.clear()
        for fault in FAULTS:
            origin.faults[f"{fault}{'doomed' if fault == 'killed' else 'primary'}"] = fault
        encoders["doomed"].kill()
        for page in pages.values():
            page.wait_for_function("log.tag === 'backup'", timeout=PATIENCE_MS)
        pages["killed"].wait_for_timeout(3000)
        seen = {}
        for fault, page in pages.items():
            seen[fault] = page.evaluate("log") | {"asked": origin.asked[f"{fault}primary"]}
            page.close()
    return seen


@pytest.mark.timed
def test_the_picture_goes_on_from_the_backup(chromium_here, tmp_path, promises):
    longest = dict.fromkeys(FAULTS, float("inf"))
    for attempt in range(ATTEMPTS if promises.are_held else 1):
        folder = tmp_path / str(attempt)
        folder.mkdir()
        for fault, seen in play_and_break(chromium_here, folder).items():
            print(fault, seen)
            first = "doomed" if fault == "killed" else "primary"
            assert seen["events"][0].startswith(f"{first}: "), (fault, seen)
            # Once is enough. Where other work starves the cameras, the backup may stumble as well.
            told = [event for event in seen["events"] if event.startswith(first)]
            assert len(told) == 1 or not promises.are_held, (fault, seen)
            # A storm would be hundreds.
            assert seen["asked"] <= 20 or not promises.are_held, (fault, seen)
            longest[fault] = min(longest[fault], seen["longest"])
        if max(longest.values()) <= MOST_FREEZE_SECONDS:
            break
    promises.check("a failed source stops the picture", max(longest.values()), MOST_FREEZE_SECONDS)


def test_it_comes_back_by_itself_after_all_were_away(chromium_here, tmp_path):
    origin = Origin(tmp_path)
    with origin.serve() as url, cameras(tmp_path, "primary", "backup"):
        page = open_player(chromium_here, url, "", ["primary", "backup"])
        page.wait_for_function(
            "log.tag !== null && player.video.currentTime > 0", timeout=PATIENCE_MS
        )
        origin.faults = {"primary": "503", "backup": "404"}
        page.wait_for_function(
            "log.events.some((event) => event.startsWith('all'))", timeout=PATIENCE_MS
        )
        assert page.evaluate("player.hasPicture && !player.isOpen")
        page.wait_for_function(
            "log.longest > 0.2", timeout=PATIENCE_MS
        )  # what the test above measures
        origin.faults = {}
        page.wait_for_function("player.isOpen && player.video.currentTime > 0", timeout=PATIENCE_MS)
        page.close()


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
def test_an_encoder_that_hung_up_is_looked_for_until_it_is_back(chromium_here, tmp_path, promises):
    """Encoders write `#EXT-X-ENDLIST` when they are stopped. Nothing is shown twice, whatever comes
    after: the same again with its numbers from 0, other codecs and sizes, or nothing.
    """
    origin = Origin(tmp_path)
    with contextlib.ExitStack() as stack:
        url = stack.enter_context(origin.serve())
        with cameras(tmp_path, "again", "other", ends=True):
            pages = open_stages(chromium_here, url, stack)
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
        late = open_player(chromium_here, url, "late", ["again", "dead"])
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
