import json
from typing import Any

from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.registry import parse


def read(*slots: dict[str, Any]) -> Programme:
    document = {"conference": {"title": "Testcon", "sponsors": {}}, "schedule": list(slots)}
    return parse(json.dumps(document).encode())


def slot(**words: Any) -> dict[str, Any]:
    return {
        "room": "Hall",
        "rooms": ["Hall"],
        "start": "2026-03-06T10:00:00-05:00",
        "end": "2026-03-06T10:30:00-05:00",
        "duration": 30,
        "kind": "talk",
        "section": "talks",
        "conf_key": 61,
        "conf_url": "https://conf.example/presentation/44/",
        "license": "CC BY",
        "released": True,
        "contact": ["ada@a.example"],
        "name": "Talk",
        "description": "<p>One</p>\n<p>Two</p>",
        "authors": ["Ada Beispiel"],
        "speakers": [{"id": 184, "name": "Ada Beispiel", "photo": "https://a.example/a.png", "bio": "<p>B</p>"}],
        "cancelled": False,
        **words,
    }  # fmt: skip


def plain(**words: Any) -> dict[str, Any]:
    """What nobody gives: breaks and the like have neither authors nor an address."""
    left_out = ("conf_url", "authors", "speakers", "cancelled", "contact")
    return {
        name: value for name, value in slot(**words).items() if name not in left_out
    } | {"conf_key": words.get("conf_key", 2)}  # fmt: skip


def test_it_works():
    programme = read(
        slot(),
        plain(kind="break", name="Breakfast"),
        plain(kind="plenary", name="Keynote - Ben", conf_key=3),
    )
    assert programme.format == "symposion"
    assert programme.problems == ()
    assert programme.counts == {"days": 1, "rooms": 1, "talks": 3, "speakers": 1}
    assert programme.title == "Testcon"
    talk, breakfast, keynote = programme.talks
    assert talk.keys[0] == "slug:https://conf.example/presentation/44/"
    assert talk.description == "<p>One</p>\n<p>Two</p>"
    assert talk.starts_at.isoformat() == "2026-03-06T15:00:00+00:00"
    assert (breakfast.kind, breakfast.key) == ("break", "id:2")
    assert keynote.kind == "keynote"
    assert programme.speakers[0].keys == ("id:184", "name:ada beispiel")
    assert "ada@" not in repr(programme)


def test_a_cancelled_talk_stays_in_with_its_mark():
    (talk,) = read(slot(cancelled=True)).talks
    assert talk.is_canceled


def test_two_talks_that_swap_their_slots_keep_their_identity():
    one, two = slot(), slot(conf_url="https://conf.example/presentation/45/", conf_key=62)
    swapped = {**one, "conf_key": 62}, {**two, "conf_key": 61}
    assert [t.keys for t in read(one, two).talks] == [t.keys for t in read(*swapped).talks]


def test_old_versions_have_rooms_and_authors_as_text_alone():
    old = {**slot(room="Hall, Foyer", authors=["Ada", "Ben"]), "rooms": None, "speakers": None}
    programme = read(old)
    assert (programme.talks[0].room, programme.talks[0].also_in) == ("Hall", ("Foyer",))
    assert [speaker.name for speaker in programme.speakers] == ["Ada", "Ben"]


def test_all_that_is_odd_is_reported():
    programme = read(
        plain(end="2026-03-06T10:00:00-05:00", duration=0, name="Doors open"),
        slot(rooms=[None], room="", authors=[{}], speakers=[]),
        slot(conf_key=7, conf_url=None, name=""),
    )
    assert [(problem.code, problem.location) for problem in programme.problems] == [
        ("wrong-type", "/schedule/1/rooms/0"),
        ("wrong-type", "/schedule/1/authors/0"),
        ("zero-length", "/schedule/0/duration"),
        ("no-room", "/schedule/1/room"),
        ("no-title", "/schedule/2/name"),
    ]
