"""Bans in the admin: out at once, back in when lifted. The rule itself is tested with admissions."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from conftest import client_of, make_conference
from tickets.admission.rule import admission_of
from tickets.models import Ban

pytestmark = pytest.mark.ignore_template_errors
BANS = reverse("admin:tickets_ban_changelist")


def lobby(user):
    return client_of(user).get("/lobby/").status_code


@pytest.mark.slow
def test_a_ban_shuts_out_at_once_and_says_who_gave_it(
    conference, attendee, organizer, django_capture_on_commit_callbacks
):
    assert lobby(attendee) == 200
    client = client_of(organizer)
    now = timezone.now().astimezone(conference.zone)
    data = {
        "user": attendee.pk,
        "reason": "hate speech",
        "starts_at_0": f"{now:%Y-%m-%d}",
        "starts_at_1": f"{now:%H:%M:%S}",
    }
    with django_capture_on_commit_callbacks(execute=True):
        client.post(reverse("admin:tickets_ban_add"), data)
    ban = Ban.objects.get()
    assert (ban.conference, ban.given_by, ban.ends_at) == (conference, organizer, None)
    refused = client_of(attendee).get("/lobby/")
    assert refused.status_code == 403
    assert "You cannot come in" in refused.content.decode()
    assert "hate speech" not in refused.content.decode()
    assert "hate speech" in client.get(BANS).content.decode()


def test_it_ends_by_itself_and_is_lifted_at_once(
    conference, attendee, organizer, django_capture_on_commit_callbacks
):
    ban = Ban.objects.create(conference=conference, user=attendee, reason="x", ends_at=None)
    assert lobby(attendee) == 403
    with django_capture_on_commit_callbacks(execute=True):
        client_of(organizer).post(
            reverse("admin:tickets_ban_delete", args=[ban.pk]), {"post": "yes"}
        )
    assert lobby(attendee) == 200
    past = timezone.now() - timedelta(hours=1)
    Ban.objects.create(conference=conference, user=attendee, reason="x", ends_at=past)
    assert admission_of(conference, attendee.pk).refusal(None, timezone.now()) is None


def test_bans_of_another_conference_are_not_shown(conference, attendee, organizer):
    conference.domain = "testserver"
    conference.save()
    other = make_conference(domain="other.example.com")
    Ban.objects.create(conference=other, user=attendee, reason="elsewhere")
    assert lobby(attendee) == 200
    assert "elsewhere" not in client_of(organizer).get(BANS).content.decode()
