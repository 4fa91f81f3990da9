"""A refusal, and what somebody holds, in words: for the pages of the gate, "My tickets" and programs.
Times are in the zone that is active.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.qr import qr_image
from schedule.models import Talk
from tickets.admission.rule import REASON_OF_STATE, Reason
from tickets.admission.standing import Holding, Standing
from tickets.admission.wording import (
    STATE_WORDS,
    Link,
    ScopeNames,
    StateWords,
    moment,
    name_of,
    shop_link,
    span,
    state_words,
)
from tickets.models import Ticket
from tickets.models.scopes import EARLY, GRACE, ScopeWindow, parse_scope

_TITLES: dict[Reason, Any] = {
    Reason.NOT_YET: gettext_lazy("Not open yet"),
    Reason.OVER: gettext_lazy("The time of your ticket is over"),
    Reason.WRONG_TICKET: gettext_lazy("Your ticket does not open this"),
    Reason.TOO_MANY_PLACES: gettext_lazy("You are watching somewhere else"),
    Reason.BANNED: gettext_lazy("You cannot come in"),
    Reason.TICKET_REQUIRED: gettext_lazy("You need a ticket"),
}
# … to whom a grant, or work for the conference, opens something.
_TITLES_WITHOUT_TICKET: dict[Reason, Any] = {
    Reason.OVER: gettext_lazy("Your time here is over"),
    Reason.WRONG_TICKET: gettext_lazy("This is not open to you"),
}


@dataclass(frozen=True)
class RefusalWords:
    """A refusal as its reader is told it. `act` is the one thing to do; `others`: their tickets that
    are not named above.
    """

    title: str
    sentences: list[str] = field(default_factory=list)
    act: Link | None = None
    others: list[str] = field(default_factory=list)

    # Whether it is about a ticket that is not valid.
    is_of_state: bool = False

    @property
    def text(self) -> str:
        return " ".join(self.sentences)


@dataclass(frozen=True)
class TicketCard:
    """A ticket on “My tickets”. `may_pass_on`, `may_give_back`: they have it, and may. `goes_with`: of an
    add-on, the ticket with which it comes and goes. `picture`: of what the door of the venue reads; "":
    the source did not tell it.
    """

    ticket: Ticket
    opens: list[tuple[str, str]]
    problem: StateWords | None
    link: Link | None
    may_pass_on: bool
    may_give_back: bool
    goes_with: Ticket | None
    picture: str


class StandingWords:
    def __init__(self, standing: Standing, at: datetime) -> None:
        self.standing, self.at = standing, at
        self.conference = standing.conference
        self.names = ScopeNames(standing.conference)

    def refusal(self, reason: Reason, scope: str | None) -> RefusalWords:
        held = self._about(reason, scope)
        sentences = [self._sentence(each, reason, scope) for each in held]
        if reason is Reason.OVER and self._is_of_replays(scope):
            sentences.insert(0, self._usual_sentence(reason))
        named = {each.ticket for each in held}
        return RefusalWords(
            title=self._title(reason, held, scope),
            sentences=sentences or [self._usual_sentence(reason)],
            act=self._act(reason, held),
            is_of_state=reason in REASON_OF_STATE.values(),
            others=[
                f"{name_of(each.ticket)}: {each.ticket.get_state_display()}"
                for each in self.standing.tickets
                if each.ticket is not None and each.ticket not in named
            ],
        )

    def cards(self) -> list[TicketCard]:
        """Of what they have, and of what keeps them out. Valid ones that nobody has are theirs to give."""
        return [
            self._card(each.ticket, each)
            for each in self.standing.tickets
            if each.ticket is not None and (each.is_used or not each.is_valid)
        ]

    def _card(self, ticket: Ticket, held: Holding) -> TicketCard:
        is_theirs, goes_with = ticket.is_valid and held.is_used, ticket.goes_with
        code = ticket.opened("door_code") if is_theirs else ""
        return TicketCard(
            ticket=ticket,
            opens=self.opens(held),
            problem=state_words(ticket),
            link=shop_link(ticket, self.conference, self.standing.email),
            may_pass_on=is_theirs and not ticket.is_add_on,
            may_give_back=is_theirs and goes_with is None,
            goes_with=goes_with,
            picture=qr_image(code) if code else "",
        )

    def beside_tickets(self) -> list[tuple[str, Link | None]]:
        """What lets them in without a ticket: talks, each with its timer, and grants."""
        rest = [each for each in self.standing.holdings if each.ticket is None and each.windows]
        return [(self._sentence(each, Reason.WRONG_TICKET, None), _timer(each)) for each in rest]

    def _about(self, reason: Reason, scope: str | None) -> list[Holding]:
        standing, at = self.standing, self.at
        found: list[Holding | None]
        match reason:
            case Reason.NOT_YET:
                found = [standing.opening_first(scope, at)]
            case Reason.OVER:
                found = [standing.ended_last(scope, at), *self._to_come()]
            case Reason.WRONG_TICKET:
                found = [*(self._to_come() or [each for each in standing.valid if each.windows])]
            case Reason.TICKET_REQUIRED:
                found = [*(each for each in standing.tickets if each.is_valid)]
            case _:
                found = [standing.withheld_for(reason, scope)]
        return list(dict.fromkeys([each for each in found if each is not None]))

    def _to_come(self) -> list[Holding]:
        """What is open to them elsewhere, or will be."""
        return [each for each in self.standing.valid if not each.is_over_at(self.at)]

    def _is_of_replays(self, scope: str | None) -> bool:
        """Whether the replays ended for everybody who has a ticket, and not this person's time alone."""
        ended = self.standing.ended_last(scope, self.at)
        return scope == "replay" and ended is None and self.conference.replays_are_over

    def _title(self, reason: Reason, held: list[Holding], scope: str | None) -> str:
        if reason in REASON_OF_STATE.values():
            tickets = [each.ticket for each in held if each.ticket is not None]
            words = [told for ticket in tickets if (told := state_words(ticket))]
            state = next(state for state, its in REASON_OF_STATE.items() if its is reason)
            return str(words[0].title if words else STATE_WORDS[state].title)
        if reason is Reason.OVER and self._is_of_replays(scope):
            return _("The replays are over")
        if held and all(isinstance(each.row, Talk) for each in held):
            if reason is Reason.OVER:
                return _("Your talk is over")
            if reason is Reason.WRONG_TICKET:
                return _("You may enter here for your own talk alone")
        if reason is Reason.TICKET_REQUIRED and any(each.waits_for_organizers for each in held):
            return _("Your ticket opens nothing yet")
        is_of_ticket = any(each.ticket for each in held)
        titles = _TITLES if is_of_ticket else _TITLES | _TITLES_WITHOUT_TICKET
        return str(titles[reason])

    def _sentence(self, held: Holding, reason: Reason, scope: str | None) -> str:
        row = held.row
        if isinstance(row, Talk):
            return self._talk_sentence(row, held)
        if reason in REASON_OF_STATE.values():
            words = state_words(row) if isinstance(row, Ticket) else None
            return str(words.text) if words else ""
        code = row.code if isinstance(row, Ticket) else ""
        name = str(row.product) if isinstance(row, Ticket) else _("What the organizers gave you")
        label = name_of(row) if isinstance(row, Ticket) else name
        begin, end = held.opens_at(scope, self.at), held.ended_at(scope, self.at)
        if reason is Reason.NOT_YET and begin:
            text = _("%(name)s opens %(at)s.") % {"name": name, "at": self._moment(begin)}
        elif reason is Reason.OVER and end:
            text = _("%(name)s was open until %(at)s.") % {"name": name, "at": self._moment(end)}
        elif held.waits_for_organizers:
            return _("The organizers have not said yet what %(ticket)s opens.") % {"ticket": label}
        elif not held.windows:
            return _("%(ticket)s opens nothing here.") % {"ticket": label}
        elif not held.is_used:
            return _("%(ticket)s is in your name, and nobody uses it.") % {"ticket": label}
        else:
            parts = [f"{what} ({when})" if when else what for what, when in self.opens(held)]
            return _("%(name)s opens: %(opens)s.") % {"name": name, "opens": ", ".join(parts)}
        return _("%(text)s Your ticket: %(code)s.") % {"text": text, "code": code} if code else text

    def _talk_sentence(self, talk: Talk, held: Holding) -> str:
        is_over = held.is_over_at(self.at)
        if held.is_speaker and is_over:
            text = _(
                "Your talk “%(title)s” was on %(span)s; as its speaker you could enter"
                " from %(begin)s to %(end)s."
            )
        elif held.is_speaker:
            text = _(
                "Your talk “%(title)s” is on %(span)s; as its speaker you may enter"
                " from %(begin)s to %(end)s."
            )
        elif is_over:
            text = _(
                "You chaired “%(title)s” on %(span)s, and could enter from %(begin)s to %(end)s."
            )
        else:
            text = _("You chair “%(title)s” on %(span)s, and may enter from %(begin)s to %(end)s.")
        return text % {
            "title": talk.title,
            "span": span(talk.starts_at, talk.ends_at, self.conference),
            "begin": date_format(timezone.localtime(talk.starts_at - EARLY), "H:i"),
            "end": date_format(timezone.localtime(talk.ends_at + GRACE), "H:i"),
        }

    def _usual_sentence(self, reason: Reason) -> str:
        """Where no ticket, grant or talk of theirs is behind it."""
        match reason:
            case Reason.TOO_MANY_PLACES:
                return _("Other devices have taken all the places of your ticket.")
            case Reason.BANNED:
                return _("The organizers have shut this account out. They can tell you why.")
            case Reason.WRONG_TICKET:
                return _("Your work for the conference opens other rooms and pages.")
            case Reason.OVER if end := self.conference.replays_end_at:
                return _("The replays were there until %(at)s.") % {"at": self._moment(end)}
            case Reason.OVER | Reason.NOT_YET:
                return _("“My tickets” says when each of your tickets opens what.")
        return _("We have no ticket of %(name)s for the address that you signed in with.") % {
            "name": self.conference.name
        }

    def _act(self, reason: Reason, held: list[Holding]) -> Link | None:
        if reason is Reason.TOO_MANY_PLACES:
            return Link(_("My devices"), reverse("devices"))
        if reason in REASON_OF_STATE.values() and held and (ticket := held[0].ticket):
            return shop_link(ticket, self.conference, self.standing.email)
        return None

    def _moment(self, at: datetime) -> str:
        return moment(at, self.conference)

    def opens(self, held: Holding) -> list[tuple[str, str]]:
        """What it opens, and from when to when; "": as long as there is something to see."""
        return [(self.names.of(parse_scope(each.scope)), self._when(each)) for each in held.windows]

    def _when(self, window: ScopeWindow) -> str:
        starts_at, ends_at = window.starts_at, window.ends_at
        if window.scope == "conference":
            first, last = self.conference.window
            starts_at, ends_at = starts_at or first, ends_at or last
        elif window.scope == "replay":
            ends_at = ends_at or self.conference.replays_end_at
        if starts_at and ends_at:
            return span(starts_at, ends_at, self.conference)
        if starts_at:
            return _("from %(at)s") % {"at": self._moment(starts_at)}
        return _("until %(at)s") % {"at": self._moment(ends_at)} if ends_at else ""


def _timer(held: Holding) -> Link | None:
    if not isinstance(held.row, Talk):
        return None
    return Link(_("Timer"), reverse("timer", args=[held.row.code]))
