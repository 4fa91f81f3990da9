"""How an alarm gets to a phone: by ntfy, by mail, or to the webhook of a chat."""

import json

from django.conf import settings
from django.core.mail import EmailMessage

from lib.http_client import Deadline, ErrorKind, HttpClient, HttpError
from tickets.mail.relays import NotSent, deliver

SECONDS = 10.0
MAX_BYTES = 64 * 1024


def tell(words: str, *, is_urgent: bool) -> list[str]:
    """Tells everybody in ALARMS_TO, and answers why each of those failed who could not be told. The
    addresses are not in it: who knows one can read or write there.
    """
    failed = []
    for position, (kind, address) in enumerate(settings.ALARMS_TO, 1):
        try:
            _MESSENGERS[kind](address, words, is_urgent)
        except (HttpError, NotSent) as error:
            failed.append(f"{position} ({kind}): {error or type(error).__name__}")
    return failed


def ping() -> str:
    """Asks ALARM_PING_URL. Answers why it failed, or ""."""
    try:
        _ask(settings.ALARM_PING_URL, {}, None)
    except HttpError as error:
        return str(error)
    return ""


def _by_ntfy(address: str, words: str, is_urgent: bool) -> None:
    priority = "urgent" if is_urgent else "default"
    _ask(address, {"Title": "Front Row", "Priority": priority}, words.encode())


def _by_webhook(address: str, words: str, is_urgent: bool) -> None:
    # Slack, Mattermost and Rocket.Chat show `text`, Discord shows `content`.
    body = {"text": words, "content": words, "urgent": is_urgent}
    _ask(address, {"Content-Type": "application/json"}, json.dumps(body).encode())


def _by_mail(address: str, words: str, _is_urgent: bool) -> None:
    headers = {"Auto-Submitted": "auto-generated"}
    deliver(EmailMessage(words.partition("\n")[0], words, to=[address], headers=headers))


def _ask(address: str, headers: dict[str, str], data: bytes | None) -> None:
    """Raises HttpError."""
    deadline = Deadline(SECONDS)
    with HttpClient(deadline, max_bytes=MAX_BYTES, asks_private_hosts=True) as client:
        response = client.request(address, headers, data=data, reads_body=False)
    if not 200 <= response.status < 300:
        raise HttpError(ErrorKind.UNUSABLE, f"HTTP {response.status}")


_MESSENGERS = {"ntfy": _by_ntfy, "mailto": _by_mail, "webhook": _by_webhook}
