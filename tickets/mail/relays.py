"""Mail relays: the first that works takes the mail (EMAIL_URL, then EMAIL_FALLBACK_URL)."""

import contextlib
import logging
import threading
import time
from smtplib import SMTPRecipientsRefused

from django.conf import settings
from django.core.mail import EmailMessage, mailers
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.backends.smtp import EmailBackend

logger = logging.getLogger(__name__)

# How long a relay that failed comes after the others, so that it holds up one mail, not all.
REST_SECONDS = 60.0

# An idle connection is closed sooner than relays hang up: Postfix under load does after 10 s.
KEEP_SECONDS = 8.0

_resting_until: dict[str, float] = {}


class _Kept(threading.local):
    """A worker's open connections: opening one, with TLS and password, takes as long as ten mails."""

    def __init__(self) -> None:
        self.relays: dict[str, tuple[BaseEmailBackend, float]] = {}


_kept = _Kept()


class NotSent(Exception):
    """No relay took the mail."""


class RelayRefused(NotSent):
    """There is no such recipient, says a relay, so trying again is of no use."""


def deliver(message: EmailMessage) -> None:
    """Hand the mail to the first relay that takes it. Raises NotSent, or RelayRefused."""
    now = time.monotonic()
    for alias in sorted(settings.MAILERS, key=lambda alias: _resting_until.get(alias, now) > now):
        try:
            _hand_over(alias, message)
        except SMTPRecipientsRefused as error:
            if _is_for_good(error):
                raise RelayRefused from None
            logger.warning("The mail relay %r does not take a mail now.", alias)
        except OSError as error:  # all of smtplib's are
            _resting_until[alias] = time.monotonic() + REST_SECONDS
            logger.warning("The mail relay %r failed: %s.", alias, type(error).__name__)
        except ValueError:
            # An address or a header that cannot be written; the error would say which.
            raise RelayRefused from None
        else:
            _resting_until.pop(alias, None)
            return
    raise NotSent


def _is_for_good(error: SMTPRecipientsRefused) -> bool:
    """A relay that does not know us says 5.7 (RFC 3463, security or policy): that is not for good."""
    return all(
        code >= 500 and not answer.startswith(b"5.7.") for code, answer in error.recipients.values()
    )


def _hand_over(alias: str, message: EmailMessage) -> None:
    relay, used_at = _kept.relays.pop(alias, (None, 0.0))
    if relay and time.monotonic() - used_at < KEEP_SECONDS:
        try:
            _send(alias, relay, message)
        except SMTPRecipientsRefused:
            raise
        except OSError:
            pass  # It has hung up, or takes no more mails on this connection.
        else:
            return
    elif relay:
        _close(relay)
    _send(alias, mailers[alias], message)


def _send(alias: str, relay: BaseEmailBackend, message: EmailMessage) -> None:
    keeps = settings.HAS_WORKER and isinstance(relay, EmailBackend)
    try:
        if keeps:
            relay.open()
        relay.send_messages([message])
    except BaseException:
        _close(relay)
        raise
    if keeps:
        _kept.relays[alias] = relay, time.monotonic()


def _close(relay: BaseEmailBackend) -> None:
    with contextlib.suppress(OSError):
        relay.close()
