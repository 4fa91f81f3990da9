"""The database is away: who was admitted stays, and nobody else gets in."""

import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import OperationalError, transaction
from django.utils import timezone

from conftest import client_of, make_stream, make_talk
from lib.steady import kept
from tickets.admission import rule
from tickets.admission.rule import Reason, admission_of
from tickets.models.scopes import forget_admissions

MINUTE = 60.0


@pytest.fixture
def later(monkeypatch):
    """Lets so many seconds pass for what is kept."""
    real, passed = kept.time.time, []
    monkeypatch.setattr(kept, "time", type("Clock", (), {"time": lambda: real() + sum(passed)}))
    return passed.append


@pytest.fixture
def away(monkeypatch):
    """From the moment on in which it is called."""

    def fail(*_args: object) -> None:
        raise OperationalError

    return lambda: monkeypatch.setattr(rule, "compute", fail)


def test_who_was_admitted_stays(conference, attendee, later, away):
    admission = admission_of(conference, attendee.pk)
    away()
    later(9 * MINUTE)
    assert admission_of(conference, attendee.pk) == admission
    # And is not worked out for each request anew.
    assert kept.Kept.read(cache.get(rule.admission_key(conference.pk, attendee.pk))).is_fresh


def test_and_no_longer_than_ten_minutes_beyond_its_time(conference, attendee, later, away):
    admission_of(conference, attendee.pk)
    away()
    later(10 * MINUTE + rule.KEPT.total_seconds())
    with pytest.raises(OperationalError):
        admission_of(conference, attendee.pk)


def test_in_a_transaction_it_fails_with_the_whole_act(conference, attendee, later, away):
    admission_of(conference, attendee.pk)
    away()
    later(MINUTE)
    with pytest.raises(OperationalError), transaction.atomic():
        admission_of(conference, attendee.pk)


def test_its_time_begins_before_its_rows_are_read(conference, attendee, monkeypatch):
    read = rule.compute

    def read_slowly(*args):
        """The clock goes on by thirty seconds meanwhile."""
        admission = read(*args)
        real = time.time
        monkeypatch.setattr(
            kept, "time", type("Clock", (), {"time": staticmethod(lambda: real() + 30)})
        )
        return admission

    monkeypatch.setattr(rule, "compute", read_slowly)
    admission_of(conference, attendee.pk)
    found = kept.Kept.read(cache.get(rule.admission_key(conference.pk, attendee.pk)))
    assert not found.is_fresh
    promised = rule.KEPT.total_seconds() + kept.SPARE_SECONDS
    assert found.ends_at <= time.time() + promised


def test_nobody_gets_in_of_whom_nothing_is_known(conference, attendee, away):
    away()
    with pytest.raises(OperationalError):
        admission_of(conference, attendee.pk)


def test_who_was_refused_stays_out(conference, stranger, later, away):
    admission_of(conference, stranger.pk)
    away()
    later(MINUTE)
    refused = admission_of(conference, stranger.pk).refusal(None, timezone.now())
    assert refused is Reason.TICKET_REQUIRED


def test_a_refund_that_was_decided_before_counts(
    conference, attendee, later, away, django_capture_on_commit_callbacks
):
    admission_of(conference, attendee.pk)
    with django_capture_on_commit_callbacks(execute=True):
        forget_admissions([(conference.pk, attendee.pk)])
    away()
    with pytest.raises(OperationalError):
        admission_of(conference, attendee.pk)


def test_when_it_is_back_it_is_asked_again(conference, attendee, later):
    admission_of(conference, attendee.pk)
    attendee.is_active = False
    type(attendee).objects.filter(pk=attendee.pk).update(is_active=False)
    assert admission_of(conference, attendee.pk).is_active
    later(rule.KEPT.total_seconds())
    assert not admission_of(conference, attendee.pk).is_active


def test_the_clock_went_back(conference, attendee, later):
    admission_of(conference, attendee.pk)
    type(attendee).objects.filter(pk=attendee.pk).update(is_active=False)
    later(-timedelta(hours=1).total_seconds())
    assert not admission_of(conference, attendee.pk).is_active


def test_a_page_that_is_opened_a_renewal_and_a_pulse_need_no_row(
    conference, room, attendee, later, django_assert_num_queries
):
    make_talk(conference, room=room)
    make_stream(room)
    client = client_of(attendee)
    assert client.get("/rooms/main/playback.json").json()["sources"]
    client.post("/pulse/", {"room": "main"})
    with django_assert_num_queries(0):
        assert client.get("/rooms/main/playback.json").json()["sources"]
        assert client.post("/pulse/", {"room": "main"}).status_code == 200
        told = client.get("/me.json").json()
    assert told["name"] == attendee.short_name
    assert told["csrf_token"]


def test_what_needs_it_says_so_and_tries_again(conference, attendee, away):
    client = client_of(attendee)
    client.raise_request_exception = False
    away()
    answer = client.get("/rooms/main/")
    assert answer.status_code == 503
    assert 10 <= int(answer["Retry-After"]) <= 30
    assert "One moment" in answer.text
    assert f'data-seconds="{answer["Retry-After"]}"' in answer.text
    assert "no-store" in answer["Cache-Control"]
