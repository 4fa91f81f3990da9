"""What doctor says of the timetable: whether it is kept, and whose people go soon."""

from datetime import datetime, timedelta

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from lib.readiness.results import Answers, error, ok, warning
from portal.keeping.anonymise import holds_people
from portal.keeping.timetable import over_at, people_period, timetable
from schedule.models import Conference

# The timer comes once a day.
GRACE = timedelta(days=2)
WARNED_BEFORE = timedelta(days=60)


def check_timetable(at: datetime) -> Answers:
    is_kept = True
    for line in timetable():
        rows = line.due(at - GRACE)
        if rows is not None and (count := rows.count()):
            is_kept = False
            values = {"count": count, "what": line.what, "after": line.after}
            text = _("Kept too long, %(count)d: %(what)s (counted from when: %(after)s).")
            hint = _("See that the timer of manage.py housekeeping runs, and what it says.")
            yield error(text % values, hint)
    if is_kept:
        yield ok(_("Nothing is kept longer than the timetable says."))
    if period := people_period():
        yield from _warnings(period, at)


def _warnings(period: timedelta, at: datetime) -> Answers:
    for conference in Conference.objects.order_by("slug"):
        goes_at = over_at(conference) + period
        if goes_at - WARNED_BEFORE < at and holds_people(conference):
            text = _(
                "The people of this conference, and who had which ticket, go for good on %(day)s."
            )
            hint = _("Save what you still need, or have PEOPLE_KEPT_DAYS raised.")
            day = date_format(goes_at.astimezone(conference.zone))
            yield warning(text % {"day": day}, hint, conference.slug)
