"""Who signed in on unusually many devices: shown to organizers, and nothing is done about it."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.db import connection
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conftest import client_of, make_conference, make_ticket, make_user
from schedule.models import Conference
from tickets.accounts.devices.sessions import remember_sign_in
from tickets.admin.sharing import UNUSUAL_DEVICES, UNUSUAL_REPLACEMENTS, with_many_devices
from tickets.models import ReplacementCount, Role

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors
REPORT = reverse("admin:tickets_manydevices_changelist")
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


def sign_in(user, conference, *, number=0, user_agent=FIREFOX, at=None):
    """On the device of that number, which has a network of its own."""
    client = client_of(None)
    request = RequestFactory().get(
        "/", headers={"user-agent": user_agent}, REMOTE_ADDR=f"192.0.2.{number}"
    )
    request.session = client.session
    request.session.save()
    request.conference = conference
    remember_sign_in(request=request, user=user)
    if at is not None:
        key = request.session.session_key
        UserSession.objects.filter(session_key=key).update(created_at=at)


def counts_of(conference):
    return [
        (person.email, person.devices_lately, person.networks_lately, person.devices)
        for person in with_many_devices(conference)
    ]


def test_who_had_the_most_of_late_comes_first(conference, attendee, stranger):
    long_ago = timezone.now() - timedelta(hours=25)
    for number in range(UNUSUAL_DEVICES + 2):
        sign_in(stranger, conference, number=number, at=long_ago)
    for number in range(UNUSUAL_DEVICES):
        sign_in(attendee, conference, number=number)
    sign_in(attendee, conference, number=0, user_agent="Safari iPhone")
    assert counts_of(conference) == [
        ("attendee@example.com", UNUSUAL_DEVICES + 1, UNUSUAL_DEVICES, UNUSUAL_DEVICES + 1),
        ("stranger@example.com", 0, 0, UNUSUAL_DEVICES + 2),
    ]


def test_signing_in_again_on_the_same_device_counts_once(conference, attendee):
    for _time in range(UNUSUAL_DEVICES + 1):
        sign_in(attendee, conference)
    assert counts_of(conference) == []


def test_devices_of_another_conference_do_not_count(conference, attendee):
    other = make_conference()
    for number in range(UNUSUAL_DEVICES):
        sign_in(attendee, other, number=number)
    assert counts_of(conference) == []
    assert len(counts_of(other)) == 1


def test_who_replaced_devices_often_is_listed_although_they_are_few(conference, attendee):
    sign_in(attendee, conference)
    for _time in range(UNUSUAL_REPLACEMENTS):
        ReplacementCount.add(conference, attendee.pk)
    (person,) = with_many_devices(conference)
    assert (person.devices, person.replacements) == (1, UNUSUAL_REPLACEMENTS)


@pytest.fixture
def sharer(conference, attendee):
    for number in range(UNUSUAL_DEVICES):
        sign_in(attendee, conference, number=number)
    return attendee


def test_the_report_says_who_and_what_to_think_of_it(organizer, sharer):
    text = client_of(organizer).get(REPORT).text
    assert sharer.email in text
    assert sharer.claims.get().ticket.code in text
    assert "ask before you do anything" in text


def test_one_persons_sign_ins_say_no_address(organizer, sharer):
    page = client_of(organizer).get(reverse("admin:tickets_manydevices_change", args=[sharer.pk]))
    assert f"Firefox on Linux, network {UNUSUAL_DEVICES}" in page.text
    assert "192.0.2" not in page.text
    assert reverse("admin:tickets_user_change", args=[sharer.pk]) in page.text
    assert "_save" not in page.text


@pytest.mark.slow
def test_more_people_cost_no_more_queries(organizer, sharer, conference):
    client = client_of(organizer)
    client.get(REPORT)
    with CaptureQueriesContext(connection) as one:
        client.get(REPORT)
    for _person in range(2):
        user = make_user()
        make_ticket(conference, user=user)
        for number in range(UNUSUAL_DEVICES):
            sign_in(user, conference, number=number)
    with CaptureQueriesContext(connection) as three:
        assert client.get(REPORT).text.count("field-devices_lately") == 3
    assert len(three) == len(one)


def test_an_organizer_of_this_conference_sees_it_and_a_stranger_does_not(
    conference, sharer, stranger
):
    client = client_of(stranger)
    assert client.get(REPORT).status_code in (302, 403)
    Role.objects.create(user=stranger, conference=conference, kind="organizer")
    assert sharer.email in client.get(REPORT).text


def test_an_organizer_of_another_conference_does_not_see_it(conference, sharer):
    Conference.objects.update(domain="testserver")
    other = make_conference(domain="other.example.com")
    theirs = make_user()
    Role.objects.create(user=theirs, conference=other, kind="organizer")
    response = client_of(theirs).get(REPORT)
    assert response.status_code in (302, 403)
    assert sharer.email not in response.text
