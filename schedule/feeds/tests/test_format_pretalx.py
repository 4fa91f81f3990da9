"""pretalx's widget and REST API."""

import json
from typing import Any

import pytest

from schedule.feeds.formats.problems import ProgrammeError
from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.registry import parse


def read(document: Any) -> Programme:
    return parse(json.dumps(document).encode())


def problems(programme: Programme) -> list[tuple[str, str]]:
    return [(problem.code, problem.location) for problem in programme.problems]


def refusal(document: Any) -> ProgrammeError:
    with pytest.raises(ProgrammeError) as error:
        read(document)
    return error.value


def widget(**words: Any) -> dict[str, Any]:
    talk = {
        "code": "ABCDEF",
        "id": 11,
        "title": "Talk",
        "abstract": "*Short*",
        "speakers": ["KEY3AB"],
        "track": 5,
        "start": "2026-03-06T10:00:00+11:00",
        "end": "2026-03-06T10:30:00+11:00",
        "room": 7,
        "duration": 30,
        "content_locale": "en",
        "state": None,
    }
    lunch = {
        "id": 12,
        "title": {"de": "Mittag", "en": "Lunch"},
        "start": "2026-03-06T01:00:00Z",
        "end": "2026-03-06T13:00:00+11:00",
        "room": 7,
    }
    return {
        "talks": [talk, lunch],
        "version": "0.3",
        "timezone": "Australia/Melbourne",
        "event_start": "2026-03-06",
        "event_end": "2026-03-07",
        "tracks": [{"id": 5, "name": {"en": "Web"}, "color": "#FC0101", "description": {}}],
        "rooms": [
            {"id": 8, "name": {"en": "Foyer"}, "description": {}},
            {"id": 7, "name": {"en": "Hall"}, "description": {"en": "Level 2"}},
        ],
        "speakers": [{"code": "KEY3AB", "name": "Ada Beispiel", "avatar": "https://a.example/a.jpg"}],
        **words,
    }  # fmt: skip


def test_the_widget_works():
    programme = read(widget())
    assert programme.format == "pretalx-widget"
    assert programme.counts == {"days": 1, "rooms": 2, "talks": 2, "speakers": 1}
    assert programme.problems == ()
    assert (programme.version, programme.time_zone) == ("0.3", "Australia/Melbourne")
    assert [room.name for room in programme.rooms] == ["Foyer", "Hall"]
    assert programme.rooms[1].description == "Level 2"
    assert programme.tracks[0].colour == "#fc0101"
    talk, lunch = programme.talks
    assert talk.keys == ("code:ABCDEF", "title:talk|code:KEY3AB")
    assert (talk.title, talk.kind, talk.room, talk.track) == ("Talk", "talk", "Hall", "Web")
    assert talk.abstract == "<p><em>Short</em></p>"
    assert talk.starts_at.isoformat() == "2026-03-05T23:00:00+00:00"
    assert talk.location == "/talks/0"
    assert (lunch.title, lunch.kind, lunch.key) == ("Lunch", "break", "break:lunch|hall")
    assert lunch.starts_at.isoformat() == "2026-03-06T01:00:00+00:00"
    assert lunch.ends_at.isoformat() == "2026-03-06T02:00:00+00:00"
    (speaker,) = programme.speakers
    assert (speaker.name, speaker.avatar_url) == ("Ada Beispiel", "https://a.example/a.jpg")
    assert speaker.biography is None


def test_what_the_widget_refers_to_may_be_missing():
    programme = read(widget(rooms=[], tracks=[], speakers=None))
    assert problems(programme) == [
        ("unknown-reference", "/talks/0/room"),
        ("unknown-reference", "/talks/0/track"),
        ("unknown-reference", "/talks/0/speakers/0"),
        ("unknown-reference", "/talks/1/room"),
        ("no-room", "/talks/0/room"),
        ("no-room", "/talks/1/room"),
    ]


def test_a_widget_of_talks_without_breaks_and_people_inline():
    document = widget(speakers=[])
    document["talks"][0]["speakers"] = [{"code": "KEY3AB", "name": "Ada", "avatar": None}]
    document["talks"][0]["state"] = "canceled"
    programme = read(document)
    assert [speaker.name for speaker in programme.speakers] == ["Ada"]
    assert programme.talks[0].is_canceled


ROOM = {"id": 7, "name": {"en": "Hall"}, "description": {}, "uuid": "a0000000-0000-4000-8000-000000000001", "guid": None}  # fmt: skip


