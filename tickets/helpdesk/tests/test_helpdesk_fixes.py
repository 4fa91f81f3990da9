"""The help desk: what each fix does, and that it is remembered."""

import re
from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.utils import timezone

from conftest import client_of, make_ticket
from tickets.helpdesk.tests.at_the_helpdesk import (
    INDEX,
    do,
    lobby,
    logged,
    make_volunteer,
    page_of,
    text,
    tomorrow,
)
from tickets.models import Ban, Claim, Grant, Ticket

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors


@pytest.fixture
def desk(conference):
    return client_of(make_volunteer(conference))


@pytest.mark.slow
def test_a_free_ticket_in_their_name_is_claimed_with_one_click(conference, stranger, desk):
    EmailAddress.objects.update(verified=False)
    ticket = make_ticket(conference, holder_email=stranger.email)
    page = text(desk.get(page_of(stranger)))
    assert f'name="ticket" value="{ticket.pk}"' in page
    assert lobby(stranger) == 403
    page = text(do(desk, "claim", ticket=ticket.pk, email=stranger.email))
    assert f"{stranger.reference} has ticket {ticket.code}." in page
    claim = Claim.objects.get(ticket=ticket)
    assert (claim.user, claim.way) == (stranger, Claim.Way.HELPDESK)
    assert lobby(stranger) == 200
    assert logged(ticket) == [("volunteer@example.com", f"Given to {stranger.reference}.")]
    assert f"Given to {stranger.reference}." in page  # the history


@pytest.mark.slow
def test_a_ticket_is_given_to_whoever_the_volunteer_types(conference, desk):
    ticket = make_ticket(conference, holder_email="office@example.com")
    page = text(desk.get(page_of(ticket)))
    assert f"/claim/?ticket={ticket.pk}" in page
    assert "Look at a proof first" in text(desk.get(f"{INDEX}claim/", {"ticket": ticket.pk}))
    do(desk, "claim", ticket=ticket.pk, email=" Bo@example.com")
    assert Claim.objects.get().user.email == "bo@example.com"
    assert not Claim.objects.get().user.has_usable_password()


def test_a_ticket_that_somebody_has_is_not_given_away(attendee, stranger, desk):
    ticket = Ticket.objects.get()
    page = text(do(desk, "claim", ticket=ticket.pk, email=stranger.email))
    assert f"{attendee.reference} has this ticket. Release it first." in page
    assert Claim.objects.live().get().user == attendee
    assert logged(ticket) == []


@pytest.mark.slow
def test_a_release_is_asked_once_more(attendee, desk):
    ticket = Ticket.objects.get()
    ask = text(desk.get(f"{INDEX}release/", {"ticket": ticket.pk}))
    assert "who had it is out" in ask and ticket.code in ask
    assert Claim.objects.live().exists()
    assert lobby(attendee) == 200
    do(desk, "release", ticket=ticket.pk)
    assert not Claim.objects.live().exists()
    assert lobby(attendee) == 403
    assert logged(ticket) == [("volunteer@example.com", f"Released: {attendee.reference} had it.")]
    assert "Nobody has this ticket." in text(do(desk, "release", ticket=ticket.pk))


@pytest.mark.slow
def test_a_grant_needs_a_reason_and_an_end(conference, stranger, desk):
    form = text(desk.get(f"{INDEX}grant/", {"email": stranger.email}))
    tonight = conference.day_window(conference.day_of(timezone.now()))[1]
    assert f'value="{tonight.astimezone(conference.zone):%Y-%m-%dT%H:%M}"' in form
    given = {"email": stranger.email, "reason": "bus was late", "scopes": "conference"}
    for wrong in ({"reason": ""}, {"ends_at": ""}, {"ends_at": "2020-01-01T10:00"}, {"scopes": "all"}, {"scopes": "room:attic"}):  # fmt: skip
        do(desk, "grant", **{**given, "ends_at": tomorrow(), **wrong})
        assert not Grant.objects.exists(), wrong
    do(desk, "grant", **given, ends_at=tomorrow())
    grant = Grant.objects.get()
    assert (grant.reason, grant.given_by.email) == ("bus was late", "volunteer@example.com")
    assert grant.ends_at > timezone.now()
    assert lobby(stranger) == 200
    assert logged(grant) == [("volunteer@example.com", "Given at the help desk: bus was late")]


@pytest.mark.slow
def test_a_grant_is_extended_and_taken_back(conference, stranger, desk):
    now = timezone.now()
    grant = Grant.objects.create(
        conference=conference, user=stranger, reason="press", ends_at=now - timedelta(hours=1)
    )
    assert lobby(stranger) == 403
    do(desk, "extend-grant", grant=grant.pk, hours=2)
    grant.refresh_from_db()
    assert timedelta(hours=1, minutes=59) < grant.ends_at - now < timedelta(hours=2, minutes=5)
    assert lobby(stranger) == 200
    assert "Without a ticket they are out" in text(
        desk.get(f"{INDEX}end-grant/", {"grant": grant.pk})
    )
    do(desk, "end-grant", grant=grant.pk)
    assert lobby(stranger) == 403
    assert [what for _who, what in logged(grant)][0] == "Taken back."
    assert "over already" in text(do(desk, "end-grant", grant=grant.pk))
    endless = Grant.objects.create(conference=conference, user=stranger, reason="crew")
    assert "has no end" in text(do(desk, "extend-grant", grant=endless.pk, hours=2))
    for hours in (0, 10_000, "many"):
        do(desk, "extend-grant", grant=grant.pk, hours=hours)
    grant.refresh_from_db()
    assert grant.ends_at < timezone.now()


