"""The room page: the same for everybody, with the programme and without any address of a stream."""

from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import client_of, make_room, make_speaker, make_talk
from tickets.admission.rule import Reason


def later(minutes):
    return timezone.now() + timedelta(minutes=minutes)


@pytest.fixture
def room_page(attendee, room):
    client = client_of(attendee)

    def get(path="/rooms/main/"):
        response = client.get(path, headers={"accept-encoding": "identity"})
        assert response.status_code == 200
        return response.content.decode()

    return get


def panel(html):
    """Which panel is seen without JavaScript."""
    seen = [
        part.split('"')[0]
        for part in html.split('data-panel="')[1:]
        if not part.split(">")[0].endswith("hidden")
    ]
    assert len(seen) == 1
    return seen[0]


def test_the_programme_stands_beside_the_player(conference, room, room_page):
    ada = make_speaker(conference, name="Ada Lindqvist")
    make_talk(conference, title="Running", room=room, speakers=[ada], abstract="<p>About it</p>")
    make_talk(conference, title="Following", room=room, starts_at=later(40))
    second = make_room(conference, name="Second stage", slug="second")
    make_talk(conference, title="Elsewhere", room=second)
    make_room(conference, name="Attic", slug="attic")
    html = room_page()
    for text in ("Running", "Ada Lindqvist", "About it", "Following", "Elsewhere", "Attic"):
        assert text in html
    assert 'href="/rooms/second/"' in html
    assert html.index('id="player"') < html.index('id="programme"')


@pytest.mark.parametrize(
    ("talk", "expected"),
    [
        (None, "idle"),
        ({"starts_at": -10}, "live"),
        ({"starts_at": -10, "kind": "break"}, "break"),
        ({"starts_at": 10}, "soon"),
        ({"starts_at": 10, "planned_starts_at": -5}, "late"),
        ({"starts_at": -50}, "ended"),
    ],
)
def test_each_state_has_its_panel(conference, room, room_page, talk, expected):
    # So that the talks of this test lie on one day, whatever the time is.
    conference.time_zone = "UTC"
    conference.day_starts_at_hour = 0 if 6 <= timezone.now().hour < 18 else 12
    conference.save()
    if talk:
        times = {name: later(value) for name, value in talk.items() if name.endswith("_at")}
        make_talk(conference, room=room, **{**talk, **times})
    assert panel(room_page()) == expected


def test_without_anything_on_the_next_talk_is_told(conference, room, room_page):
    make_talk(conference, title="Tomorrow", room=room, starts_at=later(24 * 60))
    html = room_page()
    assert "Up next" in html
    assert "Tomorrow" in html


def test_on_site_only_is_said(conference, room, room_page):
    make_talk(conference, room=room, delivery="on_site")
    assert "on site only" in room_page()


def test_no_room_of_this_name(attendee, room):
    response = client_of(attendee).get("/rooms/nowhere/")
    assert response.status_code == 404
    assert "There is no such page" in response.text


def test_every_refusal_has_words(conference, room, room_page):
    html = room_page()
    for reason in [*Reason, "too_many_places", "other"]:
        assert f'data-reason="{reason}"' in html
