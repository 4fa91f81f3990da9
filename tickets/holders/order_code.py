"""A ticket that is in another address: claimed with its order code and a code that is mailed to the
address the ticket shop has.

What a stranger asks for never looks at tickets; the worker does. So whether there is such an order
shows in nothing: not in the page, nor in the statements and tasks that it costs.
"""

import time
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.backends.base import SessionBase
from django.tasks import task
from django.utils import timezone
from django.utils.crypto import constant_time_compare, get_random_string, salted_hmac

from schedule.models import Conference
from tickets.admission.claiming import claim_those
from tickets.holders.passing_on import ask_first_holder
from tickets.mail.mailing import post_template
from tickets.models import Claim, Ticket, User

LIFE = timedelta(minutes=15)
TRIES = 5
_KEY = "order_code"
# What pretix never uses in a code, and reads as its look-alike (pretix/base/models/orders.py).
_LOOK_ALIKE = str.maketrans("2456", "ZASG")
_LOOSELY = str.maketrans("8", "B")
# As they are after that.
_DIGITS = "0123456789ZASGB"


def fold_order_code(text: str) -> str:
    """Spelled the same however people read it from a screen or hear it on the phone."""
    kept = filter(str.isalnum, unicodedata.normalize("NFKC", text).upper())
    return "".join(kept).translate(_LOOK_ALIKE)


def key_of(order_code: str, email: str) -> str:
    """What guesses at one order are counted under, however it is spelled. That of a ticket ends with
    its number in the order, and counts as the same.
    """
    folded = fold_order_code(order_code).translate(_LOOSELY)
    return f"{folded.rstrip(_DIGITS)}:{email}"


@dataclass(frozen=True)
class PendingOrder:
    """An order for which a code was mailed in this session, and not entered yet."""

    order_code: str
    email: str


def ask_for_code(session: SessionBase, conference: Conference, order_code: str, email: str) -> None:
    code = get_random_string(settings.ACCOUNT_LOGIN_BY_CODE_FORMAT["length"], "0123456789")
    session[_KEY] = {
        "order_code": order_code,
        "email": email,
        "hash": _hash(code),
        "until": time.time() + LIFE.total_seconds(),
        "tries": 0,
    }
    mail_code.enqueue(conference.pk, order_code, email, code)


def pending_order(session: SessionBase) -> PendingOrder | None:
    kept = session.get(_KEY)
    if kept is None or time.time() >= kept["until"]:
        return None
    return PendingOrder(kept["order_code"], kept["email"])


def is_code_of_order(session: SessionBase, code: str) -> bool:
    """A wrong one counts; after the last try the order is forgotten, whatever comes next."""
    kept = session[_KEY]
    if constant_time_compare(_hash(code), kept["hash"]):
        del session[_KEY]
        return True
    kept["tries"] += 1
    if kept["tries"] >= TRIES:
        del session[_KEY]
    session.modified = True
    return False


def tries_left(session: SessionBase) -> int:
    tries: int = session[_KEY]["tries"]
    return TRIES - tries


def _hash(code: str) -> str:
    return salted_hmac("tickets.entry.order_code", code, algorithm="sha256").hexdigest()


def tickets_of_order(conference: Conference, order_code: str, email: str) -> list[Ticket]:
    """Valid ones that belong to the address: in its name, or bought by it and in nobody's. Whoever
    types the code of a ticket in the place of the order's gets that one, by the code of an add-on the
    ticket that it goes with. Add-ons come with theirs.
    """
    wanted = fold_order_code(order_code)
    if not wanted:
        return []
    tickets = Ticket.objects.filter(conference=conference).in_name_of(email).valid()
    theirs = list(tickets.independent().order_by("pk"))
    of_orders = [(fold_order_code(ticket.order_code), ticket) for ticket in theirs]
    of_tickets = [(fold_order_code(ticket.code), ticket) for ticket in theirs]
    main_of = {ticket.pk: ticket for ticket in theirs}
    mains = [ticket.code for ticket in theirs]
    on_top: Any = Ticket.objects.add_ons_of(conference, mains).valid().going_with(list(main_of))
    add_ons = on_top.values_list("code", "main_id")
    of_add_ons = [(fold_order_code(code), main_of[main_id]) for code, main_id in add_ons]
    loose = wanted.translate(_LOOSELY)
    for codes in (of_orders, of_tickets, of_add_ons):
        exact = [ticket for code, ticket in codes if code == wanted]
        found = exact or [ticket for code, ticket in codes if code.translate(_LOOSELY) == loose]
        if found:
            return found
    return []


@task(queue_name="mail")
def mail_code(conference_id: int, order_code: str, email: str, code: str) -> None:
    """To the address as the shop has it, if there is such an order; else nothing."""
    conference = Conference.objects.get(pk=conference_id)
    tickets = tickets_of_order(conference, order_code, email)
    if tickets:
        post_template(
            "order_code",
            {"order_code": tickets[0].order_code or tickets[0].code, "code": code},
            to=tickets[0].holder_email or tickets[0].buyer_email,
            conference=conference,
            expires_at=timezone.now() + LIFE,
        )


def claim_order(conference: Conference, user: User, order: PendingOrder) -> tuple[int, bool]:
    """Give the person what nobody has. Returns how many they got, and whether somebody else has
    some of the order, who is then asked.
    """
    tickets = tickets_of_order(conference, order.order_code, order.email)
    given = claim_those(conference, user, tickets, Claim.Way.ORDER)
    others = Claim.objects.live().filter(ticket__in=tickets).exclude(user=user)
    for claim in others:
        ask_first_holder(claim)
    return len(given), bool(others)