@pytest.mark.slow
def test_a_ticket_is_extended_by_a_grant_that_no_sync_undoes(conference, attendee, desk):
    Ticket.objects.update(valid_until=timezone.now() - timedelta(minutes=5))
    ticket = Ticket.objects.get()
    assert lobby(attendee) == 403
    assert "2 h longer" in text(desk.get(page_of(attendee)))
    do(desk, "extend-ticket", ticket=ticket.pk, hours=2)
    grant = Grant.objects.get()
    assert (grant.user, grant.scopes) == (attendee, ["conference"])
    assert lobby(attendee) == 200
    assert logged(ticket)[0][1] == f"2 h longer for {attendee.reference}, by a grant."
    free = make_ticket(conference)
    assert "Nobody has this ticket" in text(do(desk, "extend-ticket", ticket=free.pk, hours=2))


@pytest.mark.slow
def test_sessions_are_ended(conference, attendee, desk):
    phone = client_of(attendee)
    UserSession.objects.filter(user=attendee).update(data={"conference": conference.pk})
    assert phone.get("/lobby/").status_code == 200
    assert "For a lost phone" in text(desk.get(f"{INDEX}end-sessions/", {"person": attendee.pk}))
    page = text(do(desk, "end-sessions", person=attendee.pk))
    assert f"{attendee.reference} is signed out on 1 devices." in page
    assert phone.get("/lobby/").status_code == 302
    assert desk.get(INDEX).status_code == 200


@pytest.mark.slow
def test_bans_are_for_organizers(conference, attendee, organizer, desk):
    client = client_of(organizer)
    assert "Shut out" in text(client.get(page_of(attendee)))
    do(client, "ban", person=attendee.pk, reason="")
    assert not Ban.objects.exists()
    do(client, "ban", person=attendee.pk, reason="hate speech")
    ban = Ban.objects.get()
    assert (ban.given_by, ban.ends_at) == (organizer, None)
    assert lobby(attendee) == 403
    page = text(desk.get(page_of(attendee)))
    assert "They are shut out: “hate speech”" in page
    assert "Let in again" not in page
    assert do(desk, "lift-ban", ban=ban.pk).status_code == 403
    assert lobby(attendee) == 403
    do(client, "lift-ban", ban=ban.pk)
    assert lobby(attendee) == 200
    assert [what for _who, what in logged(ban)] == ["Lifted.", "Shut out: hate speech"]
    assert "That is you." in text(do(client, "ban", person=organizer.pk, reason="x"))


@pytest.mark.slow
def test_the_entry_link_is_sent_at_once(conference, attendee, desk, mailoutbox):
    ticket = Ticket.objects.get()
    assert "Send the entry link" in text(desk.get(page_of(attendee)))
    for _time in range(2):  # a day has not passed, but somebody waits
        page = text(do(desk, "send-link", ticket=ticket.pk))
        assert "The link is on its way to attendee@example.com." in page
    assert [mail.to for mail in mailoutbox] == [["attendee@example.com"]] * 2
    assert "was sent to attendee@example.com" in page
    assert logged(ticket)[0] == ("volunteer@example.com", "The entry link was sent.")
    Ticket.objects.update(state="canceled")
    assert "It cannot be sent" in text(do(desk, "send-link", ticket=ticket.pk))
    assert len(mailoutbox) == 2


@pytest.mark.slow
def test_the_entry_link_is_shown_and_lets_its_holder_in(conference, desk):
    ticket = make_ticket(conference, holder_email="late@example.com")
    page = text(do(desk, "show-link", ticket=ticket.pk))
    assert 'src="data:image/svg+xml;base64,' in page
    url = re.search(r"http://testserver(/t/[^<]+)<", page)[1]
    phone = client_of(None)
    phone.post(url)
    assert phone.get("/lobby/").status_code == 200
    assert Claim.objects.get().user.email == "late@example.com"
    (_holder, used), (_volunteer, shown) = logged(ticket)
    assert shown == "The entry link was shown at the help desk."
    assert (
        used
        == f"{Claim.objects.get().user.reference} came in by the link that was shown at the help desk."
    )


@pytest.mark.slow
def test_no_link_is_shown_that_opens_more_than_a_ticket(conference, organizer, attendee, desk):
    theirs = make_ticket(conference, holder_email=organizer.email)
    assert "opens by its own login alone" in text(do(desk, "show-link", ticket=theirs.pk))
    without = make_ticket(conference)
    assert "It lets nobody in" in text(do(desk, "show-link", ticket=without.pk))
    Ticket.objects.filter(claims__user=attendee).update(holder_email="other@example.com")
    held = Ticket.objects.get(holder_email="other@example.com")
    page = text(do(desk, "show-link", ticket=held.pk))
    assert f"{attendee.reference} has this ticket." in page
    assert not LogEntry.objects.exists()
