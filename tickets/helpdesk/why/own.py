"""The same for the person themselves: in friendly words, and with nothing about anybody else.

What stands in the name of an address is told only to who has shown to read its mail.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timesince import timesince
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schedule.models import Conference
from tickets.admission.rule import Admission
from tickets.admission.watching import devices_watching
from tickets.helpdesk.why.findings import Finding, Inquiry, live_claim
from tickets.models import Ban, Shop, Ticket, User
from tickets.models.scopes import Scope, parse_scopes


def explain_to(
    conference: Conference, user: User, admission: Admission, at: datetime
) -> list[Finding]:
    """Times are in the zone that is active."""
    case = Inquiry.read(conference, user.reference, at)
    words = _ScopeWords(conference)
    return [
        *_about_visibility(case),
        *_about_account(case, user),
        *_about_ban(case),
        *_about_tickets(case, words),
        *_about_names(case),
        *_about_grants(case, words),
        *_about_talks(case),
        *_about_places(case, user, admission),
        *_about_shops(case),
    ]


def _about_visibility(case: Inquiry) -> Iterator[Finding]:
    conference = case.conference
    if conference.is_public_at(case.at):
        yield Finding("visibility", True, _("Everything is open to everybody, without a ticket."))
        return
    if conference.window[1] <= case.at:
        text = _("%(conference)s is over.") % {"conference": conference}
        yield Finding("visibility", None, text)
    if conference.replays_end_at is not None:
        text = _("Replays for ticket holders until %(at)s.")
        if conference.replays_end_at <= case.at:
            text = _("The replays for ticket holders ended on %(at)s.")
        yield Finding("visibility", None, text % {"at": _when(conference.replays_end_at)})
    if conference.public_at is not None:
        text = _("It opens to everybody on %(at)s.") % {"at": _when(conference.public_at)}
        yield Finding("visibility", None, text)


def _about_account(case: Inquiry, user: User) -> Iterator[Finding]:
    text = _("You are signed in as %(email)s. The help desk knows you as %(reference)s.")
    yield Finding("account", True, text % {"email": user.email, "reference": user.reference})
    if not case.is_verified:
        text = _(
            "You have not shown yet that you read the mail of this address. Sign out, and sign in"
            " with a mailed code: tickets find only such addresses."
        )
        yield Finding("verified", False, text)


def _about_ban(case: Inquiry) -> Iterator[Finding]:
    bans = Ban.objects.filter(conference=case.conference, user=case.user).order_by("pk")
    for ban in bans:
        if ban.is_over_at(case.at):
            continue
        text = _("The organizers have shut this account out. They can tell you why.")
        yield Finding("ban", False, text + _window(None, ban.ends_at))


def _about_tickets(case: Inquiry, words: "_ScopeWords") -> Iterator[Finding]:
    for ticket in case.tickets:
        claim = case.claim_of(ticket)
        if claim is None:
            continue
        values = {"ticket": f"{ticket.product} ({ticket.code})"}
        if claim.released_at is not None:
            text = _("You had the ticket %(ticket)s, until %(at)s.")
            values["at"] = _when(claim.released_at)
            yield Finding("released", None, text % values)
            continue
        told = {
            Ticket.State.VALID: _("You have the ticket %(ticket)s. It opens: %(opens)s."),
            Ticket.State.PENDING: _("Your ticket %(ticket)s is not paid yet. Then it opens."),
            Ticket.State.CANCELED: _("The ticket shop has canceled your ticket %(ticket)s."),
            Ticket.State.UNKNOWN: _("The ticket shop does not say that %(ticket)s is valid."),
        }
        values["opens"] = words.of(ticket.product.scopes)
        text = told[Ticket.State(ticket.state)] % values
        window = _window(ticket.valid_from, ticket.valid_until)
        yield Finding("claim", ticket.is_valid and case.is_open(ticket), text + window)


def _about_names(case: Inquiry) -> Iterator[Finding]:
    if not case.is_verified:
        return
    in_my_name = [ticket for ticket in case.tickets if ticket.holder_email == case.email]
    for ticket in in_my_name:
        claim, values = live_claim(ticket), {"ticket": f"{ticket.product} ({ticket.code})"}
        if claim is None:
            text = _("The ticket %(ticket)s is in your name, and nobody uses it.")
            yield Finding("ticket", None, text % values)
        elif claim.user_id != case.user_id:
            text = _("The ticket %(ticket)s is in your name, but another account uses it.")
            text += " " + _("The help desk can sort that out.")
            yield Finding("ticket_of_other", False, text % values)
    if not in_my_name:
        text = _("No ticket is in the name of %(email)s.") % {"email": case.email}
        yield Finding("ticket", None, text)
    if bought := len(case.bought):
        text = ngettext(
            "You have bought %(count)s ticket that is in another name or in none.",
            "You have bought %(count)s tickets that are in other names or in none.",
            bought,
        )
        yield Finding("bought", None, text % {"count": bought})


def _about_grants(case: Inquiry, words: "_ScopeWords") -> Iterator[Finding]:
    for grant in case.grants:
        text = _("The organizers let you in without a ticket. It opens: %(opens)s.")
        starts_at = grant.starts_at if case.at < grant.starts_at else None
        window = _window(starts_at, grant.ends_at)
        yield Finding(
            "grant", case.is_open(grant), text % {"opens": words.of(grant.scopes)} + window
        )


def _about_talks(case: Inquiry) -> Iterator[Finding]:
    if not case.is_verified:
        return
    talks = case.conference.talks.filter(speakers__email__iexact=case.email).distinct()
    for title in talks.order_by("starts_at").values_list("title", flat=True):
        text = _("You speak in “%(title)s”, and may enter for that time.")
        yield Finding("talk", True, text % {"title": title})


def _about_places(case: Inquiry, user: User, admission: Admission) -> Iterator[Finding]:
    count = len(devices_watching(case.conference.pk, user.pk))
    if not count or admission.places is None:
        return
    text = ngettext(
        "You watch on %(count)s device now, and have %(places)s places.",
        "You watch on %(count)s devices now, and have %(places)s places.",
        count,
    ) % {"count": count, "places": admission.places}
    if count >= admission.places:
        text += " " + _("On the next device you can choose “Watch here instead”.")
    yield Finding("places", None, text)


def _about_shops(case: Inquiry) -> Iterator[Finding]:
    heard = Shop.objects.active().filter(conference=case.conference, synced_at__isnull=False)
    oldest = heard.order_by("synced_at").values_list("synced_at", flat=True).first()
    if oldest is not None:
        text = _(
            "We last heard from the ticket shop %(age)s ago. What was bought since comes soon."
        )
        yield Finding("shop", None, text % {"age": timesince(oldest, case.at)})


class _ScopeWords:
    """What scopes are called in the programme."""

    def __init__(self, conference: Conference) -> None:
        self.conference = conference
        self._names: dict[str, dict[str, str]] = {}

    def of(self, scopes: Iterable[str]) -> str:
        words = [self._word(scope) for scope in parse_scopes(list(scopes))]
        return ", ".join(words) or _("nothing")

    def _word(self, scope: Scope) -> str:
        match scope.kind:
            case "conference":
                return _("the whole conference")
            case "replay":
                return _("the replays")
            case "day":
                return date_format(date.fromisoformat(scope.value), "j F")
        return f"“{self._names_of(scope.kind).get(scope.value, scope.value)}”"

    def _names_of(self, kind: str) -> dict[str, str]:
        if kind not in self._names:
            rooms = self.conference.rooms.values_list("slug", "name")
            talks = self.conference.talks.values_list("code", "title")
            self._names[kind] = dict(rooms if kind == "room" else talks)
        return self._names[kind]


def _window(starts_at: datetime | None, ends_at: datetime | None) -> str:
    begin = " " + _("From %(at)s.") % {"at": _when(starts_at)} if starts_at else ""
    end = " " + _("Until %(at)s.") % {"at": _when(ends_at)} if ends_at else ""
    return begin + end


def _when(at: datetime) -> str:
    return date_format(timezone.localtime(at), "j F Y, H:i T")
