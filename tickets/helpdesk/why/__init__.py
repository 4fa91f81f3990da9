"""Why somebody can, or cannot, get in. What is known is found out once (facts.py), and put into words
for those who help (for_helpdesk.py) or for the person themself (for_person.py).
"""

from dataclasses import dataclass
from datetime import datetime

from schedule.models import Conference
from tickets.admission.rule import Admission, Reason, refusal
from tickets.helpdesk.why import facts
from tickets.helpdesk.why.for_helpdesk import WordingForHelpDesk
from tickets.helpdesk.why.for_person import WordingForPerson
from tickets.helpdesk.why.inquiry import Inquiry
from tickets.helpdesk.why.wording import Finding
from tickets.models import Ticket, User


@dataclass(frozen=True, slots=True)
class Explanation:
    """`reason` None: they may come in. `case` has the rows that were read on the way."""

    case: Inquiry
    findings: list[Finding]
    reason: Reason | None
    verdict: str


def explain(
    conference: Conference,
    user: User | None,
    email: str,
    at: datetime,
    scope: str | None = None,
) -> Explanation:
    """`user` None: of an address without an account that is known here. `scope` None asks for any
    admission. The number of queries does not depend on how much they hold.
    """
    case = Inquiry.read(conference, user, email, at, scope)
    wording = WordingForHelpDesk(conference)
    findings = wording.tell(fact for check in facts.CHECKS for fact in check(case))
    reason = refusal(conference, case.admission, scope, at)
    return Explanation(case, findings, reason, wording.verdict(reason, case))


def explain_to(
    conference: Conference, user: User, admission: Admission, at: datetime
) -> list[Finding]:
    """What stands in the name of an address is told only to who has shown to read its mail."""
    case = Inquiry(conference, user, user.email, at, admission)
    left_out = {facts.second_factor}
    if not case.is_verified:
        left_out |= {facts.names, facts.talks}
    checks = [check for check in facts.CHECKS if check not in left_out]
    return WordingForPerson(conference).tell(fact for check in checks for fact in check(case))


def explain_ticket(ticket: Ticket, conference: Conference, at: datetime) -> list[Finding]:
    """One that was read `with_all`, whoever has it."""
    return WordingForHelpDesk(conference).tell(facts.about_ticket(ticket, conference, at))
