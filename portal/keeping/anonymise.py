"""Takes the people out of one conference that is over, and leaves its programme and its numbers. What is
published stays: talks, and names and texts of speakers. (A copy of everything: everybody.py.)

An account that has to do with other conferences, has a role or is a superuser's stays as it is; its rows
in this one lose what they say of it. What was done and why (history of the programme, uploads, imports,
the admin's log) is removed, because its texts may say anything.
"""

import json
import re
from collections.abc import Collection, Iterable
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.admin.models import LogEntry
from django.contrib.auth.hashers import make_password
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.db import transaction
from django.db.models import CharField, Model, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django_tasks_db.models import DBTaskResult

from schedule.models import (
    AgendaLink,
    Change,
    Conference,
    Feed,
    FeedItem,
    ImportReview,
    Speaker,
    Timer,
)
from streaming.models import Announcement
from tickets.accounts.accounts import has_to_do_with
from tickets.models import (
    Ban,
    EntryLink,
    Grant,
    OrderHint,
    ReplacementCount,
    Shop,
    SyncRun,
    Ticket,
    Upload,
    User,
)
from tickets.models.people import new_reference

ADDRESS = re.compile(r"[^\s\"'<>()\[\]{},;:\\]+@[^\s\"'<>()\[\]{},;:\\]+")
# Reserved, so that no mail can ever go there.
NOWHERE = "anonymous.invalid"
# A shorter one, like a first name, stands in too much that is somebody else's.
SHORTEST_WORD = 6
# Rows that one statement writes where each gets a value of its own.
BATCH = 1000
# The rows of a conference that the admin's log may speak of.
LOGGED: tuple[type[Model], ...] = (Ticket, Grant, Ban, Speaker, Upload)


@transaction.atomic
def anonymise(conference: Conference) -> dict[str, int]:
    """How many rows of each kind that concerned."""
    people = list(people_of(conference))
    tickets = Ticket.objects.filter(conference=conference)
    others = User.objects.exclude(pk__in=[person.pk for person in people])
    elsewhere = Ticket.objects.exclude(conference=conference)
    # What somebody else's row says belongs to them, too.
    words = words_of(people, tickets) - words_of(others, elsewhere)
    chosen = Conference.objects.filter(pk=conference.pk)
    counts = {
        "log": remove_log(conference, people, words),
        "tasks": remove_tasks(words),
        "sessions": remove_sessions(people),
        "history": remove_history(chosen),
        "people": blank_people(User.objects.filter(pk__in=[person.pk for person in people])),
        "tickets": blank_tickets(tickets),
    }
    blank_programme(chosen)
    return counts


def people_of(conference: Conference) -> QuerySet[User]:
    """Whose only tie is this conference, and who do no work."""
    others = Conference.objects.exclude(pk=conference.pk)
    people = User.objects.filter(has_to_do_with(conference), is_superuser=False, roles=None)
    for other in others:
        people = people.exclude(has_to_do_with(other))
    return people


def holds_people(conference: Conference) -> bool:
    """Whether there is anybody to take out of it. Who works for it stays, and does not count."""
    tickets = Ticket.objects.filter(conference=conference)
    nowhere = f"@{NOWHERE}"
    return (
        tickets.exclude(holder_email__endswith=nowhere).exists()
        or Speaker.objects.filter(conference=conference).exclude(email="").exists()
        or people_of(conference).exclude(email__endswith=nowhere).exists()
    )


def words_of(people: Iterable[User], tickets: QuerySet[Ticket]) -> set[str]:
    """Addresses, names and orders, by which rows are found that belong to no conference."""
    words = {word for person in people for word in (person.email, person.display_name)}
    fields = ("holder_name", "holder_email", "shop_email", "buyer_email", "order_code")
    for row in tickets.values_list(*fields):
        words.update(row)
    found = {word for word in words if len(word) >= SHORTEST_WORD}
    # The admin's log keeps some of its texts as JSON, with signs beyond ASCII escaped.
    return found | {json.dumps(word)[1:-1] for word in found}


def remove_log(conference: Conference, people: Collection[User], words: set[str]) -> int:
    removed = LogEntry.objects.filter(user__in=people).delete()[0]
    concerned: list[tuple[type[Model], list[int]]] = [(User, [person.pk for person in people])]
    for kind in LOGGED:
        rows = kind._default_manager.filter(conference=conference)
        concerned.append((kind, list(rows.values_list("pk", flat=True))))
    for model, keys in concerned:
        of_model = LogEntry.objects.filter(
            content_type=ContentType.objects.get_for_model(model), object_id__in=map(str, keys)
        )
        removed += of_model.delete()[0]
    saying = [
        entry.pk
        for entry in LogEntry.objects.iterator()
        if says(f"{entry.object_repr} {entry.change_message}", words)
    ]
    return removed + LogEntry.objects.filter(pk__in=saying).delete()[0]


