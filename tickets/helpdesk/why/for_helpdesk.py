"""For those who help, and for `manage.py why`: everything, with who did it."""

from datetime import datetime

from django.utils.translation import gettext, ngettext_lazy
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from tickets.admission.rule import Reason
from tickets.helpdesk.why.inquiry import Inquiry
from tickets.helpdesk.why.wording import Wording
from tickets.models import Ticket

_HAVE = _("They have ticket %(ticket)s, which opens: %(opens)s.")
_IN_NAME = _("Ticket %(ticket)s is in their name and nobody has it yet.")
_WATCH = ngettext_lazy(
    "They watch on %(count)s device now.", "They watch on %(count)s devices now.", "count"
)
_HEARD = _("The ticket shop “%(shop)s” was last heard %(age)s ago, at %(at)s.")

_VERDICTS = {
    None: _("They may enter %(scope)s at %(at)s."),
    Reason.LOGIN_REQUIRED: _("They have to sign in first."),
    Reason.TICKET_REQUIRED: _("They may not enter: they have no valid ticket and no grant."),
    Reason.TICKET_PENDING: _("They may not enter: their ticket is not paid, or not complete, yet."),
    Reason.TICKET_BLOCKED: _("They may not enter: their ticket is blocked in the shop."),
    Reason.TICKET_UNKNOWN: _(
        "They may not enter: the shop does not say that their ticket is valid."
    ),
    Reason.TICKET_CANCELED: _("They may not enter: their ticket was canceled."),
    Reason.NOT_YET: _("They may not enter %(scope)s yet at %(at)s: it opens later."),
    Reason.OVER: _("They may not enter %(scope)s any more: its time is over."),
    Reason.WRONG_TICKET: _("They may not enter %(scope)s: their ticket opens something else."),
    Reason.BANNED: _("They may not enter: an organizer has shut them out."),
}