def submission(**words: Any) -> dict[str, Any]:
    return {
        "code": "ABCDEF",
        "title": "Talk",
        "speakers": [
            {
                "code": "KEY3AB",
                "name": "Ada Beispiel",
                "biography": "*Writes*",
                "avatar_url": None,
                "email": "ada@a.example",
                "answers": [1],
            }
        ],
        "submission_type": {"id": 1, "name": {"en": "Workshop"}},
        "track": {"id": 5, "name": {"en": "Web"}, "color": "#00ff00"},
        "state": "confirmed",
        "abstract": "Short",
        "description": None,
        "content_locale": "de",
        "resources": [
            {"resource": "https://a.example/s", "description": "Slides", "is_public": True},
            {"resource": "https://a.example/x", "description": "Draft", "is_public": False},
            3,
        ],
        "answers": [],
        "internal_notes": "secret",
        **words,
    }


def slot(**words: Any) -> dict[str, Any]:
    return {
        "id": 100,
        "room": ROOM,
        "start": "2026-03-06T10:00:00+01:00",
        "end": "2026-03-06T10:30:00+01:00",
        "submission": submission(),
        "schedule": 3,
        "description": None,
        "duration": 30,
        **words,
    }


def page(*results: Any, count: int | None = None, next: str | None = None) -> dict[str, Any]:
    count = len(results) if count is None else count
    return {"count": count, "next": next, "previous": None, "results": list(results)}


LUNCH = slot(submission=None, description={"en": "Lunch"}, start="2026-03-06T12:00:00+01:00", end="2026-03-06T13:00:00+01:00", duration=60)  # fmt: skip


def test_a_listing_of_slots_works():
    programme = read(page(slot(), LUNCH))
    assert programme.format == "pretalx-rest"
    assert programme.problems == ()
    assert programme.counts == {"days": 1, "rooms": 1, "talks": 2, "speakers": 1}
    talk, lunch = programme.talks
    assert talk.keys == ("code:ABCDEF", "title:talk|code:KEY3AB")
    assert (talk.kind, talk.language, talk.room, talk.track) == ("workshop", "de", "Hall", "Web")
    assert talk.links == (("Slides", "https://a.example/s"),)
    assert (lunch.title, lunch.kind, lunch.key) == ("Lunch", "break", "break:lunch|hall")
    assert programme.rooms[0].guid == "a0000000-0000-4000-8000-000000000001"
    assert programme.tracks[0].colour == "#00ff00"
    (speaker,) = programme.speakers
    assert (speaker.biography, speaker.avatar_url) == ("<p><em>Writes</em></p>", "")
    assert "ada@" not in repr(programme)
    assert "secret" not in repr(programme)


def test_a_listing_of_submissions_works():
    slots = [slot(submission="x"), slot(start="2026-03-07T10:00:00+01:00", end=None)]
    for each in slots:
        del each["submission"]
    programme = read(page(submission(slots=slots)))
    assert [(talk.code, talk.series, talk.ordinal) for talk in programme.talks] == [
        ("", "ABCDEF", 0),
        ("", "ABCDEF", 1),
    ]
    assert programme.talks[1].ends_at.minute == 30
    assert programme.talks[0].location == "/results/0/slots/0"


def test_version_1_of_the_api():
    old = submission(
        slot={"room": {"en": "Hall"}, "start": "2026-03-06T10:00:00+01:00", "end": "2026-03-06T10:30:00+01:00"},
        submission_type={"en": "Talk"}, track={"en": "Web"},
    )  # fmt: skip
    (talk,) = read(page(old)).talks
    assert (talk.room, talk.track, talk.kind) == ("Hall", "Web", "talk")


def test_a_schedule_with_its_slots_works():
    programme = read({"id": 3, "version": "1.2", "published": None, "slots": [slot(), LUNCH]})
    assert programme.version == "1.2"
    assert [talk.location for talk in programme.talks] == ["/slots/0", "/slots/1"]


def test_pages_stand_in_a_list():
    programme = read(
        [page(slot(), count=2, next="https://a.example/?page=2"), page(LUNCH, count=2)]
    )
    assert [talk.location for talk in programme.talks] == ["/0/results/0", "/1/results/0"]


def test_a_page_too_few_is_refused():
    problem = refusal(page(slot(), LUNCH, count=120)).problem
    assert (problem.code, problem.read) == ("incomplete", "2 / 120")


def test_an_empty_listing_is_refused():
    assert refusal(page()).problem.code == "no-talks"


