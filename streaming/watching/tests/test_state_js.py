"""Open pages work the state out by themselves: static/js/state.js says what schedule/programme/state.py says."""

import base64
from datetime import timedelta

import pytest
from django.conf import settings

from conftest import utc
from schedule.programme.tests.test_state import CASES, conference_of, room_of
from streaming.watching.live import _room
from streaming.watching.room_streams import RoomStreams
from tools.browser import chromium, chromium_path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]

# Pages may hold an answer of /live.json for some seconds.
OLDEST = timedelta(seconds=30)


@pytest.fixture(scope="module")
def state_of():
    source = (settings.BASE_DIR / "static/js/state.js").read_bytes()
    module = f"data:text/javascript;base64,{base64.b64encode(source).decode()}"
    with chromium() as browser:
        page = browser.new_page()

        def ask(case, asked_at):
            room = _room(conference_of(case), room_of(case), RoomStreams({}), None, asked_at)
            zone = case.get("time_zone", "Europe/Berlin")
            return page.evaluate(
                """async ([module, room, at, zone, first]) => {
                    const { dayOf, stateOf } = await import(module);
                    return stateOf(room, at, dayOf(at, zone, 4, first));
                }""",
                [module, room, utc(case["at"]).timestamp(), zone, case.get("first_day", "")],
            )

        yield ask


@pytest.mark.parametrize("age", [timedelta(), OLDEST], ids=["fresh", "old"])
@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_state(state_of, case, age):
    assert state_of(case, utc(case["at"]) - age) == case["state"]
