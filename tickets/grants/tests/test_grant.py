from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.test import Client

from conftest import client_of, make_conference, make_room, make_talk, utc
from tickets.accounts.tests.signing_in import sign_in
from tickets.models import Grant, User


@pytest.fixture
def conference(db):
    return make_conference(slug="conf", starts_on="2099-11-20", ends_on="2099-11-22")


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("grant", *arguments, stdout=out)
    return out.getvalue()


def test_somebody_with_an_account_gets_in_at_once(
    conference, stranger, django_capture_on_commit_callbacks
):
    client = client_of(stranger)
    assert client.get("/lobby/").status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        output = run("Stranger@example.com", "--reason", "press", "--conference", "conf")
    assert f"stranger@example.com ({stranger.reference}) may enter conference" in output
    assert "until it is taken back" in output
    assert client.get("/lobby/").status_code == 200


def test_somebody_without_one_signs_in_by_code(conference):
    run("speaker@example.com", "--reason", "speaker")
    user = User.objects.get(email="speaker@example.com")
    assert not user.has_usable_password()
    assert not EmailAddress.objects.get(user=user).verified
    client = Client()
    sign_in(client, "speaker@example.com")
    assert client.get("/lobby/").status_code == 200


def test_scopes_and_times(conference):
    make_room(conference, slug="main")
    make_talk(conference, code="WS1")
    output = run(
        "crew@example.com", "--reason", "crew", "--scope", "room:main", "--scope", "talk:WS1",
        "--scope", "day:2099-11-21", "--from", "2099-11-21", "--until", "2099-11-21",
    )  # fmt: skip
    grant = Grant.objects.get()
    assert grant.scopes == ["room:main", "talk:WS1", "day:2099-11-21"]
    assert grant.starts_at == utc("2099-11-21 03:00")
    assert grant.ends_at == utc("2099-11-22 03:00")
    assert grant.reason == "crew"
    assert grant.given_by is None
    assert "until 2099-11-22 04:00 (Europe/Berlin)" in output


def test_a_time_is_the_clock_at_the_venue(conference):
    run("crew@example.com", "--reason", "crew", "--until", "2099-11-21 18:30")
    assert Grant.objects.get().ends_at == utc("2099-11-21 17:30")


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["not-an-address", "--reason", "x"], "Enter a valid email address"),
        (["a@example.com", "--reason", ""], "This field cannot be blank"),
        (["a@example.com", "--reason", "x", "--scope", "room:nowhere"], "has no room:nowhere"),
        (["a@example.com", "--reason", "x", "--scope", "talk:NONE"], "has no talk:NONE"),
        (["a@example.com", "--reason", "x", "--scope", "day:2027-01-01"], "has no day:2027-01-01"),
        (["a@example.com", "--reason", "x", "--scope", "everything"], "is not a scope"),
        (["a@example.com", "--reason", "x", "--until", "tomorrow"], "is not a time"),
        (["a@example.com", "--reason", "x", "--until", "2001-01-01"], "end before it begins"),
        (["a@example.com", "--reason", "x", "--conference", "nope"], "no such conference"),
    ],
)
def test_what_makes_no_sense_is_refused(conference, arguments, complaint):
    with pytest.raises(CommandError, match=complaint):
        run(*arguments)
    assert not Grant.objects.exists()
    assert not User.objects.exists()
