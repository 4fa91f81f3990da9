"""What lets people in without a ticket: grants, and being a speaker."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from schedule.models import Talk
from tickets.helpdesk.why.findings import Finding, Inquiry, opens, window


def about_grants(case: Inquiry) -> Iterator[Finding]:
    for grant in case.grants:
        text = _("They are let in as “%(reason)s” to: %(opens)s.") % {
            "reason": grant.reason,
            "opens": opens(grant.scopes),
        }
        if grant.given_by:
            text += " " + _("By %(who)s.") % {"who": grant.given_by}
        text += window(grant.starts_at, grant.ends_at, case.conference)
        yield Finding("grant", case.is_open(grant) is True, text, grant)


def about_talks(case: Inquiry) -> Iterator[Finding]:
    if case.user is None:
        return
    theirs = {"speakers__email__iexact": case.email}
    talks = Talk.objects.filter(conference=case.conference, **theirs).distinct()
    for talk in talks.order_by("starts_at"):
        text = _("They speak in %(code)s “%(title)s”, and may enter for that time.")
        values = {"code": talk.code, "title": talk.title}
        yield Finding("talk", case.is_verified, text % values, talk)