def remove_tasks(words: set[str]) -> int:
    """Mails that wait, and what is known of those that were sent: each has an address."""
    addresses = {word for word in words if "@" in word}
    saying = [
        task.pk
        for task in DBTaskResult.objects.iterator()
        if says(
            json.dumps([task.args_kwargs, task.return_value], ensure_ascii=False) + task.traceback,
            addresses,
        )
    ]
    return DBTaskResult.objects.filter(pk__in=saying).delete()[0]


def says(text: str, words: set[str]) -> bool:
    return any(word in text for word in words)


def remove_sessions(people: Collection[User]) -> int:
    keys = {str(person.pk) for person in people}
    known = UserSession.objects.filter(user__in=people)
    ended = set(known.values_list("session_key", flat=True))
    for session in Session.objects.iterator():
        if session.get_decoded().get("_auth_user_id") in keys:
            ended.add(session.session_key)
    known.delete()
    return Session.objects.filter(session_key__in=ended).delete()[0]


def remove_history(conferences: QuerySet[Conference]) -> int:
    of_conferences = {"conference__in": conferences}
    of_shops = {"shop__conference__in": conferences}
    rows: tuple[QuerySet[Any], ...] = (
        Change.objects.filter(**of_conferences),
        ImportReview.objects.filter(feed__conference__in=conferences),
        Upload.objects.filter(**of_conferences),
        SyncRun.objects.filter(**of_shops),
        OrderHint.objects.filter(**of_shops),
        AgendaLink.objects.filter(**of_conferences),
        ReplacementCount.objects.filter(**of_conferences),
        Announcement.objects.filter(**of_conferences),
    )
    return sum(each.delete()[0] for each in rows)


def numbered(before: str, after: str = "") -> Concat:
    """A text with the row's number in it, worked out by the database."""
    return Concat(Value(before), Cast("pk", CharField()), Value(after), output_field=CharField())


def blank_people(people: QuerySet[User]) -> int:
    EmailAddress.objects.filter(user__in=people).delete()
    Authenticator.objects.filter(user__in=people).delete()
    if apps.is_installed("allauth.socialaccount"):
        # Else it would let them into the blank account for good.
        linked = apps.get_app_config("socialaccount").get_model("SocialAccount")
        linked._default_manager.filter(user__in=people).delete()
    chosen = list(people.only("pk"))
    for person in chosen:
        person.reference = new_reference()
    User.objects.bulk_update(chosen, ["reference"], BATCH)
    # Last, and by their keys: they may have been chosen by what is blanked here.
    return User.objects.filter(pk__in=[person.pk for person in chosen]).update(
        email=numbered("person-", f"@{NOWHERE}"),
        display_name="",
        time_zone="",
        language="",
        password=make_password(None),
    )


def blank_tickets(tickets: QuerySet[Ticket]) -> int:
    """A ticket that somebody has goes on being theirs, by the claim; a sale keeps its tickets together."""
    mains = Ticket.objects.filter(conference=OuterRef("conference"), code=OuterRef("main_code"))
    # As no shop writes them: a code is there once.
    main_code = mains.annotate(stand_in=numbered("anonymous-")).values("stand_in")[:1]
    tickets.exclude(main_code="").update(main_code=Coalesce(Subquery(main_code), Value("")))
    blank_orders(tickets)
    address = numbered("ticket-", f"@{NOWHERE}")
    count = tickets.update(
        code=numbered("anonymous-"),
        holder_name="",
        shop_says="",
        door_code="",
        order_url="",
        holder_email=address,
        shop_email=address,
        buyer_email=address,
    )
    EntryLink.objects.filter(ticket__in=tickets).update(sent_to="")
    return count


def blank_orders(tickets: QuerySet[Ticket]) -> None:
    orders: dict[tuple[int, str], str] = {}
    ordered = list(tickets.exclude(order_code="").order_by("pk").only("conference", "order_code"))
    for ticket in ordered:
        order = (ticket.conference_id, ticket.order_code)
        ticket.order_code = orders.setdefault(order, f"O{ticket.pk}")
    Ticket.objects.bulk_update(ordered, ["order_code"], BATCH)


def blank_programme(conferences: QuerySet[Conference]) -> None:
    """What organizers noted of people, and addresses that files of the programme brought."""
    Grant.objects.filter(conference__in=conferences).update(reason="")
    Ban.objects.filter(conference__in=conferences).update(reason="")
    Speaker.objects.filter(conference__in=conferences).update(email="")
    Timer.objects.filter(talk__conference__in=conferences).update(message="")
    Feed.objects.filter(conference__in=conferences).update(last_error="")
    for item in FeedItem.objects.filter(feed__conference__in=conferences).iterator():
        text = json.dumps(item.values, ensure_ascii=False)
        if ADDRESS.search(text):
            item.values = json.loads(ADDRESS.sub("", text))
            item.save(update_fields=["values"])
    # A copy must not fetch the people anew.
    Shop.objects.filter(conference__in=conferences).update(is_active=False)