def test_what_is_not_in_the_programme_is_left_out():
    programme = read(
        page(
            slot(),
            slot(submission=submission(code="NOPE77", state="rejected")),
            slot(submission=submission(code="LATER7"), start=None, end=None),
            slot(submission=None, description="Build-up", slot_type="blocker"),
            slot(submission=submission(code="SICK77", state="canceled")),
        )
    )
    assert [(talk.code, talk.is_canceled) for talk in programme.talks] == [
        ("ABCDEF", False),
        ("SICK77", True),
    ]
    assert problems(programme) == [("not-in-programme", f"/results/{at}") for at in (1, 2, 3)]
    assert [problem.read for problem in programme.problems] == ["NOPE77", "LATER7", "Build-up"]


def test_what_pretalx_hides_until_its_next_release_is_left_out():
    hidden = submission(code="HIDDEN")
    programme = read(
        page(
            slot(is_visible=True),
            slot(is_visible=False, submission=hidden, slot_type=None),
            slot(is_visible=False, submission=None, description="Build-up", slot_type=None),
            {**LUNCH, "is_visible": False},
        )
    )
    assert [talk.title for talk in programme.talks] == ["Talk"]
    assert [problem.read for problem in programme.problems] == ["HIDDEN", "Build-up", "Lunch"]
    slots = [slot(is_visible=False), slot(start="2026-03-07T10:00:00+01:00", end=None)]
    for each in slots:
        del each["submission"]
    (second,) = read(page(submission(slots=slots))).talks
    assert second.starts_at.day == 7


def test_a_widget_for_organizers_hides_what_visitors_may_not_see():
    document = widget()
    talk, lunch = document["talks"]
    hidden = {"code": "HIDDEN", "is_visible": False}
    document["talks"] = [
        {**talk, "state": "confirmed"},
        {**talk, "code": "MAYBE7", "state": "accepted"},
        {**talk, **hidden},
        {**lunch, "is_visible": False},
        {**talk, "code": "LATER7", "start": None, "end": None},
    ]
    programme = read(document)
    assert [talk.code for talk in programme.talks] == ["ABCDEF"]
    assert [problem.read for problem in programme.problems] == [
        *("MAYBE7", "HIDDEN", "Lunch", "LATER7")
    ]


def test_an_old_listing_has_its_breaks_apart():
    times = {"start": "2026-03-06T12:00:00+01:00", "end": "2026-03-06T13:00:00+01:00"}
    room = {"id": 7, "name": {"en": "Hall"}, "description": {}}
    old = submission(slot={"room": room, "start": "2026-03-06T10:00:00+01:00", "end": "2026-03-06T10:30:00+01:00"})  # fmt: skip
    document = {
        "version": "1.2",
        "slots": [old],
        "breaks": [
            {"room": room, "room_id": 7, "description": {"en": "Lunch"}, **times},
            {"room": {"en": "Foyer"}, "room_id": 8, "description": "Coffee", **times},
        ],
    }
    programme = read(document)
    assert programme.problems == ()
    assert [(talk.title, talk.kind, talk.room) for talk in programme.talks] == [
        ("Talk", "workshop", "Hall"),
        ("Lunch", "break", "Hall"),
        ("Coffee", "break", "Foyer"),
    ]
    assert programme.talks[1].location == "/breaks/0"


def test_an_opt_out_counts_in_whichever_spelling():
    for said, counts in [(True, True), ("true", True), (1, True), (False, False), (None, False), ("false", False), ("", False)]:  # fmt: skip
        (talk,) = read(page(slot(submission=submission(do_not_record=said)))).talks
        assert talk.do_not_record is counts, said


def test_numbers_instead_of_things_are_reported():
    bare = slot(room=7, submission=submission(track=5, submission_type=1, speakers=["KEY3AB"]))
    programme = read(page(bare))
    assert programme.talks[0].title == "Talk"
    assert problems(programme) == [
        ("not-expanded", "/results/0/room"),
        ("not-expanded", "/results/0/submission/track"),
        ("not-expanded", "/results/0/submission/submission_type"),
        ("not-expanded", "/results/0/submission/speakers/0"),
        ("no-room", "/results/0/room"),
    ]


def test_a_listing_that_is_not_expanded_is_refused_and_says_how():
    error = refusal(page(slot(submission="ABCDEF"), slot(submission="GHJKLM")))
    assert error.problem.code == "unreadable"
    assert "?expand=" in str(error.problems[1])
    assert error.problems[1].location == "/results/0/submission"
