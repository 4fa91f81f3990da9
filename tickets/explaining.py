"""Why somebody can, or cannot, get in: everything that is known, in the order of the checks."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from schedule.models import Conference, Talk
from tickets.accounts import is_verified
from tickets.admission import Reason, compute, refusal
from tickets.models import Claim, Grant, Ticket, User, fold_email, person_of_reference


@dataclass(frozen=True, slots=True)
class Finding:
    """`is_good` None: good to know, decides nothing."""

    check: str
    is_good: bool | None
    text: str


@dataclass(frozen=True, slots=True)
class Explanation:
    """`reason` None: they may come in."""

    user: User | None
    findings: list[Finding]
    reason: Reason | None
    verdict: str


def explain(
    conference: Conference, who: str, at: datetime, scope: str | None = None
) -> Explanation:
    """`who` is an address or a reference. `scope` None asks for any admission."""
    user = _person(who)
    email = user.email if user else fold_email(who)
    findings = [
        *_about_account(conference, user, email),
        *_about_visibility(conference),
        *_about_tickets(conference, user, email),
    ]
    if user is not None:
        findings += [
            *_about_claims(conference, user),
            *_about_grants(conference, user, at),
            *_about_talks(conference, user),
        ]
    admission = compute(conference, user.pk) if user else None
    reason = refusal(conference, admission, scope, at)
    return Explanation(user, findings, reason, _verdict(reason, scope, at, conference))


def _person(who: str) -> User | None:
    number = person_of_reference(who)
    wanted = {"pk": number} if number is not None else {"email": fold_email(who)}
    return User.objects.filter(**wanted).first()


def _about_account(conference: Conference, user: User | None, email: str) -> Iterator[Finding]:
    if user is None:
        yield Finding("account", False, _("Nobody has signed in as %(who)s.") % {"who": email})
        return
    known = _("%(email)s is %(reference)s.") % {"email": email, "reference": user.reference}
    yield Finding("account", True, known)
    if not user.is_active:
        yield Finding("active", False, _("The account is closed by an organizer."))
    if not is_verified(user):
        text = _("They have not entered a code yet, so the address is not verified.")
        if not user.last_login:
            yield Finding("verified", False, text)
        else:
            text = _("The address is not verified: they came in by password, not by a code.")
            yield Finding("verified", False, text)
    elif user.last_login:
        text = _("Last signed in: %(at)s.") % {"at": _plain(user.last_login, conference)}
        yield Finding("verified", True, text)


def _about_visibility(conference: Conference) -> Iterator[Finding]:
    if conference.is_public:
        text = _("%(conference)s is open to everybody: nobody needs a ticket.")
        yield Finding("visibility", True, text % {"conference": conference})


def _about_tickets(conference: Conference, user: User | None, email: str) -> Iterator[Finding]:
    """Those in the person's name, whoever has them."""
    tickets = Ticket.objects.filter(conference=conference).select_related("product").order_by("pk")
    named = list(tickets.for_holder(email))
    for ticket in named:
        claim = ticket.live_claim
        if claim is None:
            text = _("Ticket %(ticket)s is in their name and nobody has it yet.")
            if user is None:
                text = _("Ticket %(ticket)s is in their name: it is theirs once they sign in.")
            is_good = ticket.state == Ticket.State.VALID
            yield Finding("ticket", is_good, text % {"ticket": _named(ticket)})
        elif claim.user != user:
            text = _("Ticket %(ticket)s is in their name, but %(other)s has claimed it.")
            values = {"ticket": _named(ticket), "other": claim.user.reference}
            yield Finding("ticket", False, text % values)
    if not named:
        yield Finding(
            "ticket", None, _("No ticket is in the name of %(email)s.") % {"email": email}
        )
    bought = tickets.filter(buyer_email=email).exclude(holder_email=email).count()
    if bought:
        text = _("They have bought %(count)s tickets that are in other names or in none.")
        yield Finding("bought", None, text % {"count": bought})


def _about_claims(conference: Conference, user: User) -> Iterator[Finding]:
    claims = Claim.objects.filter(user=user, ticket__conference=conference).order_by("pk")
    for claim in claims.select_related("ticket__product"):
        ticket, opens = claim.ticket, ", ".join(map(str, claim.ticket.product.scopes)) or "–"
        values = {"ticket": _named(ticket), "opens": opens}
        if claim.released_at:
            text = _("They had ticket %(ticket)s, until %(at)s.")
            values["at"] = _plain(claim.released_at, conference)
            yield Finding("claim", None, text % values)
            continue
        text = _("They have ticket %(ticket)s, which opens: %(opens)s.")
        window = _window(ticket.valid_from, ticket.valid_until, conference)
        yield Finding("claim", ticket.state == Ticket.State.VALID, text % values + window)


def _about_grants(conference: Conference, user: User, at: datetime) -> Iterator[Finding]:
    for grant in Grant.objects.filter(conference=conference, user=user).order_by("pk"):
        text = _("They are let in as “%(reason)s” to: %(opens)s.") % {
            "reason": grant.reason,
            "opens": ", ".join(map(str, grant.scopes)),
        }
        is_live = grant.starts_at <= at and (grant.ends_at is None or at < grant.ends_at)
        yield Finding("grant", is_live, text + _window(grant.starts_at, grant.ends_at, conference))


def _about_talks(conference: Conference, user: User) -> Iterator[Finding]:
    talks = Talk.objects.filter(conference=conference, speakers__email__iexact=user.email)
    for talk in talks.order_by("starts_at"):
        text = _("They speak in %(code)s “%(title)s”, and may enter for that time.")
        yield Finding("talk", is_verified(user), text % {"code": talk.code, "title": talk.title})


def _verdict(reason: Reason | None, scope: str | None, at: datetime, conference: Conference) -> str:
    values = {"scope": scope or conference, "at": _plain(at, conference)}
    told = {
        None: _("They may enter %(scope)s at %(at)s."),
        Reason.LOGIN_REQUIRED: _("They have to sign in first."),
        Reason.TICKET_REQUIRED: _("They may not enter: they have no valid ticket and no grant."),
        Reason.TICKET_CANCELED: _("They may not enter: their ticket was canceled."),
        Reason.NOT_YET: _("They may not enter %(scope)s yet at %(at)s: it opens later."),
        Reason.OVER: _("They may not enter %(scope)s any more: its time is over."),
        Reason.WRONG_TICKET: _("They may not enter %(scope)s: their ticket opens something else."),
        Reason.BANNED: _("They may not enter: an organizer has shut them out."),
    }
    return told[reason] % values


def _named(ticket: Ticket) -> str:
    return f"{ticket.code} ({ticket.product}, {ticket.get_state_display()})"


def _window(starts_at: datetime | None, ends_at: datetime | None, conference: Conference) -> str:
    begin = f" {_('From')} {_plain(starts_at, conference)}." if starts_at else ""
    end = f" {_('Until')} {_plain(ends_at, conference)}." if ends_at else ""
    return begin + end


def _plain(at: datetime, conference: Conference) -> str:
    """As the clock at the venue shows it."""
    return f"{at.astimezone(conference.zone):%Y-%m-%d %H:%M %Z}"
