"""What doctor looks at of tickets: where they come from, and whether all their holders can come in at
once.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.readiness.results import Answers, error, not_applicable, ok, register, warning
from schedule.models import Conference
from tickets.mail.readiness import check_relays
from tickets.models import Shop, SyncRun, Ticket
from tickets.sources.waiting import waiting_products

# The timer comes every five minutes, and once a day for everything.
FRESH, FRESH_IN_FULL = timedelta(minutes=20), timedelta(days=2)
# Within so many minutes all come, before the keynote.
MINUTES_TO_COME_IN = 10


def check_sources(at: datetime) -> Answers:
    shops = Shop.objects.active().select_related("conference").order_by("conference", "slug")
    for shop in shops:
        slug, values = shop.conference.slug, {"shop": shop.slug}
        timer = _("See that the timers of manage.py sync_tickets run, and look at its last run.")
        last = shop.runs.exclude(state=SyncRun.State.RUNNING).first()
        if shop.synced_at is None or at - shop.synced_at > FRESH:
            text = _("Nothing was heard from the ticket shop “%(shop)s” for 20 minutes.")
            yield error(text % values, timer, slug)
        elif shop.full_synced_at is None or at - shop.full_synced_at > FRESH_IN_FULL:
            text = _("The ticket shop “%(shop)s” was not read in full for two days.")
            yield warning(text % values, timer, slug)
        elif last is not None and last.state == SyncRun.State.REFUSED:
            text = _("The ticket shop “%(shop)s” would cancel so many tickets that none is.")
            yield error(text % values, _("Say in the admin whether that is right."), slug)
        else:
            yield ok(_("The ticket shop “%(shop)s” is up to date.") % values, slug)
    if not shops:
        yield not_applicable(_("No ticket shop is asked."))
    for conference in Conference.objects.order_by("slug"):
        for waiting in waiting_products(conference):
            yield error(str(waiting), _("Say in the admin what it opens."), conference.slug)


def check_limits(_at: datetime) -> Answers:
    """Everybody with a ticket is expected."""
    limit = settings.SIGN_INS_PER_SECOND
    for conference in Conference.objects.order_by("slug"):
        people = Ticket.objects.filter(conference=conference).valid().count()
        values = {"people": people, "limit": limit, "minutes": MINUTES_TO_COME_IN}
        # A mailed code counts as three (tickets/accounts/waiting_line.py).
        if limit and 3 * people > limit * MINUTES_TO_COME_IN * 60:
            text = _(
                "%(people)d people cannot sign in by code within %(minutes)d minutes:"
                " SIGN_INS_PER_SECOND is %(limit)d."
            )
            hint = _("Send entry links days ahead, add cores, or raise SIGN_INS_PER_SECOND.")
            yield warning(text % values, hint, conference.slug)
        else:
            text = _("%(people)d people can sign in within %(minutes)d minutes.")
            yield ok(text % values, conference.slug)


def connect() -> None:
    register("relay", gettext_lazy("Mail relays"), check_relays, needs_database=False)
    register("sources", gettext_lazy("Ticket sources"), check_sources)
    register("limits", gettext_lazy("Limits"), check_limits)
