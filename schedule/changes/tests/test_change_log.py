"""What attendees read of changes, as a page and as a feed."""

from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.db import transaction
from django.urls import reverse

from conftest import client_of, make_room, make_talk, make_user, settle
from schedule.changes.recorder import ChangeRecorder, undo
from schedule.models import Change, Conference, Talk

PAGE, FEED = reverse("changes"), reverse("changes_feed")
ATOM = "{http://www.w3.org/2005/Atom}"


@pytest.fixture
def talk(room):
    return make_talk(room.conference, room=room, title="Engines")


def done(talk, act=Change.Act.DESK, actor=None, **values):
    with transaction.atomic():
        changing = ChangeRecorder(talk.conference, act, actor=actor, summary="A private remark")
        changing.set(talk, **values)
        change = changing.write()
    settle()
    return change


def page_of(user=None):
    response = client_of(user).get(PAGE)
    assert response.status_code == 200
    return response.content.decode()


def clock(moment, conference):
    return f"{moment.astimezone(conference.zone):%H:%M}"


def test_old_and_new_time_and_room(talk):
    conference, old = talk.conference, talk.starts_at
    small = make_room(conference, name="Small room")
    new = old + timedelta(minutes=10)
    done(talk, starts_at=new, ends_at=talk.ends_at + timedelta(minutes=10), room=small)
    page = page_of()
    assert "Engines" in page
    assert f"<s>{clock(old, conference)}</s>" in page
    assert clock(new, conference) in page
    assert "Main hall</s>" in page and "Small room" in page


def test_nobody_reads_by_whom(talk):
    olga = make_user("olga@example.com", display_name="Olga")
    done(talk, actor=olga, is_canceled=True)
    for text in (page_of(), client_of(None).get(FEED).content.decode()):
        assert "Engines" in text and "Canceled" in text
        assert "Olga" not in text and "olga@" not in text and "private remark" not in text


def test_undoing_is_news_too(talk):
    change = done(talk, is_canceled=True)
    undo(change, actor=None, summary="")
    settle()
    assert "Takes place" in page_of()


def test_what_attendees_need_not_know_is_left_out(talk):
    done(talk, abstract="<p>Typing error</p>")
    assert "Everything is as it was first published." in page_of()


def test_hidden_talks_are_not_named(talk):
    done(talk, title="Secret guest", is_canceled=True)
    done(talk, is_hidden=True)
    for text in (page_of(), client_of(None).get(FEED).content.decode()):
        assert "Engines" not in text and "Secret guest" not in text


def test_the_feed_is_atom(talk):
    new = talk.starts_at + timedelta(minutes=10)
    done(talk, starts_at=new, ends_at=new + timedelta(minutes=40))
    response = client_of(None).get(FEED)
    assert response["Content-Type"].startswith("application/atom+xml")
    entry = ElementTree.fromstring(response.content).find(f"{ATOM}entry")
    title = entry.find(f"{ATOM}title").text
    assert title == f"Engines: now at {clock(new, talk.conference)}"
    assert entry.find(f"{ATOM}link").get("href").startswith("http://testserver/schedule/changes/")


def test_a_long_act_is_cut(talk):
    with transaction.atomic():
        changing = ChangeRecorder(talk.conference, Change.Act.IMPORT)
        for number in range(23):
            changing.set(make_talk(talk.conference, code=f"N{number}"), is_canceled=True)
        changing.write()
    settle()
    assert "And 3 more talks." in page_of()


@pytest.mark.slow
def test_both_follow_visibility(talk, attendee, stranger):
    done(talk, is_canceled=True)
    Conference.objects.update(visibility="hidden")
    settle()
    assert client_of(None).get(PAGE).url.startswith("/accounts/login/")
    assert client_of(None).get(FEED).status_code == 401
    for url in (PAGE, FEED):
        refused = client_of(stranger).get(url)
        assert refused.status_code == 403
        assert "Engines" not in refused.text
        assert "Engines" in client_of(attendee).get(url).text


def test_of_another_conference_nothing_is_said(talk):
    done(talk, is_canceled=True)
    from_elsewhere = Talk.objects.get(pk=talk.pk)
    assert "Engines" in page_of()
    assert from_elsewhere.is_canceled


@pytest.mark.parametrize("url", [PAGE, FEED])
def test_the_number_of_queries_does_not_grow(talk, url, django_assert_num_queries):
    done(talk, is_canceled=True)
    client_of(None).get(reverse("home"))
    with django_assert_num_queries(3):
        client_of(None).get(url)
    for number in range(3):
        done(make_talk(talk.conference, room=talk.room, code=f"Q{number}"), is_canceled=True)
    client_of(None).get(reverse("home"))
    with django_assert_num_queries(3):
        client_of(None).get(url)


def test_what_goes_on_all_day_is_news_of_a_day(talk):
    conference = talk.conference
    day = conference.day_of(talk.starts_at) + timedelta(days=1)
    starts_at, ends_at = conference.whole_days(day, day)
    done(talk, starts_at=starts_at, ends_at=ends_at, is_all_day=True)
    for text in (page_of(), client_of(None).get(FEED).content.decode()):
        assert "all day" in text
        assert "04:00" not in text
