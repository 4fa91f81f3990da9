"""What doctor looks at of conferences: whether each is reached, and its feeds are asked."""

from datetime import datetime, timedelta

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.readiness.results import Answers, error, not_applicable, ok, register, warning
from schedule.models import Conference, Feed
from schedule.models.feeds import ASKED_AFTERWARDS
from schedule.site.conferences import host_problem

# The timer comes every minute.
LATE = timedelta(minutes=10)


def check_hosts(_at: datetime) -> Answers:
    conferences = list(Conference.objects.order_by("slug"))
    for conference in conferences:
        problem = host_problem(conference, is_alone=len(conferences) == 1)
        if problem:
            yield error(_("Nobody reaches it."), problem, conference.slug)
        elif conference.domain is None:
            text = _("It has no domain, so links in mails lead nowhere without --site.")
            yield warning(text, _("Give it its domain in the admin."), conference.slug)
        else:
            yield ok(_("It is reached at %(host)s.") % {"host": conference.domain}, conference.slug)
        if conference.ends_on < timezone.localdate(timezone=conference.zone):
            yield not_applicable(_("Its last day is over."), conference.slug)
    if not conferences:
        yield error(_("There is no conference."), _("Run manage.py create_conference."))


def check_feeds(at: datetime) -> Answers:
    asked = Feed.objects.filter(check_every_minutes__isnull=False).exclude(address="")
    asked = asked.filter(conference__ends_on__gte=(at - ASKED_AFTERWARDS).date())
    for feed in asked.select_related("conference").order_by("conference", "pk"):
        slug, values = feed.conference.slug, {"feed": feed.source}
        if feed.is_due(at - LATE):
            text = _("The feed “%(feed)s” has not been asked as often as it should be.")
            hint = _("See that the timer of manage.py import_schedule --due runs.")
            yield error(text % values, hint, slug)
        elif feed.last_error:
            text = _("The feed “%(feed)s” could not be read the last time.")
            yield warning(text % values, _("Its page in the admin says why."), slug)
        else:
            yield ok(_("The feed “%(feed)s” is asked in time.") % values, slug)
    if not asked:
        yield not_applicable(_("No feed is asked by a timer."))


def connect() -> None:
    register("hosts", gettext_lazy("Conferences"), check_hosts)
    register("feeds", gettext_lazy("Feeds"), check_feeds)
