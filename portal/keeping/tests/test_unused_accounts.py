from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from conftest import make_room, make_talk, make_ticket
from tickets.accounts.accounts import account_for
from tickets.accounts.tests.signing_in import ask_for_code, sign_in
from tickets.models import Claim, Grant, Role, User

DAY = timedelta(days=1)


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("housekeeping", *arguments, stdout=out)
    return out.getvalue()


@pytest.fixture
def unused(conference):
    user = account_for("typo@exmaple.com")
    User.objects.filter(pk=user.pk).update(joined_at=timezone.now() - DAY)
    return user


def is_there(user: User) -> bool:
    return User.objects.filter(pk=user.pk).exists()


def test_an_account_that_nobody_used_goes_after_a_day(unused):
    assert "unused accounts: 1\n" in run()
    assert not is_there(unused)
    assert "unused accounts: 0\n" in run()


def test_not_sooner(unused):
    User.objects.update(joined_at=timezone.now() - DAY + timedelta(minutes=1))
    run()
    assert is_there(unused)


def test_a_dry_run_only_counts(unused):
    assert "unused accounts: 1\n" in run("--dry-run")
    assert is_there(unused)


def test_who_asks_again_has_another_day(unused):
    ask_for_code(Client(), unused.email)
    run()
    assert is_there(unused)


def test_who_has_signed_in_stays(unused):
    sign_in(Client(), unused.email)
    User.objects.update(joined_at=timezone.now() - 30 * DAY, last_login=None)
    run()
    assert is_there(unused)


def test_people_with_a_ticket_stay_and_organizers(attendee, organizer, stranger):
    User.objects.update(joined_at=timezone.now() - 30 * DAY, last_login=None)
    run()
    assert User.objects.count() == 3


@pytest.mark.parametrize("what", ["ticket", "grant", "role", "room", "talk", "superuser", "ban"])
def test_who_was_given_something_stays(unused, conference, what):
    if what == "ticket":
        Claim.objects.create(user=unused, ticket=make_ticket(conference))
    elif what == "grant":
        Grant.objects.create(user=unused, conference=conference, reason="crew")
    elif what == "role":
        Role.objects.create(user=unused, conference=conference, kind="helpdesk")
    elif what == "room":
        make_room(conference).helpers.add(unused)
    elif what == "talk":
        make_talk(conference).chairs.add(unused)
    else:
        changes = {"is_superuser": True} if what == "superuser" else {"is_active": False}
        User.objects.filter(pk=unused.pk).update(**changes)
    assert "unused accounts: 0\n" in run()
    assert is_there(unused)
