"""How long each kind of data is kept, and what is done with it then: the only table of that.

docs/privacy.md tells people the same, and a test compares. `manage.py housekeeping` carries it out, and
doctor says when it is overdue. What can be asked again, or is of use to nobody, goes by itself; the
people of a conference go after PEOPLE_KEPT_DAYS, of which its organizers are warned.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import transaction
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from portal import worker
from portal.keeping.anonymise import anonymise, holds_people
from portal.models import Mistake
from schedule.models import Conference
from tickets.accounts.accounts import accounts_without_ties, unused_accounts
from tickets.accounts.devices import sessions
from tickets.models import OrderHint, ReplacementCount, Upload

DELETED, EMPTIED, ANONYMISED = _("deleted"), _("emptied"), _("anonymised")


def delete(rows: QuerySet[Any]) -> int:
    """How many of them, without what hangs on them."""
    return rows.delete()[1].get(rows.model._meta.label, 0)


@dataclass(frozen=True)
class Retention:
    """A line of the timetable. `period` None: for ever. `kept_until(before)` finds the rows whose time
    began before that moment.
    """

    name: str
    what: Promise
    period: timedelta | None
    after: Promise
    kept_until: Callable[[datetime], QuerySet[Any]]
    fate: Promise = DELETED
    remove: Callable[[QuerySet[Any]], int] = delete

    def due(self, at: datetime) -> QuerySet[Any] | None:
        """None: never."""
        return None if self.period is None else self.kept_until(at - self.period)

    @transaction.atomic
    def carry_out(self, at: datetime) -> int:
        rows = self.due(at)
        return 0 if rows is None else self.remove(rows)


def people_period() -> timedelta | None:
    return timedelta(days=settings.PEOPLE_KEPT_DAYS) if settings.PEOPLE_KEPT_DAYS else None


def over_at(conference: Conference) -> datetime:
    """From when nobody needs an account for it any more, as far as its organizers have said."""
    ends_at = conference.window[1]
    return max(ends_at, conference.replays_end_at or ends_at)


def with_people(before: datetime) -> QuerySet[Conference]:
    """Conferences that were over before that moment, with people in them."""
    over = [each for each in Conference.objects.all() if over_at(each) < before]
    return Conference.objects.filter(pk__in=[each.pk for each in over if holds_people(each)])


def anonymise_each(conferences: QuerySet[Conference]) -> int:
    chosen = list(conferences)
    for conference in chosen:
        anonymise(conference)
    if chosen:
        transaction.on_commit(cache.clear)
    return len(chosen)


# Sessions come first: a device is signed out once its session is gone.
ALWAYS = (
    Retention(
        "sessions",
        _("sessions"),
        timedelta(0),
        _("they have ended"),
        lambda before: Session.objects.filter(expire_date__lt=before),
    ),
    Retention(
        "devices",
        _("devices and when they signed in, once they are signed out"),
        sessions.KEPT,
        _("signing in"),
        sessions.signed_out,
    ),
    Retention(
        "replaced devices",
        _("how often a device took another one's place"),
        sessions.KEPT,
        _("the last time"),
        lambda before: ReplacementCount.objects.filter(last_at__lt=before),
    ),
    Retention(
        "unused accounts",
        _("accounts in which nobody ever signed in, and that were given nothing"),
        # A code lives 15 minutes; a day leaves room for a mail that was held up and for who is on call.
        timedelta(days=1),
        _("a code was asked for"),
        unused_accounts,
    ),
    Retention(
        "tasks",
        _("mails and other tasks that are done (mails that were sent: at once)"),
        worker.KEPT_FOR,
        _("they were done"),
        worker.finished,
    ),
    Retention(
        "calls of shops",
        _("what a ticket shop called about"),
        timedelta(days=7),
        _("it was followed"),
        lambda before: OrderHint.objects.filter(done_at__lt=before),
    ),
    Retention(
        "mistakes",
        _("errors in the code, without people"),
        timedelta(days=30),
        _("the last time"),
        lambda before: Mistake.objects.filter(last_at__lt=before),
    ),
    Retention(
        "spreadsheets",
        _("spreadsheets of tickets that nobody applied"),
        Upload.WAITS_FOR,
        _("uploading"),
        Upload.objects.unapplied,
    ),
    Retention(
        "rows set aside",
        _("rows of spreadsheets that could not be read"),
        Upload.WAITS_FOR,
        _("applying"),
        Upload.objects.with_rows_set_aside,
        EMPTIED,
        lambda rows: rows.update(set_aside=[]),
    ),
    Retention(
        "undoing spreadsheets",
        _("what tickets were before a spreadsheet, to undo it"),
        Upload.UNDONE_WITHIN,
        _("applying"),
        Upload.objects.with_before,
        EMPTIED,
        lambda rows: rows.update(before=[]),
    ),
)


def timetable() -> Iterator[Retention]:
    yield from ALWAYS
    yield from _of_people()


def _of_people() -> Iterator[Retention]:
    yield Retention(
        "accounts",
        _("accounts that have nothing to do with any conference"),
        people_period(),
        _("the last sign-in"),
        accounts_without_ties,
    )
    yield Retention(
        "people",
        _("the people of a conference, their tickets, and what was done"),
        people_period(),
        _("the conference and its replays for ticket holders have ended"),
        with_people,
        ANONYMISED,
        anonymise_each,
    )
