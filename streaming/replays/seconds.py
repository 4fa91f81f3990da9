"""Seconds as people write them."""

import re

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})")
_UNITS = re.compile(r"(?:(\d{1,2})h)?(?:(\d{1,4})m)?(?:(\d{1,6})s?)?")


def parse_second(text: str) -> int:
    """Of 95, 95s, 1m35s, 1:35 or 1:02:03. Raises ValidationError."""
    text = text.strip()
    found = _CLOCK.fullmatch(text) or _UNITS.fullmatch(text)
    if not text or found is None:
        raise ValidationError(
            _("“%(text)s” is no time: write 95, 1:35 or 1:02:03.") % {"text": text}
        )
    hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return hours * 3600 + minutes * 60 + seconds


def clock_of(second: int) -> str:
    """1:02:03, or 2:03."""
    minutes, seconds = divmod(second, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
