import json
from datetime import date

import pytest
from django.conf import settings

from conftest import utc
from schedule.models import Conference
from schedule.programme.state import room_now, state_of
from schedule.programme.timeline import RoomTimeline, TimelineTalk

CASES = json.loads((settings.BASE_DIR / "schedule/programme/tests/state_cases.json").read_text())[
    "cases"
]


def conference_of(case):
    first = date.fromisoformat(case["first_day"]) if "first_day" in case else None
    zone = case.get("time_zone", "Europe/Berlin")
    return Conference(time_zone=zone, day_starts_at_hour=4, starts_on=first)


def room_of(case):
    items = [
        TimelineTalk(
            code=f"T{number}",
            title=f"Talk {number}",
            kind=talk.get("kind", "talk"),
            starts_at=utc(talk["starts"]),
            ends_at=utc(talk["ends"]),
            planned_starts_at=utc(talk["planned"]) if "planned" in talk else None,
        )
        for number, talk in enumerate(case["talks"])
    ]
    return RoomTimeline("main", "Main hall", items)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_state(case):
    assert state_of(room_of(case), conference_of(case), utc(case["at"])) == case["state"]


@pytest.mark.parametrize(
    ("at", "is_quiet"),
    [
        ("2026-11-21 08:00", False),
        ("2026-11-21 09:10", False),
        ("2026-11-21 09:40", True),
        ("2026-11-22 01:00", True),
    ],
)
def test_a_room_is_quiet_when_its_day_is_over(at, is_quiet):
    case = {
        "talks": [
            {"starts": "2026-11-21 09:00", "ends": "2026-11-21 09:40"},
            {"starts": "2026-11-22 09:00", "ends": "2026-11-22 09:40"},
        ]
    }
    assert room_now(room_of(case), conference_of(case), utc(at)).is_quiet is is_quiet
