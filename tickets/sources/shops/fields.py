"""What shops write becomes what we store: lengths, addresses and times are checked here, once."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.utils.translation import gettext as _

from lib.text import one_line
from tickets.models import fold_email
from tickets.sources.shops.base import ShopError

_code = re.compile(r"[A-Za-z0-9_-]{1,80}")


@contextmanager
def known_shape() -> Iterator[None]:
    """Around all code that takes an answer apart: what it stumbles over becomes a ShopError."""
    try:
        yield
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as error:
        raise ShopError(
            _("The shop's answer does not look as we know it (%(error)s).")
            % {"error": type(error).__name__}
        ) from error


def code_of(value: object) -> str:
    """Raises ValueError."""
    if not isinstance(value, str) or not _code.fullmatch(value):
        raise ValueError("not a code")
    return value


def text_of(value: object, max_length: int) -> str:
    return one_line(value)[:max_length] if isinstance(value, str) else ""


def email_of(value: object) -> str:
    """Folded; "" if there is none, or none that mail could go to."""
    address = fold_email(value) if isinstance(value, str) else ""
    try:
        validate_email(address)
    except ValidationError:
        return ""
    return address if len(address) <= 254 else ""


def time_of(value: object) -> datetime | None:
    """Raises ValueError. A time without a zone is refused: it could be any."""
    if value is None:
        return None
    if not isinstance(value, str):
        raise ValueError("not a time")
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise ValueError("a time without a zone")
    return at
