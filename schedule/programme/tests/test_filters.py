"""Filters and search of the schedule, all of it in the address."""

from datetime import timedelta
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import client_of, make_room, make_speaker, make_talk
from schedule.models import Bookmark, Talk, Track
from schedule.programme.filters import FilterForm
from schedule.programme.search import search
from schedule.programme.tests.counting import is_of_the_clock
from schedule.site import pages
from schedule.site.pages import SEARCHES_AT_A_TIME


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


@pytest.mark.slow
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


@pytest.mark.parametrize("query", ["?mine=1", "?mine=on&q=caching", "?mine=1&day={day}"])
def test_what_is_of_one_person_is_not_kept(programme, attendee, noon, query):
    Bookmark.objects.create(user=attendee, talk=Talk.objects.get(title="Opening"))
    client = client_of(attendee)
    response = client.get("/schedule/" + query.format(day=noon.date().isoformat()))
    assert "no-store" in response.headers["Cache-Control"]
    assert "ETag" not in response.headers


def kept_for(client, query):
    """How long the page is kept, by its key."""
    kept = {}

    def keep(key, value, timeout=None, **_named):
        if key.startswith("page:"):
            kept[key] = timeout

    with mock.patch.object(cache, "set", keep):
        assert client.get(f"/schedule/{query}").status_code == 200
    return kept


@pytest.mark.parametrize("query", ["?q=caching", "?room=main", "?kind=talk&day={day}"])
def test_a_search_is_kept_for_seconds(programme, noon, query):
    [seconds] = kept_for(Client(), query.format(day=noon.date().isoformat())).values()
    assert 0 < seconds <= 10


@pytest.mark.slow
@pytest.mark.parametrize(
    "queries",
    [
        [
            "?q=Caching",
            "?q=caching",
            "?q=++CACHING+",
            "?utm_source=1&q=caching",
            "?q=caching&room=",
        ],
        ["?room=nowhere", "?room=a", "?room=" + "x" * 3000],
        ["?track=a", "?track=-", "?track=Web"],
        ["?kind=a", "?kind=' OR 1=1", "?kind=TALK"],
        ["?language=xx", "?language=%F0%9F%98%80"],
        ["?q=" + "x" * 100, "?q=" + "x" * 101, "?q=" + "X" * 7000],
        ["", "?day=", "?q=", "?q=+", "?room=", "?mine=0", "?mine=", "?tz=Nowhere/Land"],
        ["?tz=Europe/Paris", "?tz=Europe/Madrid&fbclid=1", "?tz=CET"],
    ],
)
def test_what_means_the_same_is_one_page(programme, queries):
    kept = [key for query in queries for key in kept_for(Client(), query)]
    assert len(kept) == len(queries)
    assert len(set(kept)) == 1


@pytest.mark.slow
def test_a_day_has_one_spelling(programme, noon):
    day = noon.date()
    year, week, weekday = day.isocalendar()
    spelled = [day.isoformat(), f"{day:%Y%m%d}", f"{year}-W{week:02}-{weekday}"]
    assert len({key for each in spelled for key in kept_for(Client(), f"?day={each}")}) == 1


@pytest.mark.slow
def test_links_carry_nothing_that_the_page_does_not_read(programme, attendee):
    Bookmark.objects.create(user=attendee, talk=Talk.objects.get(title="Opening"))
    for query in ("q=caching", "mine=1", "room=main"):
        html = client_of(attendee).get(f"/schedule/?utm_source=elsewhere&{query}").text
        assert "elsewhere" not in html, query


@pytest.mark.slow
@pytest.mark.parametrize("query", ["?q=caching", "?room=main", "?mine=1"])
def test_who_comes_while_many_search_is_asked_to_come_again(programme, attendee, query):
    client = client_of(attendee)
    kept = client.get("/schedule/?q=opening")
    for _place in range(SEARCHES_AT_A_TIME):
        assert pages._searching.acquire(blocking=False)
    try:
        busy = client.get(f"/schedule/{query}")
        assert (busy.status_code, busy["Retry-After"]) == (503, "3")
        assert "no-store" in busy["Cache-Control"]
        assert "Many are searching" in busy.text
        again = client.get("/schedule/?q=opening")
        assert (again.status_code, again["ETag"]) == (200, kept["ETag"])
        assert client.get("/schedule/").status_code == 200
    finally:
        for _place in range(SEARCHES_AT_A_TIME):
            pages._searching.release()
    assert client.get(f"/schedule/{query}").status_code == 200


def test_a_search_that_fails_leaves_its_place(programme, monkeypatch):
    client = Client(raise_request_exception=False)
    with monkeypatch.context() as broken:
        broken.setattr(FilterForm, "narrow", None)
        for _try in range(SEARCHES_AT_A_TIME + 1):
            assert client.get("/schedule/?q=caching").status_code == 500
    assert client.get("/schedule/?q=caching").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("query", ["?q=talk", "?room=main", "?language=en"])
def test_more_talks_cost_no_more_queries(conference, room, noon, query):
    make_room(conference)

    def queries():
        Client().get(f"/schedule/{query}")
        cache.clear()
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
