"""Stars, the agenda made of them, and what clashes."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import client_of, make_conference, make_talk
from schedule.attending.bookmarks import clashes_of
from schedule.models import AgendaLink, Bookmark, Visibility
from schedule.programme.tests.counting import is_of_the_clock

JSON = {"accept": "application/json"}


@pytest.fixture
def talk(conference, room):
    return make_talk(conference, room=room, title="Keeping it small", code="SMALL")


@pytest.fixture
def client(attendee):
    return client_of(attendee)


def agenda_page(client):
    response = client.get("/my/agenda/")
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.slow
def test_a_star_without_scripts(client, attendee, talk):
    schedule = client.get("/schedule/", headers={"accept-encoding": "identity"}).content.decode()
    assert 'href="/talks/SMALL/star/"' in schedule
    assert "csrf" not in schedule
    html = client.get("/talks/SMALL/star/").content.decode()
    assert "Put this talk into your agenda?" in html
    response = client.post("/talks/SMALL/star/", {"on": "1", "next": "/schedule/?day=2026-01-01"})
    assert response.headers["Location"] == "/schedule/?day=2026-01-01"
    assert list(attendee.bookmarks.values_list("talk__code", flat=True)) == ["SMALL"]
    assert "Take it out" in client.get("/talks/SMALL/star/").content.decode()
    assert "Keeping it small" in agenda_page(client)
    assert client.post("/talks/SMALL/star/", {"on": "0"}).headers["Location"] == "/talks/SMALL/"
    assert "Keeping it small" not in agenda_page(client)


def test_a_star_with_scripts(client, attendee, talk):
    for _twice in range(2):
        assert client.post("/talks/SMALL/star/", {"on": "1"}, headers=JSON).status_code == 204
    assert client.get("/my/stars.json").json() == {"codes": ["SMALL"]}
    assert client.get("/my/stars.json").headers["Cache-Control"].count("no-store") == 1


def test_what_a_browser_kept_is_merged_at_login(client, attendee, talk, conference, room):
    other = make_talk(conference, room=room, starts_at=timezone.now() + timedelta(hours=3))
    Bookmark.objects.create(user=attendee, talk=other)
    hidden = make_talk(conference, is_hidden=True)
    elsewhere = make_talk(make_conference(domain="other.example"))
    codes = ["SMALL", other.code, hidden.code, elsewhere.code, "NOPE"]
    answer = client.post("/my/stars.json", {"code": codes}).json()
    assert answer == {"codes": ["SMALL", other.code]}
    assert attendee.bookmarks.count() == 2


def test_nobody_has_stars_without_signing_in(conference, talk):
    client = Client()
    assert client.get("/my/stars.json").status_code == 401
    assert client.post("/my/stars.json", {"code": ["SMALL"]}).status_code == 401
    for path in ("/talks/SMALL/star/", "/my/agenda/"):
        assert client.get(path).headers["Location"] == f"/accounts/login/?next={path}"
    client.post("/talks/SMALL/star/", {"on": "1"})
    client.post("/my/agenda/link/")
    assert not Bookmark.objects.exists()
    assert not AgendaLink.objects.exists()


@pytest.mark.slow
def test_a_hidden_programme_is_not_told_to_strangers(conference, stranger, talk):
    conference.visibility = Visibility.HIDDEN
    conference.save()
    client = client_of(stranger)
    for path in ("/talks/SMALL/star/", "/my/agenda/", "/my/stars.json"):
        response = client.get(path)
        assert response.status_code == 403
        assert b"Keeping it small" not in response.content


def test_another_persons_stars_stay_theirs(client, attendee, stranger, talk):
    Bookmark.objects.create(user=stranger, talk=talk)
    assert client.get("/my/stars.json").json() == {"codes": []}
    client.post("/talks/SMALL/star/", {"on": "0"})
    assert stranger.bookmarks.count() == 1


def test_clashes_are_shown(client, attendee, conference, room, talk):
    other = make_talk(conference, title="At the same time", starts_at=talk.starts_at)
    after = make_talk(conference, title="Right after", starts_at=talk.ends_at)
    gone = make_talk(conference, title="Gone", starts_at=talk.starts_at, is_canceled=True)
    for each in (talk, other, after, gone):
        Bookmark.objects.create(user=attendee, talk=each)
    html = agenda_page(client)
    assert html.count('class="clash"') == 2
    assert "Canceled" in html
    found = clashes_of(sorted([talk, other, after, gone], key=lambda each: each.starts_at))
    assert found == {talk.pk: [other], other.pk: [talk], after.pk: [], gone.pk: []}


def test_the_calendar_address_is_made_and_replaced(client, attendee, conference):
    assert "Make a calendar address" in agenda_page(client)
    client.post("/my/agenda/link/")
    first = AgendaLink.objects.get(user=attendee).secret
    assert f'href="webcal://testserver/my/agenda/{first}.ics"' in agenda_page(client)
    client.post("/my/agenda/link/")
    second = AgendaLink.objects.get(user=attendee).secret
    assert first != second
    assert AgendaLink.objects.opened_by(first) is None
    assert AgendaLink.objects.opened_by(second).user == attendee


@pytest.mark.parametrize("secret", ["", "-", "1", "1-", "x-y", "²-y", f"{10**30}-y", "1-é"])
def test_nonsense_opens_no_calendar(attendee, conference, secret):
    AgendaLink.objects.of(attendee.pk, conference)
    assert AgendaLink.objects.opened_by(secret) is None


def test_more_stars_cost_no_more_queries(client, attendee, conference, room):
    def queries():
        agenda_page(client)
        with CaptureQueriesContext(connection) as captured:
            agenda_page(client)
        return len([query for query in captured if not is_of_the_clock(query["sql"])])

    Bookmark.objects.create(user=attendee, talk=make_talk(conference, room=room))
    count = queries()
    for _ in range(2):
        Bookmark.objects.create(user=attendee, talk=make_talk(conference, room=room))
    assert queries() == count
