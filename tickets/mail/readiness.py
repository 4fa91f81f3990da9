"""Whether each relay takes our mail, and not only the first that works."""

from collections.abc import Iterable
from datetime import datetime
from functools import partial
from smtplib import SMTPAuthenticationError

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.smtp import EmailBackend
from django.utils.translation import gettext as _

from lib.readiness.results import Answers, CheckResult, error, not_applicable, ok, warning


def check_relays(_at: datetime) -> Answers:
    """Connects and signs in, and sends nothing: that is for who asks for it (--mail)."""
    for alias in settings.MAILERS:
        yield partial(_connect, alias)
    if "fallback" not in settings.MAILERS:
        text = _("There is no second relay, so nobody gets a code while the first fails.")
        yield warning(text, _("Set EMAIL_FALLBACK_URL to a relay of another company."))


def _connect(alias: str) -> Iterable[CheckResult]:
    relay, values = mailers[alias], {"relay": alias}
    if not isinstance(relay, EmailBackend):
        return [error(_("The relay “%(relay)s” sends no mail.") % values, _("Set EMAIL_URL."))]
    try:
        relay.open()
        relay.close()
    except OSError as broken:
        return [_broken(alias, broken)]
    return [ok(_("The relay “%(relay)s” lets us in.") % values)]


def mail_to_oneself(address: str | None) -> Iterable[CheckResult]:
    """One mail by each relay, to look at in a mailbox. Nothing without an address."""
    for alias in settings.MAILERS if address else ():
        message = EmailMessage(
            subject=_("A mail by the relay “%(relay)s”") % {"relay": alias},
            body=_("Look in its headers whether SPF, DKIM and DMARC passed."),
            to=[address or ""],
            headers={"Auto-Submitted": "auto-generated"},
        )
        try:
            mailers[alias].send_messages([message])
        except (OSError, ValueError) as broken:
            yield _broken(alias, broken)
        else:
            text = _("The relay “%(relay)s” has taken a mail.") % {"relay": alias}
            hint = _(
                "Look whether it arrived, and in its headers for spf=pass, dkim=pass, dmarc=pass."
            )
            yield not_applicable(text)._replace(hint=hint)


def _broken(alias: str, broken: Exception) -> CheckResult:
    """Not in the relay's words: they may quote an address."""
    values = {"relay": alias, "kind": type(broken).__name__}
    if isinstance(broken, SMTPAuthenticationError):
        text = _("The relay “%(relay)s” does not accept our user and password.")
    else:
        text = _("The relay “%(relay)s” fails (%(kind)s).")
    return error(text % values, _("See that EMAIL_URL and EMAIL_FALLBACK_URL are right."))
