import json
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from schedule.feeds.formats.problems import ProgrammeError
from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.registry import parse

ADA = "b0000000-0000-4000-8000-000000000001"
BERLIN = ZoneInfo("Europe/Berlin")


def read(document: Any, zone: ZoneInfo | None = BERLIN) -> Programme:
    return parse(json.dumps(document).encode(), default_zone=zone)


def left_out(programme: Programme) -> list[str]:
    return [each.read for each in programme.problems if each.code == "not-in-programme"]


def problems(programme: Programme) -> list[tuple[str, str]]:
    return [(problem.code, problem.location) for problem in programme.problems]


def talk(**words: Any) -> dict[str, Any]:
    return {
        "id": "16969",
        "title": "Talk",
        "description": "Line\r\nLine",
        "startsAt": "2026-03-06T10:00:00",
        "endsAt": "2026-03-06T10:45:00",
        "isServiceSession": False,
        "isPlenumSession": False,
        "speakers": [ADA],
        "categoryItems": [1, 3, 5, 6],
        "questionAnswers": [{"answerValue": "vegan"}],
        "roomId": 7,
        "liveUrl": "https://live.example/secret",
        "recordingUrl": None,
        "status": "Accepted",
        **words,
    }


LUNCH = talk(id="c0000000-0000-4000-8000-000000000001", title="Food", speakers=[], categoryItems=[],
             isServiceSession=True, isPlenumSession=True, startsAt="2026-03-06T12:00:00", endsAt="2026-03-06T13:00:00")  # fmt: skip


def everything(*talks: Any, **words: Any) -> dict[str, Any]:
    return {
        "sessions": list(talks or (talk(), LUNCH)),
        "speakers": [
            {
                "id": ADA,
                "firstName": "Ada",
                "lastName": "Beispiel",
                "fullName": "Ada Beispiel",
                "bio": "Writes.",
                "tagLine": "Author",
                "profilePicture": "https://a.example/ada.png",
                "links": [],
                "sessions": [16969],
            }
        ],
        "questions": [],
        "categories": [
            {"id": 10, "title": "Session format", "items": [{"id": 1, "name": "Workshop"}]},
            {"id": 11, "title": "Language", "items": [{"id": 3, "name": "German"}, {"id": 4, "name": "Mixed"}]},
            {"id": 12, "title": "Tracks", "items": [{"id": 5, "name": "Web"}, {"id": 6, "name": "Apps"}]},
        ],
        "rooms": [{"id": 7, "name": "Hall", "sort": 0}, {"id": 8, "name": "Foyer", "sort": 1}],
        **words,
    }  # fmt: skip


def test_it_works():
    programme = read(everything())
    assert programme.format == "sessionize"
    assert programme.problems == ()
    assert programme.counts == {"days": 1, "rooms": 2, "talks": 2, "speakers": 1}
    first, lunch = programme.talks
    assert first.keys == ("id:16969", f"title:talk|guid:{ADA}")
    assert first.starts_at.isoformat() == "2026-03-06T09:00:00+00:00"
    assert (first.kind, first.language, first.track, first.room) == (
        "workshop",
        "de",
        "Web",
        "Hall",
    )
    assert first.description == "<p>Line<br>\nLine</p>"
    assert first.also_in == ()
    assert (lunch.kind, lunch.guid, lunch.also_in) == ("break", LUNCH["id"], ("Foyer",))
    (speaker,) = programme.speakers
    assert (speaker.name, speaker.biography) == ("Ada Beispiel", "<p>Writes.</p>")
    assert "secret" not in repr(programme)
    assert "vegan" not in repr(programme)


def test_times_with_an_offset_are_believed():
    programme = read(
        everything(talk(startsAt="2026-03-06T10:00:00Z", endsAt="2026-03-06T10:45:00Z"))
    )
    assert programme.talks[0].starts_at.hour == 10


def test_without_any_zone_it_is_refused():
    with pytest.raises(ProgrammeError) as error:
        read(everything(), zone=None)
    assert error.value.problem.code == "no-zone"
    assert error.value.problem.location == "/sessions/0"


