"""Why somebody can, or cannot, get in: everything that is known, in the order of the checks."""

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from schedule.models import Conference
from tickets.admission.rule import Reason, compute, refusal
from tickets.helpdesk.why.findings import Finding, Inquiry, live_claim, plain, with_all
from tickets.helpdesk.why.own import explain_to
from tickets.helpdesk.why.people import about_account, about_ban, about_places, about_visibility
from tickets.helpdesk.why.rights import about_grants, about_talks
from tickets.helpdesk.why.tickets import (
    about_claims,
    about_links,
    about_named,
    about_shops,
    about_ticket,
)
from tickets.models import User

__all__ = [
    "Inquiry",
    "Explanation",
    "Finding",
    "about_ticket",
    "explain",
    "explain_to",
    "live_claim",
    "plain",
    "with_all",
]


@dataclass(frozen=True, slots=True)
class Explanation:
    """`reason` None: they may come in. `case` has the rows that were read on the way."""

    case: Inquiry
    findings: list[Finding]
    reason: Reason | None
    verdict: str

    @property
    def user(self) -> User | None:
        return self.case.user


def explain(
    conference: Conference, who: str, at: datetime, scope: str | None = None
) -> Explanation:
    """`who` is an address or a reference. `scope` None asks for any admission. The number of
    queries does not depend on how much they hold.
    """
    case = Inquiry.read(conference, who, at)
    user = case.user
    admission = compute(conference, user.pk) if user else None
    findings = [
        *about_visibility(case, scope),
        *about_account(case),
        *about_ban(case),
        *about_claims(case),
        *about_named(case),
        *about_links(case),
        *about_grants(case),
        *about_talks(case),
        *about_places(case, admission),
        *about_shops(case),
    ]
    reason = refusal(conference, admission, scope, at)
    return Explanation(case, findings, reason, _verdict(reason, scope, case))


def _verdict(reason: Reason | None, scope: str | None, case: Inquiry) -> str:
    values = {"scope": scope or case.conference, "at": plain(case.at, case.conference)}
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
    if reason is Reason.TICKET_REQUIRED and case.user and not case.user.is_active:
        return _("They may not enter: their account is closed.")
    return told[reason] % values
