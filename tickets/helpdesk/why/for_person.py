"""For the person themself: in friendly words, and with nothing about anybody else."""

from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import format_lazy
from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from tickets.helpdesk.why.wording import Wording
from tickets.models import Ticket
from tickets.models.scopes import Scope, parse_scopes

_NOT_VERIFIED = _(
    "You have not shown yet that you read the mail of this address. Sign out, and sign in"
    " with a mailed code: tickets find only such addresses."
)
_LET_IN = _("The organizers let you in without a ticket. It opens: %(opens)s.")


class WordingForPerson(Wording):
    """Times are in the zone that is active; scopes are called what the programme calls them."""

    sentences = {
        "visibility.public": _("Everything is open to everybody, without a ticket."),
        "visibility.public_later": _("It opens to everybody on %(at)s."),
        "visibility.over": _("%(conference)s is over."),
        "visibility.replays": _("Replays for ticket holders until %(at)s."),
        "visibility.replays_over": _("The replays for ticket holders ended on %(at)s."),
        "account": _("You are signed in as %(email)s. The help desk knows you as %(reference)s."),
        "verified.no": _NOT_VERIFIED,
        "verified.by_password": _NOT_VERIFIED,
        "work.superuser": _("You run this site, and may enter everything."),
        "work.organizer": _("You organize %(conference)s, and may enter all of it."),
        "work.moderator": _("You moderate %(conference)s, and may enter all of it."),
        "work.helpdesk": _("You work at the help desk: programme and lobby are open to you."),
        "work.helper": _("You help in %(rooms)s. Programme and lobby are open to you as well."),
        "work.chair": _("You chair “%(title)s”, and may enter for that time."),
        "ban": _("The organizers have shut this account out. They can tell you why."),
        "released": _("You had the ticket %(ticket)s, until %(at)s."),
        "claim.valid": _("You have the ticket %(ticket)s. It opens: %(opens)s."),
        "claim.pending": _("Your ticket %(ticket)s is not paid yet. Then it opens."),
        "claim.canceled": _("The ticket shop has canceled your ticket %(ticket)s."),
        "claim.unknown": _("The ticket shop does not say that %(ticket)s is valid."),
        "ticket": _("The ticket %(ticket)s is in your name, and nobody uses it."),
        "ticket.none": _("No ticket is in the name of %(email)s."),
        "ticket_of_other": format_lazy(
            "{} {}",
            _("The ticket %(ticket)s is in your name, but another account uses it."),
            _("The help desk can sort that out."),
        ),
        "bought": ngettext_lazy(
            "You have bought %(count)s ticket that is in another name or in none.",
            "You have bought %(count)s tickets that are in other names or in none.",
            "count",
        ),
        "grant": _LET_IN,
        "grant.later": _LET_IN,
        "talk": _("You speak in “%(title)s”, and may enter for that time."),
        "places": ngettext_lazy(
            "You watch on %(count)s device now, and have %(places)s places.",
            "You watch on %(count)s devices now, and have %(places)s places.",
            "count",
        ),
        "shop.oldest": _(
            "We last heard from the ticket shop %(age)s ago. What was bought since comes soon."
        ),
        "add_on": _("It is an add-on to %(main)s."),
        "product.waits": _("The organizers have not said yet what “%(product)s” opens."),
        "from": _("From %(at)s."),
        "until": _("Until %(at)s."),
        "limit_reached": _("On the next device you can choose “Watch here instead”."),
    }
    marks = {"ticket": None, "grant.later": None, "shop.oldest": None}

    def __init__(self, conference: Conference) -> None:
        super().__init__(conference)
        self._names: dict[str, dict[str, str]] = {}

    def time(self, at: datetime) -> str:
        return date_format(timezone.localtime(at), "j F Y, H:i T")

    def ticket(self, ticket: Ticket) -> str:
        return f"{ticket.product} ({ticket.code})"

    def scopes(self, scopes: list[str]) -> str:
        words = [self._scope(scope) for scope in parse_scopes(scopes)]
        return ", ".join(words) or gettext("nothing")

    def _scope(self, scope: Scope) -> str:
        match scope.kind:
            case "conference":
                return gettext("the whole conference")
            case "replay":
                return gettext("the replays")
            case "day":
                return date_format(date.fromisoformat(scope.value), "j F")
        return f"“{self._names_of(scope.kind).get(scope.value, scope.value)}”"

    def _names_of(self, kind: str) -> dict[str, str]:
        if kind not in self._names:
            rooms = self.conference.rooms.values_list("slug", "name")
            talks = self.conference.talks.values_list("code", "title")
            self._names[kind] = dict(rooms if kind == "room" else talks)
        return self._names[kind]