def grid(*talks: Any) -> list[Any]:
    """One day of two rooms; a plenum stands in both."""
    inner = {
        **talk(room="Hall", speakers=[{"id": ADA, "name": "Ada Beispiel"}]),
        "categoryItems": None,
    }
    inner["categories"] = [{"id": 12, "name": "Track", "categoryItems": [{"id": 5, "name": "Web"}]}]
    return [
        {
            "date": "2026-03-06T00:00:00",
            "isDefault": False,
            "rooms": [
                {"id": 7, "name": "Hall", "hasOnlyPlenumSessions": False, "sessions": [inner, LUNCH, *talks]},
                {"id": 8, "name": "Foyer", "hasOnlyPlenumSessions": True, "sessions": [{**LUNCH, "roomId": 8}]},
            ],
            "timeSlots": [{"slotStart": "10:00:00", "rooms": []}],
        }
    ]  # fmt: skip


def test_the_grid_works():
    programme = read(grid())
    assert programme.problems == ()
    assert programme.counts == {"days": 1, "rooms": 2, "talks": 2, "speakers": 1}
    first, lunch = programme.talks
    assert (first.key, first.room, first.track) == ("id:16969", "Hall", "Web")
    assert first.location == "/0/rooms/0/sessions/0"
    assert (lunch.room, lunch.also_in, lunch.kind) == ("Hall", ("Foyer",), "break")
    assert str(programme.days[0]) == "2026-03-06"


@pytest.mark.parametrize("document", [[], everything(sessions=[])])
def test_before_the_agenda_is_published(document):
    with pytest.raises(ProgrammeError) as error:
        read(document)
    assert error.value.problem.code == "no-talks"


def test_all_that_is_odd_is_reported():
    programme = read(
        everything(
            talk(speakers=["x"], roomId=99, categoryItems=[4, 77], status="Cancelled"),
            talk(id="2", roomId=None),
            talk(id="3", title=None, speakers="none"),
            talk(id="4", startsAt=None),
        )
    )
    assert [item.title for item in programme.talks] == ["Talk", "Talk"]
    assert programme.talks[0].is_canceled
    assert programme.talks[0].language == ""
    assert problems(programme) == [
        ("unknown-reference", "/sessions/0/roomId"),
        ("unknown-reference", "/sessions/0/speakers/0"),
        ("wrong-type", "/sessions/2/speakers"),
        ("not-in-programme", "/sessions/3"),
        ("no-room", "/sessions/0/roomId"),
        ("no-room", "/sessions/1/roomId"),
        ("no-title", "/sessions/2/title"),
    ]


def test_only_what_is_accepted_is_in_the_programme():
    states = ["Accepted", None, "", "accepted", "Canceled", "Nominated", "Declined", "Waitlisted"]
    states += ["Accept_Queue", "Decline_Queue", "Anything new"]
    talks = [talk(id=str(at), title=f"{each}", status=each) for at, each in enumerate(states)]
    programme = read(everything(*talks))
    shown = ["Accepted", "None", "", "accepted", "Canceled"]
    assert [item.title for item in programme.talks] == [each for each in shown if each]
    assert [item.is_canceled for item in programme.talks] == [False, False, False, True]
    assert [words.split()[0] for words in left_out(programme)] == [
        *("Nominated", "Declined", "Waitlisted", "Accept_Queue", "Decline_Queue", "Anything")
    ]
    grid = [{"date": "2026-03-06", "rooms": [{"id": 7, "name": "Hall", "sessions": talks}]}]
    assert len(read(grid).talks) == 4
    assert left_out(read(grid)) == left_out(programme)


def test_who_was_not_asked_to_confirm_is_shown_all_the_same():
    programme = read(everything(talk(isInformed=False, isConfirmed=False)))
    assert len(programme.talks) == 1
    assert left_out(programme) == []


def test_other_files_with_sessions_and_rooms_are_not_taken_for_one():
    session = {"id": "A", "room": "TR1", "start": "2026-07-29T09:00:00+08:00", "zh": {"title": "T"}}
    with pytest.raises(ProgrammeError, match="not a schedule in a format") as refused:
        read({"sessions": [session], "speakers": [], "rooms": [], "tags": []})
    assert "[JSON: sessions, speakers, rooms, tags]" in str(refused.value)
    with pytest.raises(ProgrammeError, match="no talks"):
        read({"sessions": [], "rooms": [], "speakers": []})
