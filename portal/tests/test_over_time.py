"""What the clock alone changes: a conference ends, its replays end, it opens to everybody."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from conftest import (
    client_of,
    day_hour_far_from_now,
    forget_everything_kept,
    make_conference,
    make_room,
    make_talk,
    make_ticket,
    make_user,
    settle,
)
from schedule.models import Visibility
from schedule.site import pages
from tickets.admission.rule import Reason, compute, refusal

HOUR = timedelta(hours=1)


@pytest.fixture
def clock(monkeypatch):
    """`clock(at)`: pages that were kept until then are gone."""

    def set_to(at):
        monkeypatch.setattr(timezone, "now", lambda: at)
        forget_everything_kept()

    return set_to


def page(client, path="/"):
    response = client.get(path, headers={"accept-encoding": "identity"})
    assert response.status_code == 200, path
    return response.content.decode()


@pytest.fixture
def past(db):
    """Over since yesterday, its programme hidden."""
    today = timezone.now().date()
    return make_conference(
        starts_on=today - timedelta(days=4),
        ends_on=today - timedelta(days=2),
        visibility=Visibility.HIDDEN,
        day_starts_at_hour=day_hour_far_from_now(),
    )


def change(conference, **fields):
    vars(conference).update(fields)
    conference.save()
    settle()


def test_nothing_is_said_while_it_runs(conference, attendee):
    assert "is over" not in page(Client())
    assert "is over" not in page(client_of(attendee), "/lobby/")


@pytest.mark.slow
def test_pages_say_that_it_is_over_and_until_when_there_are_replays(past):
    assert "Testconf is over." in page(Client())
    until = timezone.now() + timedelta(days=3)
    change(past, replays_end_at=until)
    local = until.astimezone(past.zone)
    assert f"Replays for ticket holders until {local.day} {local:%B %Y, %H:%M}" in page(Client())
    change(past, replays_end_at=timezone.now() - HOUR)
    assert "The replays were there until" in page(Client())
    change(past, public_at=timezone.now() - HOUR)
    html = page(Client())
    assert "It is open to everybody since" in html
    assert "The replays were there" not in html
    assert "It is open to everybody since" in page(Client(), "/lobby/")


@pytest.mark.slow
def test_it_opens_at_that_moment_in_pages_and_in_the_live_file(past, clock):
    room = make_room(past, name="Hidden hall")
    opens = timezone.now() + HOUR
    make_talk(past, title="Secret", room=room, starts_at=opens - HOUR, minutes=300)
    change(past, public_at=opens)
    kept = page(Client())
    assert "Secret" not in kept and "Open to everybody from" in kept
    assert "Hidden hall" not in page(Client(), "/live.json")
    assert Client().get("/lobby/").status_code == 302

    clock(opens)
    html = page(Client())
    assert "Secret" in html
    assert "It is open to everybody since" in html
    assert "Hidden hall" in page(Client(), "/live.json")
    assert "Hidden hall" in page(Client(), "/lobby/")
    assert Client().get(reverse("room", args=[room.slug])).status_code == 200


def test_a_page_is_kept_no_longer_than_to_the_next_such_moment(past, monkeypatch):
    kept = []
    monkeypatch.setattr(pages.cache, "set", lambda key, page, seconds: kept.append(page[2]))
    page(Client())
    change(past, replays_end_at=timezone.now() + timedelta(minutes=20))
    page(Client())
    change(past, public_at=timezone.now() + timedelta(minutes=10))
    page(Client())
    hour, replays, opening = kept
    assert 600 < replays <= 1200 < hour
    assert opening <= 600


def test_replays_end_for_ticket_holders_until_it_is_open_to_everybody(conference, attendee):
    now = timezone.now()

    def reason(scope="replay", at=now):
        return refusal(conference, compute(conference, attendee.pk), scope, at)

    assert reason() is None
    change(conference, replays_end_at=now + HOUR)
    assert reason() is None
    assert reason(at=now + HOUR) is Reason.OVER
    assert reason("conference", at=now + HOUR) is None
    change(conference, replays_end_at=now - HOUR, public_at=now - HOUR)
    assert reason() is None


def test_who_is_refused_reads_why_and_when_it_opens(past):
    user = make_user()
    make_ticket(past, user=user, valid_until=timezone.now() - timedelta(days=3))
    change(
        past,
        replays_end_at=timezone.now() - HOUR,
        public_at=timezone.now() + timedelta(days=1),
    )
    response = client_of(user).get("/lobby/")
    assert response.status_code == 403
    html = response.content.decode()
    assert "The time of your ticket is over" in html
    assert "was open until" in html
    assert "The replays were there until" in html
    assert "Open to everybody from" in html
    assert "Open to everybody from" in page(Client(), reverse("account_login"))


@pytest.mark.slow
@pytest.mark.ignore_template_errors
def test_organizers_set_both_moments(conference, organizer):
    url = reverse("admin:schedule_conference_change", args=[conference.pk])
    html = page(client_of(organizer), url)
    assert 'name="public_at_0"' in html
    assert 'name="replays_end_at_0"' in html