class WordingForHelpDesk(Wording):
    sentences = {
        "visibility.public": _("%(conference)s is open to everybody: nobody needs a ticket."),
        "visibility.public_later": _("%(conference)s will be open to everybody from %(at)s."),
        "visibility.over": _("%(conference)s is over since %(at)s."),
        "visibility.replays": _("Replays are for ticket holders until %(at)s."),
        "visibility.replays_over": _("The replays for ticket holders ended at %(at)s."),
        "account.none": _("Nobody has signed in as %(who)s."),
        "account": _("%(email)s is %(reference)s."),
        "active": _("The account is closed by an organizer."),
        "verified.no": _("They have not entered a code yet, so the address is not verified."),
        "verified.by_password": _(
            "The address is not verified: they came in by password, not by a code."
        ),
        "verified": _("Last signed in: %(at)s."),
        "second_factor": _("They work here, and sign in with a second factor."),
        "second_factor.none": _("They work here, and have no second factor for signing in."),
        "work.superuser": _("They run this site, and may enter everything."),
        "work.organizer": _("They organize %(conference)s, and may enter all of it."),
        "work.moderator": _("They moderate %(conference)s, and may enter all of it."),
        "work.helpdesk": _(
            "They work at the help desk: programme and lobby are open, rooms are not."
        ),
        "work.helper": _("They help in %(rooms)s, and may enter there, programme and lobby."),
        "work.chair": _("They chair %(code)s “%(title)s”, and may enter for that time."),
        "ban": _("They are shut out: “%(reason)s”."),
        "ban.over": _("They were shut out: “%(reason)s”."),
        "released": _("They had ticket %(ticket)s, until %(at)s."),
        "claim.valid": _HAVE,
        "claim.pending": _HAVE,
        "claim.blocked": _HAVE,
        "claim.canceled": _HAVE,
        "claim.unknown": _HAVE,
        "ticket.valid": _IN_NAME,
        "ticket.pending": _IN_NAME,
        "ticket.blocked": _IN_NAME,
        "ticket.canceled": _IN_NAME,
        "ticket.unknown": _IN_NAME,
        "ticket.waits": _("Ticket %(ticket)s is in their name: it is theirs once they sign in."),
        "ticket.none": _("No ticket is in the name of %(email)s."),
        "ticket_of_other": _("Ticket %(ticket)s is in their name, but %(other)s has claimed it."),
        "bought": ngettext_lazy(
            "They have bought %(count)s ticket that is in another name or in none.",
            "They have bought %(count)s tickets that are in other names or in none.",
            "count",
        ),
        "link": _("The entry link of %(ticket)s was sent to %(to)s at %(at)s."),
        "link.not_sent": _("The entry link of %(ticket)s was never sent."),
        "grant": _("They are let in as “%(reason)s” to: %(opens)s."),
        "grant.later": _("They are let in as “%(reason)s” to: %(opens)s."),
        "talk": _("They speak in %(code)s “%(title)s”, and may enter for that time."),
        "places": _WATCH,
        "places.any": _WATCH,
        "shop": _HEARD,
        "shop.oldest": _HEARD,
        "shop.never": _("The ticket shop “%(shop)s” has never been heard."),
        "state": _("Ticket %(ticket)s opens: %(opens)s."),
        "holder": _("It is in the name of %(holder)s."),
        "holder.none": _("No e-mail address stands on it, so nobody gets it by themselves."),
        "claim.now": _("%(who)s (%(email)s) has it since %(at)s, by %(way)s."),
        "claim.before": _("%(who)s (%(email)s) had it from %(at)s to %(end)s."),
        "claim.nobody": _("Nobody has it."),
        "add_on": _("It is an add-on to %(main)s, and ends with that ticket."),
        "product.waits": _(
            "Nobody has said yet what “%(product)s” opens: organizers say it under Products."
        ),
        "by": _("By %(who)s."),
        "since": _("From %(at)s."),
        "from": _("From %(at)s."),
        "until": _("Until %(at)s."),
        "bounced": _("It came back at %(at)s: the mailbox does not take it."),
        "opened": _("It was opened at %(at)s."),
        "used": _("It was used to sign in at %(at)s."),
        "passed_on": _("It was passed on here; the shop says %(email)s."),
        "limit": _("Their places: %(places)s."),
        "limit_reached": _("On the next device they choose “Watch here instead”."),
        "sync_failed": _("The last try failed: %(problem)s"),
        "orders_wait": ngettext_lazy("%(count)s order waits.", "%(count)s orders wait.", "count"),
    }

    def time(self, at: datetime) -> str:
        return plain(at, self.conference)

    def ticket(self, ticket: Ticket) -> str:
        state = str(ticket.get_state_display())
        if ticket.shop_says.startswith(Ticket.ENDED_WITH) and not ticket.is_valid:
            values = {"state": state, "main": ticket.main_code}
            state = gettext("%(state)s; it ended with its ticket %(main)s") % values
        elif ticket.shop_says and not ticket.is_valid:
            values = {"state": state, "word": ticket.shop_says}
            state = gettext("%(state)s; the shop says “%(word)s”") % values
        return f"{ticket.code} ({ticket.product}, {state})"

    def scopes(self, scopes: list[str]) -> str:
        return ", ".join(scopes) or "–"

    def verdict(self, reason: Reason | None, case: Inquiry) -> str:
        if reason is Reason.TICKET_REQUIRED and case.user and not case.user.is_active:
            return gettext("They may not enter: their account is closed.")
        if reason is Reason.TICKET_REQUIRED and case.waiting_product:
            text = gettext("They may not enter: nobody has said yet what “%(product)s” opens.")
            return text % {"product": case.waiting_product}
        values = {"scope": case.scope or self.conference, "at": self.time(case.at)}
        return _VERDICTS[reason] % values


def plain(at: datetime, conference: Conference) -> str:
    """As the clock at the venue shows it."""
    return f"{at.astimezone(conference.zone):%Y-%m-%d %H:%M %Z}"
