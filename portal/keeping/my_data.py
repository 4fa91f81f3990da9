"""What a person may download: all that hangs on their account, at every conference, and what else has
their address. Nothing in it is about somebody else, and nothing opens a door: no password, session key,
second factor or secret address of a calendar.
"""

import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.apps import apps
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django_tasks_db.models import DBTaskResult

from schedule.models import Speaker
from tickets.accounts.accounts import is_verified
from tickets.models import Claim, Ticket, User


class DataPart(NamedTuple):
    """A list in the file: rows of a model that have the person in that field, and which of their values
    are told under which names. Named by its label, because a provider's accounts are not always there.
    """

    name: str
    label: str
    field: str
    values: Mapping[str, str]

    def rows_of(self, user: User) -> list[dict[str, Any]]:
        if self.label.partition(".")[0] not in apps.app_configs:
            return []
        model = apps.get_model(self.label)
        rows = model._default_manager.filter(**{self.field: user}).order_by("pk")
        paths = self.values.values()
        return [dict(zip(self.values, row, strict=True)) for row in rows.values_list(*paths)]


_HERE = {"conference": "conference__slug"}
_DECISION = {**_HERE, "reason": "reason", "from": "starts_at", "until": "ends_at"}
_TALK = {"conference": "talk__conference__slug", "talk": "talk__code", "title": "talk__title"}
PARTS = (
    DataPart(
        "addresses",
        "account.EmailAddress",
        "user",
        {"email": "email", "is_verified": "verified", "is_main": "primary"},
    ),
    DataPart(
        "second_factors",
        "mfa.Authenticator",
        "user",
        {"kind": "type", "added_at": "created_at", "last_used_at": "last_used_at"},
    ),
    DataPart(
        "sign_in_with",
        "socialaccount.SocialAccount",
        "user",
        {
            "provider": "provider",
            "number_there": "uid",
            "since": "date_joined",
            "says": "extra_data",
        },
    ),
    DataPart(
        "claims",
        "tickets.Claim",
        "user",
        {
            "conference": "ticket__conference__slug",
            "ticket": "ticket__code",
            "product": "ticket__product__name",
            "by": "way",
            "claimed_at": "claimed_at",
            "released_at": "released_at",
        },
    ),
    DataPart("grants", "tickets.Grant", "user", {**_DECISION, "opens": "scopes"}),
    DataPart("bans", "tickets.Ban", "user", _DECISION),
    DataPart("roles", "tickets.Role", "user", {**_HERE, "role": "kind"}),
    DataPart("helps_in", "schedule.Room", "helpers", {**_HERE, "room": "name"}),
    DataPart("chairs", "schedule.Talk", "chairs", {**_HERE, "talk": "code", "title": "title"}),
    DataPart("stars", "schedule.Bookmark", "user", _TALK),
    DataPart("calendars", "schedule.AgendaLink", "user", {**_HERE, "made_at": "made_at"}),
    DataPart(
        "devices",
        "usersessions.UserSession",
        "user",
        {
            "browser": "user_agent",
            "signed_in_at": "created_at",
            "last_seen_at": "last_seen_at",
            "noted": "data",
        },
    ),
    DataPart(
        "replaced_devices",
        "tickets.ReplacementCount",
        "user",
        {**_HERE, "times": "times", "last_at": "last_at"},
    ),
    DataPart(
        "changes_of_the_programme",
        "schedule.Change",
        "actor",
        {**_HERE, "at": "made_at", "act": "act", "summary": "summary"},
    ),
    DataPart(
        "values_set_by_hand", "schedule.Override", "by", {**_TALK, "field": "field", "at": "set_at"}
    ),
    DataPart(
        "announcements",
        "streaming.Announcement",
        "made_by",
        {**_HERE, "from": "starts_at", "text": "text"},
    ),
    DataPart(
        "switches",
        "streaming.Switch",
        "switched_by",
        {"conference": "room__conference__slug", "room": "room__name", "at": "switched_at"},
    ),
    DataPart(
        "spreadsheets",
        "tickets.Upload",
        "uploaded_by",
        {**_HERE, "file": "name", "at": "uploaded_at"},
    ),
    DataPart(
        "asked_ticket_shops",
        "tickets.SyncRun",
        "started_by",
        {"conference": "shop__conference__slug", "shop": "shop__slug", "at": "started_at"},
    ),
    DataPart(
        "acts_in_the_admin",
        "admin.LogEntry",
        "user",
        {"at": "action_time", "act": "action_flag", "kind": "content_type__model"},
    ),
)
# What has a person in a field and is not told, with the reason.
LEFT_OUT = {
    "tickets.Grant.given_by": "it is about the person to whom it was given",
    "tickets.Ban.given_by": "it is about the person who was kept out",
}


