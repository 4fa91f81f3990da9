"""The personal calendar: for calendar programs, by its secret address."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from icalendar import Calendar

from conftest import make_conference, make_talk
from schedule.models import AgendaLink, Bookmark, Visibility
from tickets.models import Ticket


@pytest.fixture
def talk(conference, room, attendee):
    talk = make_talk(conference, room=room, title="Starred", sequence=2)
    make_talk(conference, room=room, title="Not starred")
    Bookmark.objects.create(user=attendee, talk=talk)
    return talk


@pytest.fixture
def link(attendee, conference):
    return AgendaLink.objects.of(attendee.pk, conference)


def ask(link, **headers):
    return Client().get(f"/my/agenda/{link.secret}.ics", headers=headers)


def test_it_has_the_starred_talks_and_what_happened_to_them(talk, link):
    (event,) = Calendar.from_ical(ask(link).content).walk("VEVENT")
    assert (event["summary"], event["sequence"], event["status"]) == ("Starred", 2, "CONFIRMED")
    (alarm,) = event.walk("VALARM")
    assert alarm["trigger"].dt == timedelta(minutes=-5)
    talk.is_canceled = True
    talk.save()
    (event,) = Calendar.from_ical(ask(link).content).walk("VEVENT")
    assert event["status"] == "CANCELLED"
    assert event.walk("VALARM") == []


def test_an_unchanged_calendar_is_not_sent_again(talk, link):
    response = ask(link)
    assert "private" in response.headers["Cache-Control"]
    assert ask(link, **{"if-none-match": response.headers["ETag"]}).status_code == 304


def test_a_reset_address_is_dead(talk, link):
    old = AgendaLink.objects.get(pk=link.pk)
    link.reset(timezone.now())
    refused = ask(old)
    assert refused.status_code == 404
    assert "Starred" not in refused.text
    assert "Starred" in ask(link).text


def test_it_belongs_to_its_conference(talk, link, conference):
    conference.domain = "here.example.org"
    conference.save()
    make_conference(domain="testserver")
    refused = ask(link)
    assert refused.status_code == 404
    assert "Starred" not in refused.text
    assert "Starred" in ask(link, host="here.example.org").text


def test_a_hidden_programme_goes_with_the_ticket(talk, link, conference, attendee):
    conference.visibility = Visibility.HIDDEN
    conference.save()
    assert ask(link).status_code == 200
    Ticket.objects.update(state="canceled")
    cache.clear()
    response = ask(link)
    assert response.status_code == 403
    assert b"Starred" not in response.content
