"""What the pages of the programme say. Who may see them is tested in tickets."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import make_conference, make_room, make_speaker, make_talk
from schedule.models import Track, Visibility


def page(path, **headers):
    response = Client().get(path, headers={"accept-encoding": "identity", **headers})
    assert response.status_code == 200, path
    return response.content.decode()


@pytest.fixture
def noon():
    """Today's noon in the venue, so that no test runs into the boundary of a day."""
    return timezone.now().replace(hour=11, minute=0, second=0, microsecond=0)


def test_a_day_shows_its_talks_in_order_of_time(conference, room, noon):
    ada = make_speaker(conference, name="Ada Lindqvist")
    make_talk(conference, title="Second", room=room, starts_at=noon + timedelta(hours=1))
    make_talk(conference, title="First", room=room, starts_at=noon, speakers=[ada])
    make_talk(conference, title="Tomorrow", room=room, starts_at=noon + timedelta(days=1))
    html = page("/schedule/")
    assert html.index("First") < html.index("Second")
    assert "Ada Lindqvist" in html
    assert 'href="/rooms/main/"' in html
    assert "Tomorrow" not in html


def test_days_are_links(conference, room, noon):
    make_talk(conference, title="Today", room=room, starts_at=noon)
    make_talk(conference, title="Tomorrow", room=room, starts_at=noon + timedelta(days=1))
    tomorrow = (noon + timedelta(days=1)).date().isoformat()
    assert f'href="?day={tomorrow}"' in page("/schedule/")
    html = page(f"/schedule/?day={tomorrow}")
    assert "Tomorrow" in html
    assert "Today" not in html


@pytest.mark.parametrize("day", ["2020-01-01", "soon", "2026-02-30"])
def test_a_day_without_talks_does_not_exist(conference, day):
    response = Client().get("/schedule/", {"day": day})
    assert response.status_code == 404
    assert "There is no such page" in response.text


def test_times_can_be_read_in_another_zone(conference, room, noon):
    talk = make_talk(conference, room=room, starts_at=noon)
    html = page("/schedule/?tz=Asia/Seoul")
    assert "<strong>UTC+9</strong>" in html
    assert "Asia/Seoul" not in html
    assert f'datetime="{talk.starts_at:%Y-%m-%d}T20:00:00+09:00"' in html


def test_talks_say_what_happened_to_them(conference, room, noon):
    make_talk(conference, title="Gone", room=room, starts_at=noon, is_canceled=True)
    make_talk(
        conference,
        title="Later",
        room=room,
        starts_at=noon + timedelta(minutes=20),
        planned_starts_at=noon,
    )
    make_talk(conference, title="Secret", room=room, starts_at=noon, is_hidden=True)
    html = page("/schedule/")
    assert "is-canceled" in html
    assert "Canceled" in html
    assert "Late" in html
    assert f"</span>{noon.astimezone(conference.zone):%H:%M}</s>" in html
    assert "Secret" not in html


def test_now_is_marked(conference, room):
    make_talk(conference, title="Running", room=room)
    html = page("/schedule/")
    assert "is-live" in html
    assert 'id="now"' in html
    assert 'href="#now"' in html


def test_places_are_classes_since_the_policy_forbids_styles(conference, room, noon):
    other = make_room(conference, name="Zoo")
    make_talk(conference, room=room, starts_at=noon, minutes=30)
    make_talk(conference, room=other, starts_at=noon, minutes=60)
    html = page("/schedule/")
    assert "talk r1 s1 c1" in html
    assert "talk r1 s2 c2" in html
    assert "style=" not in html


def test_a_conference_without_talks_says_so(conference):
    assert "not out yet" in page("/schedule/")


def test_a_talk_has_its_own_page(conference, room):
    speaker = make_speaker(conference, name="Ada Lindqvist", code="ADA")
    talk = make_talk(
        conference,
        title="Keeping it small",
        subtitle="and fast",
        abstract="<p>With <em>measurements</em>.</p>",
        room=room,
        speakers=[speaker],
        track=Track.objects.create(conference=conference, name="Web", slug="web"),
        links=[{"title": "Slides", "url": "https://example.org/slides"}],
    )
    html = page(talk.get_absolute_url())
    for text in ("Keeping it small", "and fast", "<em>measurements</em>", "Main hall", "Web"):
        assert text in html
    assert 'href="/speakers/ADA/"' in html
    assert 'href="https://example.org/slides"' in html
    assert "Watch now in Main hall" in html


def test_a_canceled_talk_offers_nothing_to_watch(conference, room):
    html = page(make_talk(conference, room=room, is_canceled=True).get_absolute_url())
    assert "does not take place" in html
    assert "Watch" not in html


def test_speakers_are_listed_with_what_they_speak_about(conference, room):
    ada = make_speaker(conference, name="Ada Lindqvist", biography="<p>Writes software.</p>")
    bo = make_speaker(conference, name="Bo Kimura", email="bo@example.org")
    make_speaker(conference, name="Nobody Yet")
    make_talk(conference, title="Keeping it small", room=room, speakers=[ada])
    make_talk(conference, title="Secret", room=room, speakers=[bo], is_hidden=True)
    html = page("/speakers/")
    assert "Ada Lindqvist" in html
    assert "Keeping it small" in html
    assert "Bo Kimura" not in html
    assert "Nobody Yet" not in html
    html = page(ada.get_absolute_url())
    assert "Writes software." in html
    assert "Keeping it small" in html
    assert Client().get(bo.get_absolute_url()).status_code == 404


@pytest.mark.parametrize("path", ["/talks/{talk}/", "/speakers/{speaker}/"])
def test_what_another_conference_has_is_not_found(conference, path):
    elsewhere = make_conference(domain="other.example", visibility=Visibility.ALL)
    conference.domain = "testserver"
    conference.save()
    speaker = make_speaker(elsewhere, name="Ada Lindqvist")
    talk = make_talk(elsewhere, title="Engines", speakers=[speaker])
    response = Client().get(path.format(talk=talk.code, speaker=speaker.code))
    assert response.status_code == 404
    assert "Engines" not in response.text
    assert "Ada Lindqvist" not in response.text


@pytest.mark.parametrize(("path", "count"), [("/schedule/", 4), ("/speakers/", 2)])
def test_more_rows_cost_no_more_queries(conference, room, noon, path, count, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    def add(minutes):
        speaker = make_speaker(conference)
        make_talk(conference, room=room, speakers=[speaker], starts_at=noon + minutes)

    def queries():
        """Without those of the timeline and the other once-a-second reads."""
        page(path)
        with CaptureQueriesContext(connection) as captured:
            page(path)
        return [query["sql"] for query in captured if "revision" not in query["sql"]]

    add(timedelta())
    assert len(queries()) == count
    add(timedelta(hours=1))
    add(timedelta(hours=2))
    assert len(queries()) == count
