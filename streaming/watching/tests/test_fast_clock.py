"""A quarter of an hour in a room at sixty times the speed: the page follows the programme by itself.

The app runs under libfaketime; PostgreSQL does without, since no query asks it for the time. Redis
would keep by its own clock what the app says for how long, so here the app keeps its cache itself.
In the browser the modules that follow the programme have their clock and timers sped up; players do
not, because pictures come at their own pace.
"""

import contextlib
import re
import sys
import urllib.request
from collections import Counter
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from streaming.watching.tests.crew import crew_cookie
from tools.browser import PATIENCE_MS, chromium_path
from tools.process import answers, on_free_port, running
from tools.stack import PROJECT

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketimeMT.so.1"), None)
pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
    pytest.mark.skipif(LIBRARY is None, reason="needs libfaketime: apt install libfaketime"),
]

SPEED = 60
# What the page keeps may vary by what it happens to load, and not grow with the minutes.
MOST_GROWTH_BYTES = 1_000_000
SPED_UP = ["clock", "follow", "fragment", "live_room", "pulse", "room_player", "status_line"]
PRELUDE = f"""
const setTimeout = (act, ms, ...rest) => window.setTimeout(act, ms / {SPEED}, ...rest);
const setInterval = (act, ms, ...rest) => window.setInterval(act, ms / {SPEED}, ...rest);
const performance = {{
    timeOrigin: window.performance.timeOrigin,
    now: () => {SPEED} * window.performance.now(),
}};
"""
SEE = """
window.seen = { states: [], words: [] };
document.addEventListener("DOMContentLoaded", () => {
    const last = (list, item) => item && list.at(-1) !== item && list.push(item);
    const look = () => {
        last(seen.states, document.querySelector("[data-badge]:not([hidden])")?.dataset.badge);
        last(seen.words, document.getElementById("status").textContent);
    };
    look();
    const seeing = { subtree: true, childList: true, attributes: true, characterData: true };
    new MutationObserver(look).observe(document.body, seeing);
});
"""

ROOM = """
from schedule.models import Conference, Room
from streaming.models import Stream
room = Room.objects.create(
    conference=Conference.objects.get(), slug="clock", name="Clock room", position=95
)
Stream.objects.create(room=room, kind="hls", value="/static/demo/talk.m3u8")
Stream.objects.create(room=room, role="backup", kind="hls", value="/static/demo/picture.m3u8")
"""
# Minutes from now.
PLAN = """
from datetime import datetime, timedelta
from schedule.models import Room, Talk
room, at = Room.objects.get(slug="clock"), datetime.fromisoformat(%r)
for code, kind, start, end in (
    ("CLOCK1", "talk", 3, 6.5), ("CLOCK2", "break", 6.5, 9), ("CLOCK3", "talk", 9, 12)
):
    Talk.objects.create(
        conference=room.conference, room=room, code=code, title=code, kind=kind,
        starts_at=at + timedelta(minutes=start), ends_at=at + timedelta(minutes=end),
    )
"""
SHIFT_AND_SWITCH = """
from datetime import timedelta
from django.db.models import F
from schedule.models import Talk
from streaming.models import Stream, Switch
late = timedelta(minutes=2.5)
Talk.objects.filter(code="CLOCK3").update(
    planned_starts_at=F("starts_at"), starts_at=F("starts_at") + late, ends_at=F("ends_at") + late
)
backup = Stream.objects.get(room__slug="clock", role="backup")
Switch.objects.create(room=backup.room, stream=backup)
"""


@contextlib.contextmanager
def gunicorn(site, folder, port):
    """The app at the site's database, in a time of its own; yields its address."""
    # Far from where days begin at the venue of the demo, and after all that it has made.
    afternoon = (datetime.now(UTC) + timedelta(days=1)).strftime("@%Y-%m-%d 15:00:00")
    env = {
        **site.env,
        "LD_PRELOAD": str(LIBRARY),
        "FAKETIME": f"{afternoon} x{SPEED}",
        "TZ": "UTC",
        "NO_FAKE_STAT": "1",
        "REDIS_URL": "",
        "WEB_CONCURRENCY": "1",
        "TRUSTED_PROXIES": "0",
        "GUNICORN_BIND": f"127.0.0.1:{port}",
    }
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    # Its own patience with workers and browsers, which is counted by that clock, too.
    command += [
        "--timeout",
        "0",
        "--keep-alive",
        "3600",
        "streaming.watching.tests.fast_app:application",
    ]
    address = ("127.0.0.1", port)
    log = folder / "gunicorn.log"
    with running(command, log, lambda _: answers(address), cwd=PROJECT, env=env):
        yield f"http://localhost:{port}"


@pytest.fixture
def fast(site, tmp_path):
    with contextlib.ExitStack() as stack:
        yield on_free_port(stack, partial(gunicorn, site, tmp_path))


@pytest.fixture
def page(browser, fast, site):
    """Counts what is asked for in `asked`, and has no complaint at its end."""
    context = browser.new_context(base_url=fast)
    context.add_cookies([crew_cookie(site, "clock", fast)])
    context.add_init_script(SEE)
    page = context.new_page()
    page.asked, complaints = Counter(), []

    def speed_up(route):
        script = PRELUDE + route.fetch().text()
        route.fulfill(body=script, content_type="text/javascript")

    for name in SPED_UP:
        page.route(re.compile(rf"/static/js/{name}\.[^/]*js$"), speed_up)
    page.on("request", lambda request: page.asked.update([urlsplit(request.url).path]))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert complaints == []


def server_time(address):
    with urllib.request.urlopen(f"{address}/healthz") as answer:
        return parsedate_to_datetime(answer.headers["Date"])


def kept_bytes(page):
    """What the page's scripts keep after everything that nobody needs is gone."""
    session = page.context.new_cdp_session(page)
    for _ in range(2):
        session.send("HeapProfiler.collectGarbage")
    used = session.send("Runtime.getHeapUsage")["usedSize"]
    session.detach()
    return used


def has_seen(page, kind, text):
    page.wait_for_function(
        "([kind, text]) => seen[kind].some((each) => each.includes(text))",
        arg=[kind, text],
        timeout=PATIENCE_MS,
    )


def test_a_room_over_a_quarter_of_an_hour(page, fast, site):
    site.run(ROOM)
    page.goto("/rooms/clock/")
    page.evaluate("window.isTheSame = true")
    has_seen(page, "states", "idle")
    began = server_time(fast)
    site.run(PLAN % began.isoformat())
    has_seen(page, "states", "live")
    page.wait_for_function("() => document.querySelector('#player video')?.currentTime > 0")
    before = kept_bytes(page)
    site.run(SHIFT_AND_SWITCH)
    has_seen(page, "words", "switched")
    has_seen(page, "states", "ended")
    after = kept_bytes(page)

    seen = page.evaluate("seen")
    minutes = (server_time(fast) - began).total_seconds() / 60
    print(seen, f"{minutes:.1f} minutes,", page.asked["/live.json"], before, after)
    assert seen["states"] == ["idle", "soon", "live", "break", "late", "live", "ended"]
    for words in ("The next talk starts", "has started", "planned time is over"):
        assert any(words in said for said in seen["words"]), words
    assert not any("failed" in said or "not answer" in said for said in seen["words"])
    assert page.evaluate("window.isTheSame")
    assert minutes >= 10
    # That it was one page all the time, and awake.
    assert page.asked["/live.json"] >= 50
    assert page.asked["/rooms/clock/playback.json"] <= 6
    assert after - before <= MOST_GROWTH_BYTES
