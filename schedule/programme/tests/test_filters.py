"""Filters and search of the schedule, all of it in the address."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import client_of, make_room, make_speaker, make_talk
from schedule.models import Bookmark, Talk, Track
from schedule.programme.search import search
from schedule.programme.tests.counting import is_of_the_clock


@pytest.fixture
def noon():
    return timezone.now().replace(hour=11, minute=0, second=0, microsecond=0)


@pytest.fixture
def programme(conference, room, noon):
    web = Track.objects.create(conference=conference, name="Web", slug="web")
    Track.objects.create(conference=conference, name="Data", slug="data")
    zoo = make_room(conference, name="Zoo", slug="zoo")
    zoe = make_speaker(conference, name="Zoë Müller")
    make_talk(conference, title="Caching deeply", room=room, track=web, language="en",
              speakers=[zoe, make_speaker(conference)], starts_at=noon)  # fmt: skip
    make_talk(conference, title="Kleine Schritte", room=zoo, language="de", kind="workshop",
              abstract="<p>Mit <em>Café</em>.</p>", starts_at=noon + timedelta(days=1))  # fmt: skip
    both = make_talk(conference, title="Opening", room=room, kind="keynote", starts_at=noon)
    both.also_in.add(zoo)
    make_talk(conference, title="Secret caching", is_hidden=True, starts_at=noon)
    return conference


TITLES = ("Caching deeply", "Kleine Schritte", "Opening", "Secret caching")


def found(client=None, **params):
    response = (client or Client()).get(
        "/schedule/", params, headers={"accept-encoding": "identity"}
    )
    assert response.status_code == 200
    html = response.content.decode()
    return [title for title in TITLES if f">{title}</a>" in html]


@pytest.mark.parametrize(
    ("params", "titles"),
    [
        ({"room": "main"}, ["Caching deeply", "Opening"]),
        ({"room": "zoo"}, ["Kleine Schritte", "Opening"]),
        ({"track": "web"}, ["Caching deeply"]),
        ({"kind": "workshop"}, ["Kleine Schritte"]),
        ({"language": "de"}, ["Kleine Schritte"]),
        ({"q": "cach"}, ["Caching deeply"]),
        ({"q": "deeply caching"}, ["Caching deeply"]),
        ({"q": "schritte", "room": "main"}, []),
        ({"q": "  ", "kind": "keynote"}, ["Opening"]),
        ({"room": "nowhere"}, []),
        ({"kind": "' OR 1=1"}, []),
        ({"q": "'; & | ! :*"}, ["Caching deeply", "Kleine Schritte", "Opening"]),
    ],
)
def test_filters(programme, params, titles):
    assert found(**params) == titles


def test_a_filter_can_be_read_day_by_day(programme, noon):
    day = noon.date().isoformat()
    assert found(room="zoo", day=day) == ["Opening"]
    html = Client().get("/schedule/", {"room": "zoo"}).content.decode()
    assert f'href="?room=zoo&amp;day={day}"' in html


def test_nothing_found_says_so(programme):
    html = Client().get("/schedule/", {"q": "nothing of the kind"}).content.decode()
    assert "Nothing in the programme fits" in html
    assert 'value="nothing of the kind"' in html


@pytest.mark.parametrize("q", ["zoe", "muller", "cafe", "Müller", "CAFÉ"])
@pytest.mark.services
def test_accents_do_not_matter(programme, q):
    assert len(search(Talk.objects.shown(), q)) == 1


@pytest.mark.services
def test_typing_errors_are_forgiven_where_nothing_else_is_found(programme):
    assert [talk.title for talk in search(Talk.objects.shown(), "Chaching")] == ["Caching deeply"]


def test_without_extensions_the_search_is_plainer(programme, monkeypatch):
    monkeypatch.setattr("schedule.programme.search.installed_extensions", lambda using: frozenset())
    assert found(q="caching") == ["Caching deeply"]
    assert found(q="müller") == ["Caching deeply"]


def test_mine(programme, attendee, stranger):
    Bookmark.objects.create(user=attendee, talk=Talk.objects.get(title="Opening"))
    assert found(client_of(attendee), mine="1") == ["Opening"]
    assert found(client_of(stranger), mine="1") == []
    location = Client().get("/schedule/?mine=1&q=x").headers["Location"]
    assert location == "/accounts/login/?next=/schedule/%3Fmine%3D1%26q%3Dx"


@pytest.mark.parametrize("query", ["?mine=1", "?q=caching", "?room=main", "?mine=1&day={day}"])
def test_answers_to_filters_are_not_kept(programme, attendee, noon, query):
    Bookmark.objects.create(user=attendee, talk=Talk.objects.get(title="Opening"))
    client = client_of(attendee)
    response = client.get("/schedule/" + query.format(day=noon.date().isoformat()))
    assert "no-store" in response.headers["Cache-Control"]
    assert "ETag" not in response.headers


@pytest.mark.parametrize("query", ["?q=talk", "?room=main", "?language=en"])
def test_more_talks_cost_no_more_queries(conference, room, noon, query):
    make_room(conference)

    def queries():
        Client().get(f"/schedule/{query}")
        with CaptureQueriesContext(connection) as captured:
            assert Client().get(f"/schedule/{query}").status_code == 200
        return len([each for each in captured if not is_of_the_clock(each["sql"])])

    make_talk(
        conference, room=room, speakers=[make_speaker(conference)], language="en", starts_at=noon
    )
    count = queries()
    for _ in range(2):
        make_talk(
            conference,
            room=room,
            speakers=[make_speaker(conference)],
            language="en",
            starts_at=noon,
        )
    assert queries() == count
