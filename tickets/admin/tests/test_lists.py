"""A list of three rows costs the queries of a list of one. Whoever changes a count changes it here."""

import pytest
from django.test import Client
from django.urls import reverse

from conftest import client_of, make_speaker, make_talk, make_ticket, make_user
from tickets.accounts.tests.signing_in import sign_in
from tickets.helpdesk.tests.at_the_helpdesk import make_volunteer
from tickets.models import Ban, Shop, SyncRun, Upload

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors


@pytest.fixture
def shows(django_assert_num_queries):
    """The page has these words so many times, for so many queries."""

    def shows(client, url, words, times, *, queries):
        client.get(url)  # so that what is read once a second, and sessions, are not counted
        with django_assert_num_queries(queries):
            page = client.get(url)
        assert page.status_code == 200
        assert page.text.count(words) == times

    return shows


def make_shop(conference, organizer, number):
    shop = Shop.objects.create(conference=conference, kind="tito", slug=f"shop-{number}")
    SyncRun.objects.create(shop=shop, is_full=True, started_by=organizer)


def make_ban(conference, organizer, number):
    Ban.objects.create(conference=conference, user=make_user(), reason="x", given_by=organizer)


def make_upload(conference, organizer, number):
    Upload.objects.create(conference=conference, name=f"{number}.csv", uploaded_by=organizer)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "make", "cell", "queries"),
    [
        ("shop", make_shop, "field-last_state", 4),
        ("syncrun", make_shop, "field-state", 5),
        ("ban", make_ban, "field-given_by", 4),
        ("upload", make_upload, "field-what_came_of_it", 4),
    ],
)
def test_lists_of_the_admin(conference, organizer, shows, model, make, cell, queries):
    client, url = (
        client_of(organizer, has_factor=True),
        reverse(f"admin:tickets_{model}_changelist"),
    )
    make(conference, organizer, 1)
    shows(client, url, cell, 1, queries=queries)
    make(conference, organizer, 2)
    make(conference, organizer, 3)
    shows(client, url, cell, 3, queries=queries)


@pytest.mark.slow
def test_my_tickets(conference, attendee, shows):
    client, url = client_of(attendee), reverse("tickets")
    make_ticket(conference, buyer_email=attendee.email)
    shows(client, url, "<h2 dir", 1, queries=8)
    for _ticket in range(2):
        make_ticket(conference, user=attendee)
        make_ticket(conference, buyer_email=attendee.email)
    shows(client, url, "<h2 dir", 3, queries=8)
    shows(client, url, "<h3 dir", 3, queries=8)


@pytest.mark.slow
def test_my_devices(attendee, shows):
    client, url = Client(), reverse("devices")
    sign_in(client, attendee.email)
    shows(client, url, 'class="card device"', 1, queries=2)
    for _device in range(2):
        sign_in(Client(), attendee.email)
    shows(client, url, 'class="card device"', 3, queries=2)


@pytest.mark.slow
def test_speakers_whom_nobody_knows(conference, room, shows):
    client, url = (
        client_of(make_volunteer(conference), has_factor=True),
        reverse("helpdesk:speakers"),
    )

    def make_unknown():
        make_talk(conference, room=room, speakers=[make_speaker(conference, name="Unknown")])

    make_unknown()
    shows(client, url, "Unknown", 1, queries=5)
    make_unknown()
    make_unknown()
    shows(client, url, "Unknown", 3, queries=5)


@pytest.mark.slow
def test_what_the_help_desk_found(conference, shows):
    """Of two and of four: the page of a single one is another."""
    client, url = (
        client_of(make_volunteer(conference), has_factor=True),
        f"{reverse('helpdesk:index')}?q=found",
    )

    def make_two():
        for _ticket in range(2):
            make_ticket(conference, user=make_user(), holder_name="Found Person")

    make_two()
    shows(client, url, "Found Person", 2, queries=5)
    make_two()
    shows(client, url, "Found Person", 4, queries=5)
