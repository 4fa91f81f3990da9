"""Our own mistakes, sent to what speaks Sentry's protocol (Sentry, GlitchTip, Bugsink), where SENTRY_DSN names
one. What leaves is what stands in the log: no person, no address, no query, no variables.
"""

import logging
from typing import Any, cast

import sentry_sdk
from django.conf import settings
from sentry_sdk.integrations.atexit import AtexitIntegration
from sentry_sdk.integrations.excepthook import ExcepthookIntegration
from sentry_sdk.integrations.logging import LoggingIntegration
from sentry_sdk.types import Event, Hint

from portal.observing.doing import doing
from portal.observing.logs import digest_of, is_of_visitor, scrub

# All else that the library collects (request, user, host, modules, variables) stays here.
SENT = {
    *("event_id", "timestamp", "platform", "level", "logger", "release", "sdk"),
    *("exception", "logentry", "message"),
}


def connect() -> None:
    """Errors that are logged, in pages, workers and commands, and those that end a program."""
    if not settings.SENTRY_DSN:
        return
    sentry_sdk.init(
        dsn=settings.SENTRY_DSN,
        release=settings.RELEASE,
        default_integrations=False,
        auto_enabling_integrations=False,
        integrations=[
            LoggingIntegration(level=None, event_level=logging.ERROR),
            ExcepthookIntegration(),
            # It waits for what is on its way, without a word on the terminal.
            AtexitIntegration(callback=lambda _pending, _seconds: None),
        ],
        before_send=_without_people,
        send_default_pii=False,
        include_local_variables=False,
        max_request_body_size="never",
        max_breadcrumbs=0,
        send_client_reports=False,
    )


def _without_people(event: Event, hint: Hint) -> Event | None:
    """None: it was a visitor's mistake, which is not reported."""
    exc_info = hint.get("exc_info")
    if exc_info and is_of_visitor(exc_info[1]):
        return None
    sent = {name: _scrubbed(value) for name, value in event.items() if name in SENT}
    if exc_info:
        sent["fingerprint"] = [digest_of(exc_info)]
    if now := doing():
        sent["tags"] = {"request_id": now.request_id} | ({"task": now.task} if now.task else {})
    return cast("Event", sent)


def _scrubbed(value: Any) -> Any:
    if isinstance(value, str):
        return scrub(value)
    if isinstance(value, dict):
        return {name: _scrubbed(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_scrubbed(each) for each in value]
    return value
