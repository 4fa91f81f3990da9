"""What people read of tickets: what they are called, what is wrong with one and where to mend it, times
and scopes. Times are in the zone that is active.
"""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schedule.models import Conference
from schedule.site.zones import is_venue_time, zone_name
from tickets.models import Ticket
from tickets.models.scopes import Scope


class Link(NamedTuple):
    label: str
    url: str


class StateWords(NamedTuple):
    """What a ticket that is not valid is called, and what follows from it. Not translated yet."""

    title: Any
    text: Any


_NOT_PAID = StateWords(
    gettext_lazy("Your ticket is not paid yet"),
    gettext_lazy(
        "%(ticket)s opens as soon as the ticket shop has the money and has told us so,"
        " which can take a few minutes."
    ),
)
_NOT_COMPLETE = StateWords(
    gettext_lazy("Your ticket is not complete yet"),
    gettext_lazy("%(ticket)s opens as soon as the ticket shop has all answers and the name."),
)
STATE_WORDS: dict[str, StateWords] = {
    Ticket.State.PENDING: _NOT_PAID,
    Ticket.State.BLOCKED: StateWords(
        gettext_lazy("Your ticket is blocked"),
        gettext_lazy("The organizers have blocked %(ticket)s in the ticket shop. Ask them why."),
    ),
    Ticket.State.UNKNOWN: StateWords(
        gettext_lazy("The ticket shop does not say that your ticket is valid"),
        gettext_lazy("We do not know what it says of %(ticket)s. The help desk can find out."),
    ),
    Ticket.State.CANCELED: StateWords(
        gettext_lazy("Your ticket was canceled"),
        gettext_lazy(
            "The ticket shop says that %(ticket)s was refunded, canceled or passed on to somebody"
            " else. It no longer opens anything."
        ),
    ),
}
# What shops call it where their word says more than the state.
_SHOP_WORDS: dict[tuple[str, str], StateWords] = {
    (Ticket.State.PENDING, "approval pending"): StateWords(
        gettext_lazy("Your ticket is not approved yet"),
        gettext_lazy("%(ticket)s opens as soon as the organizers have approved the order."),
    ),
    (Ticket.State.PENDING, "incomplete"): _NOT_COMPLETE,
    (Ticket.State.PENDING, "unassigned"): _NOT_COMPLETE,
    (Ticket.State.CANCELED, "expired"): StateWords(
        gettext_lazy("Your ticket was not paid in time"),
        gettext_lazy("The order of %(ticket)s has expired in the ticket shop."),
    ),
}


def name_of(ticket: Ticket) -> str:
    return f"{ticket.product} ({ticket.code})"


def state_words(ticket: Ticket) -> StateWords | None:
    """None: it is valid."""
    words = _words_of(ticket)
    if words is None:
        return None
    return StateWords(str(words.title), words.text % {"ticket": name_of(ticket)})


def _words_of(ticket: Ticket) -> StateWords | None:
    return _SHOP_WORDS.get((ticket.state, ticket.shop_says)) or STATE_WORDS.get(ticket.state)


def shop_link(ticket: Ticket, conference: Conference, email: str) -> Link | None:
    """The order is the buyer's: its address tells and allows more than a ticket's holder should have."""
    url = ticket.opened("order_url") if ticket.is_bought_by(email) else ""
    if url:
        is_to_pay = _words_of(ticket) is _NOT_PAID
        return Link(
            _("Pay in the ticket shop") if is_to_pay else _("See the order in the shop"), url
        )
    shop = conference.tickets_url
    return Link(_("To the ticket shop"), shop) if shop and not ticket.is_valid else None


def moment(at: datetime, conference: Conference) -> str:
    """With the zone's name where it is not the venue's."""
    return _long(timezone.localtime(at), conference) + _zone(conference)


def span(starts_at: datetime, ends_at: datetime, conference: Conference) -> str:
    first, last = timezone.localtime(starts_at), timezone.localtime(ends_at)
    if first.date() == last.date():
        end = f"–{date_format(last, 'H:i')}"
    else:
        end = f" – {_long(last, conference)}"
    return f"{_long(first, conference)}{end}{_zone(conference)}"


def _long(local: datetime, conference: Conference) -> str:
    """The year stands there where it is not the conference's."""
    is_near = local.year in (conference.starts_on.year, conference.ends_on.year)
    return date_format(local, "l j F, H:i" if is_near else "l j F Y, H:i")


def _zone(conference: Conference) -> str:
    zone: Any = timezone.get_current_timezone()
    return "" if is_venue_time(zone, conference) else f", {zone_name(zone, conference)}"


class ScopeNames:
    """What the programme calls scopes. The names of rooms and talks are read when one is wanted."""

    def __init__(self, conference: Conference) -> None:
        self.conference = conference
        self._names: dict[str, Mapping[str, str]] = {}

    def of(self, scope: Scope) -> str:
        match scope.kind:
            case "conference":
                return _("the whole conference")
            case "replay":
                return _("the replays")
            case "day":
                return date_format(date.fromisoformat(scope.value), "j F")
        return f"“{self._names_of(scope.kind).get(scope.value, scope.value)}”"

    def _names_of(self, kind: str) -> Mapping[str, str]:
        if kind not in self._names:
            rooms = self.conference.rooms.values_list("slug", "name")
            talks = self.conference.talks.values_list("code", "title")
            self._names[kind] = dict(rooms if kind == "room" else talks)
        return self._names[kind]
