"""Somebody else comes with the link or the order code of a ticket that a person has: that person is
asked, and nothing is taken away.
"""

from django.core.cache import cache
from django.tasks import task
from django.template.loader import render_to_string

from tickets.mail.mailing import post
from tickets.models import Claim

# A forwarded link may be opened by a whole office.
ONCE_IN_SECONDS = 24 * 3600


def ask_first_holder(claim: Claim) -> None:
    """Not when the help desk gave it to them: they have not proved the ticket's mailbox."""
    if claim.way == Claim.Way.HELPDESK:
        return
    if cache.add(f"second-claim:{claim.pk}", True, ONCE_IN_SECONDS):
        mail_first_holder.enqueue(claim.pk)


@task(queue_name="mail")
def mail_first_holder(claim_id: int) -> None:
    claims = Claim.objects.live().select_related("user", "ticket__conference", "ticket__product")
    claim = claims.filter(pk=claim_id).first()
    if claim is None:
        return
    conference = claim.ticket.conference
    values = {"claim": claim, "ticket": claim.ticket, "conference": conference}
    post(
        to=claim.user.email,
        subject=render_to_string("tickets/email/second_claim_subject.txt", values),
        body=render_to_string("tickets/email/second_claim.txt", values),
        conference=conference,
    )
