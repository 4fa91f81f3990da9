"""The person: account, verified address, second factor, ban, devices; and the conference's doors."""

from collections.abc import Iterator

from allauth.mfa.utils import is_mfa_enabled
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from tickets.admission.rule import Admission
from tickets.admission.watching import devices_watching
from tickets.helpdesk.why.findings import Finding, Inquiry, plain, window
from tickets.models import Ban, Role


def about_visibility(case: Inquiry, scope: str | None) -> Iterator[Finding]:
    conference = case.conference
    values = {"conference": str(conference)}
    if conference.is_public_at(case.at):
        text = _("%(conference)s is open to everybody: nobody needs a ticket.")
        yield Finding("visibility", True, text % values)
        return
    if conference.public_at is not None:
        text = _("%(conference)s will be open to everybody from %(at)s.")
        values["at"] = plain(conference.public_at, conference)
        yield Finding("visibility", None, text % values)
    if conference.window[1] <= case.at:
        values["at"] = plain(conference.window[1], conference)
        yield Finding("visibility", None, _("%(conference)s is over since %(at)s.") % values)
    if conference.replays_end_at is not None:
        is_over = conference.replays_end_at <= case.at
        text = _("Replays are for ticket holders until %(at)s.")
        if is_over:
            text = _("The replays for ticket holders ended at %(at)s.")
        values["at"] = plain(conference.replays_end_at, conference)
        is_good = False if is_over and scope == "replay" else None
        yield Finding("visibility", is_good, text % values)


def about_account(case: Inquiry) -> Iterator[Finding]:
    user = case.user
    if user is None:
        text = _("Nobody has signed in as %(who)s.") % {"who": case.email}
        yield Finding("account", False, text)
        return
    known = _("%(email)s is %(reference)s.") % {"email": user.email, "reference": user.reference}
    yield Finding("account", True, known, user)
    if not user.is_active:
        yield Finding("active", False, _("The account is closed by an organizer."), user)
    if not case.is_verified:
        text = _("They have not entered a code yet, so the address is not verified.")
        if user.last_login:
            text = _("The address is not verified: they came in by password, not by a code.")
        yield Finding("verified", False, text, user)
    elif user.last_login:
        text = _("Last signed in: %(at)s.") % {"at": plain(user.last_login, case.conference)}
        yield Finding("verified", True, text, user)
    if user.is_staff or Role.objects.filter(user=user, conference=case.conference).exists():
        text = _("They organize, and have no second factor for signing in.")
        has_one = is_mfa_enabled(user)
        if has_one:
            text = _("They organize, and sign in with a second factor.")
        yield Finding("second_factor", True if has_one else None, text, user)


def about_ban(case: Inquiry) -> Iterator[Finding]:
    if case.user is None:
        return
    bans = Ban.objects.filter(conference=case.conference, user=case.user)
    for ban in bans.select_related("given_by").order_by("pk"):
        text = _("They are shut out: “%(reason)s”.") % {"reason": ban.reason}
        if ban.given_by:
            text += " " + _("By %(who)s.") % {"who": ban.given_by}
        is_over = ban.is_over_at(case.at)
        if is_over:
            text = _("They were shut out: “%(reason)s”.") % {"reason": ban.reason}
        text += window(ban.starts_at, ban.ends_at, case.conference)
        yield Finding("ban", None if is_over else False, text, ban)


def about_places(case: Inquiry, admission: Admission | None) -> Iterator[Finding]:
    """Said only while they watch. Full places shut nobody out: the next device can take one."""
    if case.user is None or admission is None:
        return
    count = len(devices_watching(case.conference.pk, case.user.pk))
    if not count:
        return
    text = ngettext(
        "They watch on %(count)s device now.", "They watch on %(count)s devices now.", count
    ) % {"count": count}
    if admission.places is not None:
        text += " " + _("Their places: %(places)s.") % {"places": admission.places}
        if count >= admission.places:
            text += " " + _("On the next device they choose “Watch here instead”.")
    yield Finding("places", None, text, case.user)
