import json
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.utils import timezone

from conftest import make_conference, make_speaker, make_talk, make_ticket, make_user, utc
from schedule.models import Visibility
from tickets.models import Claim, Grant, Ticket


def run(*arguments):
    out = StringIO()
    try:
        call_command("why", *arguments, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


def reason_for(who, *arguments):
    return json.loads(run(who, "--json", *arguments)[1])["reason"]


def test_somebody_with_a_ticket(attendee):
    status, output = run("Attendee@example.com")
    ticket = Ticket.objects.get()
    assert status == 0
    assert f"+ attendee@example.com is {attendee.reference}." in output
    assert f"+ They have ticket {ticket.code} (" in output
    assert "which opens: conference" in output
    assert output.splitlines()[-1].startswith("→ They may enter Testconf at ")


def test_by_reference(attendee):
    assert run(attendee.reference) == run(attendee.email)
    assert run(f"p{attendee.pk}")[0] == 0


def test_as_json(attendee):
    told = json.loads(run("attendee@example.com", "--json")[1])
    assert told["email"] == "attendee@example.com"
    assert told["reference"] == attendee.reference
    assert told["admitted"] is True
    assert told["reason"] is None
    checks = [finding["check"] for finding in told["findings"]]
    assert checks == ["account", "claim"]


def test_nobody_knows_them(conference):
    status, output = run("nobody@example.com")
    assert status == 1
    assert "- Nobody has signed in as nobody@example.com." in output
    assert "No ticket is in the name of nobody@example.com." in output
    assert output.endswith("→ They have to sign in first.\n")
    assert run("P-999999")[0] == 1


def test_a_ticket_waits_for_them(conference):
    ticket = make_ticket(conference, holder_email="late@example.com")
    _status, output = run("late@example.com")
    assert f"+ Ticket {ticket.code} (" in output
    assert "it is theirs once they sign in" in output


def test_no_ticket(conference, stranger):
    make_ticket(conference, buyer_email=stranger.email, holder_email="friend@example.com")
    status, output = run(stranger.email)
    assert status == 1
    assert "They have bought 1 tickets" in output
    assert "no valid ticket and no grant" in output
    assert reason_for(stranger.email) == "ticket_required"


def test_the_code_was_never_entered(conference, stranger):
    make_ticket(conference, holder_email=stranger.email)
    EmailAddress.objects.update(verified=False)
    output = run(stranger.email)[1]
    assert "- They have not entered a code yet" in output
    assert "nobody has it yet" in output


def test_somebody_else_has_the_ticket(conference, attendee, stranger):
    Ticket.objects.update(holder_email=stranger.email)
    assert f"but {attendee.reference} has claimed it" in run(stranger.email)[1]


@pytest.mark.parametrize("state", ["canceled", "pending", "unknown"])
def test_the_ticket_is_not_valid(attendee, state):
    Ticket.objects.update(state=state)
    status, output = run(attendee.email)
    assert status == 1
    assert f"- They have ticket {Ticket.objects.get().code}" in output
    assert Ticket.objects.get().get_state_display() in output
    expected = "ticket_canceled" if state == "canceled" else "ticket_required"
    assert reason_for(attendee.email) == expected


def test_it_was_released(attendee):
    Claim.objects.update(released_at=timezone.now())
    assert "They had ticket" in run(attendee.email)[1]


def test_windows_are_said_in_the_time_of_the_venue(attendee):
    Ticket.objects.update(valid_until=utc("2020-11-21 12:00"))
    output = run(attendee.email)[1]
    assert "Until 2020-11-21 13:00 CET." in output
    assert reason_for(attendee.email) == "over"


def test_a_scope(conference):
    user = make_user()
    make_ticket(conference, user=user, scopes=["room:main"])
    assert reason_for(user.email, "--scope", "room:main") is None
    assert reason_for(user.email, "--scope", "room:side") == "wrong_ticket"
    assert "their ticket opens something else" in run(user.email, "--scope", "room:side")[1]
    with pytest.raises(CommandError, match="is not a scope"):
        run(user.email, "--scope", "rooms")


def test_a_banned_person(attendee):
    attendee.is_active = False
    attendee.save()
    status, output = run(attendee.email)
    assert status == 1
    assert "- The account is closed by an organizer." in output


def test_grants(conference, stranger):
    Grant.objects.create(conference=conference, user=stranger, reason="crew")
    Grant.objects.create(
        conference=conference, user=stranger, reason="press", ends_at=utc("2026-01-01 00:00")
    )
    status, output = run(stranger.email)
    assert status == 0
    assert "+ They are let in as “crew” to: conference." in output
    assert "- They are let in as “press” to: conference." in output


def test_speakers(conference, room):
    speaker = make_speaker(conference, email="speaker@example.com")
    make_talk(conference, code="MINE", title="My talk", room=room, speakers=[speaker])
    make_user("speaker@example.com")
    status, output = run("speaker@example.com")
    assert status == 0
    assert "+ They speak in MINE “My talk”" in output


def test_a_public_conference(conference):
    conference.visibility = Visibility.ALL
    conference.save()
    status, output = run("nobody@example.com")
    assert status == 0
    assert "open to everybody" in output


def test_another_conference_is_another_matter(conference, attendee):
    make_conference(slug="other")
    assert run(attendee.email, "--conference", "other")[0] == 1
    with pytest.raises(CommandError, match="Say which conference"):
        run(attendee.email)
