"""What the tests of the help desk share: a volunteer, and what one does there."""

from datetime import timedelta

from django.contrib.admin.models import LogEntry
from django.test import TestCase
from django.urls import reverse
from django.utils import timezone

from conftest import client_of, make_user, settle
from tickets.models import Role, User

INDEX = reverse("helpdesk:index")


def make_volunteer(conference):
    """With the role of the help desk, and nothing else."""
    user = make_user("volunteer@example.com", display_name="Vera")
    Role.objects.create(user=user, conference=conference, kind="helpdesk")
    return user


def text(response):
    assert response.status_code == 200
    return response.content.decode()


def page_of(row):
    name = "person" if isinstance(row, User) else "ticket"
    return reverse(f"helpdesk:{name}", args=[row.pk])


def find(client, words):
    return client.get(INDEX, {"q": words}, follow=True)


def do(client, act, **values):
    with TestCase.captureOnCommitCallbacks(execute=True):
        return client.post(reverse("helpdesk:act", args=[act]), values, follow=True)


def lobby(user):
    settle()
    return client_of(user).get("/lobby/").status_code


def logged(row):
    entries = LogEntry.objects.filter(
        object_id=str(row.pk), content_type__model=row._meta.model_name
    )
    return [(entry.user.email, entry.get_change_message()) for entry in entries]


def tomorrow():
    return f"{timezone.now() + timedelta(days=1):%Y-%m-%dT%H:%M}"
