"""A person leaves. Afterwards what was planted is searched for in a dump of everything."""

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.auth import get_user_model
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from conftest import (
    client_of,
    make_conference,
    make_role,
    make_room,
    make_speaker,
    make_talk,
    make_ticket,
    make_user,
)
from portal.keeping.leaving import STAYS, delete_account
from portal.keeping.tests.test_anonymise import dump
from schedule.models import AgendaLink, Bookmark, Change
from tickets.admission.sign_in import SignInWay
from tickets.models import Ban, Claim, EntryLink, Grant, ReplacementCount, Role, Ticket, User

PAGE = "/my/data/delete/"


def leave(client, email="attendee@example.com"):
    return client.post(PAGE, {"email": email}, follow=True)


def is_there(user):
    return get_user_model().objects.filter(pk=user.pk).exists()


@pytest.mark.slow
def test_the_page_says_what_happens_to_each_ticket(client, conference, attendee):
    make_ticket(conference, user=attendee, code="MINE")
    page = client.get(PAGE).text
    assert "MINE" in page
    assert "nobody has them then" in page
    for words, _models in STAYS:
        assert str(words) in page
    assert "730 days after the conference and its replays" in " ".join(page.split())


@pytest.mark.slow
def test_who_leaves_is_out_everywhere_and_the_ticket_is_free(client, conference, attendee):
    other_device = client_of(attendee, conference.domain)
    claims = Claim.objects.filter(user=attendee)
    tickets = [claim.ticket for claim in claims]
    assert tickets
    response = leave(client)
    assert "Your account is deleted" in response.text
    assert response["Clear-Site-Data"] == '"storage"'
    assert not is_there(attendee)
    assert [ticket.live_claim for ticket in tickets] == [None] * len(tickets)
    assert {ticket.__class__.objects.get(pk=ticket.pk).state for ticket in tickets} == {"valid"}
    for each in (client, other_device):
        assert each.get("/tickets/").status_code == 302
        assert "sessionid" not in each.cookies or not Session.objects.filter(
            session_key=each.cookies["sessionid"].value
        )
    assert not UserSession.objects.exists()


@pytest.mark.parametrize("email", ["", "somebody@example.com", "attendee"])
def test_another_address_deletes_nothing(client, attendee, email):
    response = leave(client, email)
    assert "Your account is deleted" not in response.text
    assert is_there(attendee)
    assert client.get("/tickets/").status_code == 200


def test_the_address_as_people_type_it(client, attendee):
    leave(client, " Attendee@Example.COM ")
    assert not is_there(attendee)


@pytest.mark.parametrize("what", ["role", "room", "talk", "superuser"])
def test_who_works_here_is_told_to_ask_another_organizer(client, conference, attendee, what):
    other = make_conference(slug="other", domain="other.test")
    if what == "role":
        make_role(other, Role.Kind.HELPDESK, attendee)
    elif what == "room":
        make_room(other).helpers.add(attendee)
    elif what == "talk":
        make_talk(other).chairs.add(attendee)
    else:
        User.objects.filter(pk=attendee.pk).update(is_superuser=True)
    assert "Ask another organizer" in client.get(PAGE).text
    assert "Ask another organizer" in leave(client).text
    assert is_there(attendee)


def test_nobody_gets_rid_of_a_ban_by_leaving(client, conference, attendee):
    other = make_conference(slug="other", domain="other.test")
    ban = Ban.objects.create(user=attendee, conference=other, reason="rude")
    assert "You are kept out of a conference" in leave(client).text
    assert is_there(attendee)
    Ban.objects.filter(pk=ban.pk).update(ends_at=timezone.now())
    leave(client)
    assert not is_there(attendee)


def test_a_link_does_not_open_it(conference, attendee):
    client = client_of(attendee, conference.domain, way=SignInWay.LINK)
    assert client.get(PAGE).status_code == 403
    assert leave(client).status_code == 403
    assert is_there(attendee)


def test_twice_is_as_once(attendee):
    for _time in range(2):
        delete_account(attendee.pk, timezone.now())
    assert not is_there(attendee)


def test_what_was_done_to_somebody_with_a_longer_address_stays(conference, organizer):
    short, long = make_user("bob@example.com"), "jacob@example.com"
    entries = [
        LogEntry.objects.create(
            user=organizer,
            content_type=ContentType.objects.get_for_model(Ticket),
            object_id="0",
            object_repr=said,
            action_flag=CHANGE,
        )
        for said in (
            f"the ticket of {long}",
            "bob@example.com.au: a",
            f"Of {short.email}.",
            short.email,
        )
    ]
    delete_account(short.pk, timezone.now())
    left = LogEntry.objects.filter(pk__in=[entry.pk for entry in entries])
    assert list(left.order_by("pk")) == entries[:2]


# --- The dump ----------------------------------------------------------------------------------


def tables_with(words):
    """Of the dump's tables those in which one of the words is."""
    found, table = set(), ""
    for line in dump().splitlines():
        if line.startswith("COPY "):
            table = line.split()[1].removeprefix("public.")
        elif any(word in line for word in words):
            found.add(table)
    return found


def plant(conference, organizer):
    person = make_user("leaver-word@example.net", display_name="Leaver Word")
    ticket = make_ticket(
        conference, user=person, code="T1", holder_email=person.email, holder_name="Leaver Word"
    )
    EntryLink.objects.create(ticket=ticket, sent_to=person.email)
    make_speaker(conference, name="Leaver Word", email=person.email)
    grant = Grant.objects.create(user=person, conference=conference, reason="reason-word")
    ban = Ban.objects.create(
        user=person, conference=conference, reason="ban-word", ends_at=timezone.now()
    )
    Bookmark.objects.create(user=person, talk=make_talk(conference))
    AgendaLink.objects.create(user=person, conference=conference, token="token-word")
    ReplacementCount.add(conference, person.pk)
    Change.objects.create(conference=conference, act="desk", actor=person, summary="a change")
    role = Role.objects.create(user=person, conference=conference, kind="helpdesk")
    for row in (person, grant, ban, role, person.claims.get(), ticket):
        LogEntry.objects.create(
            user=organizer,
            content_type=ContentType.objects.get_for_model(type(row)),
            object_id=str(row.pk),
            object_repr=str(row),
            action_flag=CHANGE,
            change_message=f"said of {person.email}" if row is ticket else "",
        )
    role.delete()
    words = {person.email, "Leaver Word", "reason-word", "ban-word", "token-word", person.reference}
    return person, words


@pytest.mark.services
@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_nothing_is_left_but_what_the_page_names(mail_waits, code_waits):
    conference = make_conference()
    organizer = make_role(conference, "organizer")
    person, words = plant(conference, organizer)
    client = client_of(person, conference.domain)
    words |= {client.cookies["sessionid"].value, "code-word"}
    mail_waits(person.email)
    code_waits(person.email, "code-word")
    before = tables_with(words)
    assert before >= {
        "tickets_user",
        "tickets_grant",
        "tickets_ban",
        "account_emailaddress",
        "usersessions_usersession",
        "django_session",
        "django_admin_log",
        DBTaskResult._meta.db_table,
        "schedule_agendalink",
    }
    leave(client, person.email)
    stays = {apps.get_model(label)._meta.db_table for _words, labels in STAYS for label in labels}
    left = tables_with(words)
    assert left == {"tickets_ticket", "tickets_entrylink", "schedule_speaker"}
    assert left <= stays
    assert Change.objects.get().actor is None
