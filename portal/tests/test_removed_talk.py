"""What attendees see of a talk that its feed no longer has, once it is taken out: that it is so where
they starred or linked it, and nothing anywhere else.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from conftest import client_of, make_speaker, make_talk, settle
from schedule.models import AgendaLink, Bookmark, Feed, FeedItem, Talk, Visibility


@pytest.fixture
def talk(conference, room, attendee):
    """Taken out of the programme by its feed."""
    speaker = make_speaker(conference, code="ADA", name="Ada L.")
    talk = make_talk(
        conference,
        room=room,
        code="SMALL",
        title="Keeping it small",
        abstract="Nobody reads this.",
        starts_at=timezone.now() + timedelta(minutes=10),
        speakers=[speaker],
    )
    make_talk(conference, room=room, title="Another", starts_at=talk.ends_at)
    feed = Feed.objects.create(conference=conference, source="feed")
    FeedItem.objects.create(
        feed=feed,
        talk=talk,
        key="id:1",
        values={"title": talk.title},
        missing_since=timezone.now(),
        is_settled=True,
        has_hidden_talk=True,
    )
    Bookmark.objects.create(user=attendee, talk=talk)
    return talk


@pytest.fixture
def removed(talk):
    Talk.objects.filter(pk=talk.pk).update(is_hidden=True)
    settle()
    return talk


LISTS = (
    *("/", "/lobby/", "/schedule/", "/schedule/?q=keeping", "/speakers/", "/rooms/main/"),
    *("/live.json", "/schedule.json", "/schedule.xml", "/schedule.ics", "/my/stars.json"),
    *("/schedule/changes/", "/schedule/?mine=1"),
)
GONE = "This talk is not in the programme any more."


@pytest.mark.slow
def test_it_is_in_no_list(removed, attendee, conference):
    client = client_of(attendee)
    secret = AgendaLink.objects.of(attendee.pk, conference).secret
    for path in (*LISTS, f"/my/agenda/{secret}.ics"):
        response = client.get(path)
        assert response.status_code == 200, path
        assert "Keeping it small" not in response.text, path
        assert "SMALL" not in response.text, path
    for path in ("/speakers/ADA/", "/talks/SMALL/talk.ics"):
        assert client.get(path).status_code == 404


def test_its_page_says_so(removed, attendee):
    response = client_of(attendee).get("/talks/SMALL/")
    assert response.status_code == 410
    assert GONE in response.text
    assert 'href="/schedule/?q=Keeping%20it%20small"' in response.text
    assert "Nobody reads this" not in response.text
    assert "Ada L." not in response.text


def test_its_page_is_gated_as_it_was(removed, conference, stranger):
    conference.visibility = Visibility.HIDDEN
    conference.save()
    settle()
    response = client_of(stranger).get("/talks/SMALL/")
    assert response.status_code == 403
    assert "Keeping it small" not in response.text


def test_the_agenda_says_so_and_lets_go_of_it(removed, attendee):
    client = client_of(attendee)
    page = client.get("/my/agenda/").text
    assert "Not in the programme any more" in page
    assert "Keeping it small" in page
    assert "This talk is in your agenda." in client.get("/talks/SMALL/star/").text
    client.post("/talks/SMALL/star/", {"on": "0"})
    assert not attendee.bookmarks.exists()
    assert "Not in the programme any more" not in client.get("/my/agenda/").text
    client.post("/talks/SMALL/star/", {"on": "1"})
    assert not attendee.bookmarks.exists(), "nobody stars what is not there"


def test_when_it_is_back_it_is_back_with_its_stars(removed, attendee):
    Talk.objects.filter(pk=removed.pk).update(is_hidden=False)
    settle()
    client = client_of(attendee)
    assert client.get("/talks/SMALL/").status_code == 200
    assert client.get("/my/stars.json").json() == {"codes": ["SMALL"]}
    assert "Not in the programme any more" not in client.get("/my/agenda/").text


def test_what_an_organizer_hid_is_nowhere_at_all(removed, attendee):
    FeedItem.objects.update(has_hidden_talk=False)
    client = client_of(attendee)
    assert client.get("/talks/SMALL/").status_code == 404
    assert client.get("/talks/SMALL/star/").status_code == 404
    assert "Keeping it small" not in client.get("/my/agenda/").text
