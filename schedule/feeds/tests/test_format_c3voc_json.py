import json

import pytest

from schedule.feeds.formats.problems import ProgrammeError
from schedule.feeds.formats.registry import parse
from schedule.feeds.tests.schedule_files import document, event_json, schedule_json


def problems(programme) -> list[tuple[str, str]]:
    return [(problem.code, problem.location) for problem in programme.problems]


def test_it_works():
    programme = parse(
        schedule_json(
            event_json(
                end="2026-03-06T10:30:00+01:00",
                code="ABCDEF",
                type="Workshop",
                persons=[
                    {
                        "guid": "b0000000-0000-4000-8000-000000000001",
                        "id": 3,
                        "code": "KEY3AB",
                        "public_name": "Ada Beispiel",
                        "biography": "Writes *examples*.",
                        "avatar": "/media/ada.jpg",
                        "email": "ada@a.example",
                        "answers": [{"question": 1, "answer": "vegan"}],
                    }
                ],
                links=[{"title": "Notes", "url": "https://a.example/"}],
                attachments=[{"title": "Slides", "url": "/media/s.pdf"}],
                answers=[{"answer": "secret"}],
            ),
            rooms=None,
            tracks=[{"name": "Main", "color": "#00ff00"}],
        ).replace(b'"version"', b'"base_url": "https://conf.example", "version"')
    )
    assert programme.counts == {"days": 1, "rooms": 1, "talks": 1, "speakers": 1}
    assert programme.problems == ()
    (talk,) = programme.talks
    assert talk.code == "ABCDEF"
    assert talk.kind == "workshop"
    assert talk.location == "/schedule/conference/days/0/rooms/Hall/0"
    assert talk.links == (
        ("Notes", "https://a.example/"),
        ("Slides", "https://conf.example/media/s.pdf"),
    )
    (speaker,) = programme.speakers
    assert speaker.code == "KEY3AB"
    assert speaker.biography == "<p>Writes <em>examples</em>.</p>"
    assert speaker.avatar_url == "https://conf.example/media/ada.jpg"
    assert "ada@" not in repr(programme)
    assert "vegan" not in repr(programme)
    assert "secret" not in repr(programme)


def test_declared_rooms_bring_their_guids_and_order():
    guid = "a0000000-0000-4000-8000-000000000001"
    programme = parse(
        schedule_json(
            rooms={"Hall": [event_json()]},
            **{"time_zone_name": "Europe/Berlin"},
        ).replace(
            b'"days"',
            json.dumps([{"name": "Stage", "description": None}, {"name": "Hall", "guid": guid}])
            .encode()
            .join([b'"rooms": ', b', "days"']),
        )
    )
    assert [(room.name, room.guid) for room in programme.rooms] == [("Stage", ""), ("Hall", guid)]


def test_two_rooms_with_one_guid_lose_it():
    whole = document(event_json())
    guid = "a0000000-0000-4000-8000-000000000001"
    whole["schedule"]["conference"]["rooms"] = [
        {"name": "A", "guid": guid},
        {"name": "B", "guid": guid},
    ]
    programme = parse(json.dumps(whole).encode())
    assert [room.guid for room in programme.rooms] == ["", "", ""]
    assert problems(programme)[0] == ("repeated-room-guid", "/schedule/conference/rooms/0")


def test_what_breaks_the_schema_is_reported_with_pointers():
    whole = document(
        event_json(
            id="2814",
            persons=[{"id": "x", "code": "MÄ0", "public_name": "Mia"}, "Only a name", 7],
            title={"de": "Titel", "en": "Title"},
            links="none",
            track=["Main"],
        ),
        daysCount=3,
    )
    whole["schedule"]["rooms"] = [{"name": "Hall", "guid": "a0000000-0000-4000-8000-000000000001"}]
    programme = parse(json.dumps(whole).encode())
    event = "/schedule/conference/days/0/rooms/Hall/0"
    assert problems(programme) == [
        ("wrong-place", "/schedule/rooms"),
        ("wrong-type", f"{event}/track"),
        ("bad-id", f"{event}/id"),
        ("bad-id", f"{event}/persons/0/id"),
        ("wrong-type", f"{event}/persons/2"),
        ("wrong-type", f"{event}/links"),
        ("days-differ", "/schedule/conference"),
        ("bad-code", f"{event}/persons/0"),
        ("no-name", f"{event}/persons/2"),
    ]
    assert programme.talks[0].title == "Title"
    assert programme.rooms[0].guid == "a0000000-0000-4000-8000-000000000001"
    assert [speaker.name for speaker in programme.speakers] == ["Mia", "Only a name"]


def test_a_pointer_escapes_the_names():
    programme = parse(schedule_json(rooms={"A/B ~1": [event_json(room="A/B ~1", id="x")]}))
    assert programme.problems[0].location == "/schedule/conference/days/0/rooms/A~1B ~01/0/id"


def test_control_characters_are_stripped():
    programme = parse(
        schedule_json(event_json(title="A\x00B\ud800", abstract="a\r\nb\x07", slug="\x00"))
    )
    (talk,) = programme.talks
    assert talk.title == "AB"
    assert talk.abstract == "<p>a<br>\nb</p>"
    assert [p.code for p in programme.problems] == ["control-characters"] * 2
    assert "\x00" not in "".join(talk.keys)


@pytest.mark.parametrize(
    ("days", "code"),
    [
        ([], "no-talks"),
        ({"no": "list"}, "no-talks"),
        (None, "no-talks"),
        ([{"rooms": []}], "no-talks"),
    ],
)
def test_without_talks_it_is_refused_and_says_why(days, code):
    with pytest.raises(ProgrammeError) as error:
        parse(schedule_json(days=days))
    assert error.value.problem.code == code
    if isinstance(days, dict):
        assert ("wrong-type", "/schedule/conference/days") in [
            (problem.code, problem.location) for problem in error.value.problems
        ]


def test_mostly_unreadable_is_refused():
    with pytest.raises(ProgrammeError) as error:
        parse(
            schedule_json(
                event_json(), event_json(2, title=""), event_json(3, date="", start="soon")
            )
        )
    assert [problem.code for problem in error.value.problems] == [
        "unreadable",
        "no-title",
        "no-start",
    ]


def test_utf_16_is_read():
    (talk,) = parse(schedule_json().decode().encode("utf-16")).talks
    assert talk.title == "Talk 1"


def test_old_files_of_pretalx_have_the_code_in_the_address():
    programme = parse(
        schedule_json(
            event_json(url="https://a.example/2026/talk/ABCDEF/"),
            event_json(2, code="OWN777", url="https://a.example/2026/talk/GHJKLM/"),
            event_json(3, url="https://a.example/talk/7"),
        )
    )
    assert [talk.code for talk in programme.talks] == ["ABCDEF", "OWN777", ""]