def packed(user: User, at: datetime) -> bytes:
    """A zip with one JSON file."""
    text = json.dumps(everything(user, at), cls=DjangoJSONEncoder, indent=2, ensure_ascii=False)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("data.json", text)
    return archive.getvalue()


def everything(user: User, at: datetime) -> dict[str, Any]:
    return {
        "made_at": at,
        "account": {
            "email": user.email,
            "display_name": user.display_name,
            "time_zone": user.time_zone,
            "language": user.language,
            "reference": user.reference,
            "joined_at": user.joined_at,
            "last_sign_in_at": user.last_login,
            "has_password": user.has_usable_password(),
            "is_superuser": user.is_superuser,
        },
        "tickets": list(_tickets(user)),
        **{part.name: part.rows_of(user) for part in PARTS},
        "speaker": list(_speakers(user)),
        "mails_that_wait": list(_mails(user)),
        "not_in_here": [
            _("Which rooms and replays you watched: only how many people did is counted."),
            _("Network addresses: they are not kept."),
            _("Passwords, keys of sessions and the like, because they open doors."),
            _("What other people hold or wrote, also where it was about you."),
        ],
    }


def _tickets(user: User) -> Iterator[dict[str, Any]]:
    """Theirs by a claim or by the proved address. Of an address or a name that is another person's
    nothing is told: a buyer and a holder need not know each other.
    """
    held = set(Claim.objects.live().filter(user=user).values_list("ticket", flat=True))
    whose = Q(pk__in=held)
    if is_verified(user):
        fields = ("holder_email", "shop_email", "buyer_email")
        for field in fields:
            whose |= Q(**{field: user.email})
    tickets = Ticket.objects.filter(whose).select_related("conference", "product", "entry_link")
    for ticket in tickets.order_by("pk"):
        yield _ticket(ticket, user, is_held=ticket.pk in held)


def _ticket(ticket: Ticket, user: User, *, is_held: bool) -> dict[str, Any]:
    is_in_their_name = ticket.holder_email == user.email
    link = ticket.entry_link_or_none
    told: dict[str, Any] = {
        "conference": ticket.conference.slug,
        "ticket": ticket.code,
        "order": ticket.order_code,
        "product": ticket.product.name,
        "state": ticket.state,
        "valid_from": ticket.valid_from,
        "valid_until": ticket.valid_until,
        "passed_on_at": ticket.passed_on_at,
        "updated_at": ticket.updated_at,
        "is_held_by_you": is_held,
        "is_in_your_name": is_in_their_name,
        "is_in_your_name_in_the_shop": ticket.shop_email == user.email,
        "is_bought_by_you": ticket.is_bought_by(user.email),
        "holder_name": ticket.holder_name if is_in_their_name else "",
        "code_at_the_door": ticket.opened("door_code") if is_held else "",
        "order_in_the_shop": (
            ticket.opened("order_url") if ticket.is_bought_by(user.email) else ""
        ),
    }
    if link is not None and link.sent_to == user.email:
        told["personal_link"] = {"sent_at": link.sent_at, "used_at": link.used_at}
    return told


def _speakers(user: User) -> Iterator[dict[str, Any]]:
    if is_verified(user):
        for speaker in Speaker.objects.filter(email__iexact=user.email).select_related(
            "conference"
        ):
            yield {
                "conference": speaker.conference.slug,
                "name": speaker.name,
                "email": speaker.email,
                "code": speaker.code,
            }


def mails_to(email: str) -> QuerySet[DBTaskResult[..., object]]:
    """Tasks that send a mail there, or have done so."""
    return DBTaskResult.objects.filter(queue_name="mail", args_kwargs__args__0__to__0=email)


def codes_for(email: str) -> QuerySet[DBTaskResult[..., object]]:
    """Tasks that send the code for an order there, if there is such an order (tickets/holders/order_code.py)."""
    return DBTaskResult.objects.filter(queue_name="mail", args_kwargs__args__2=email)


def _mails(user: User) -> Iterator[dict[str, Any]]:
    """Without their texts, in which there may be a code."""
    for task in mails_to(user.email).order_by("enqueued_at"):
        yield {"subject": task.args_kwargs["args"][0]["subject"], "since": task.enqueued_at}
