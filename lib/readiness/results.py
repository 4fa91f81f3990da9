"""What a check finds, and which checks there are."""

from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from django.utils.functional import Promise


class CheckLevel(StrEnum):
    OK = "ok"
    WARNING = "warning"
    ERROR = "error"
    NOT_APPLICABLE = "not applicable"


class CheckResult(NamedTuple):
    """`text` says what is so, `hint` what to do. `slug` is of the conference that it is about; "": of the
    installation. No address of a person and no secret in any of them.
    """

    level: CheckLevel
    text: str
    hint: str = ""
    slug: str = ""


type Answers = Iterator[CheckResult | Callable[[], Iterable[CheckResult]]]
type Check = Callable[[datetime], Answers]


class RegisteredCheck(NamedTuple):
    label: str | Promise
    check: Check
    needs_database: bool


registered: dict[str, RegisteredCheck] = {}


def ok(text: str, slug: str = "") -> CheckResult:
    return CheckResult(CheckLevel.OK, text, slug=slug)


def warning(text: str, hint: str, slug: str = "") -> CheckResult:
    return CheckResult(CheckLevel.WARNING, text, hint, slug)


def error(text: str, hint: str, slug: str = "") -> CheckResult:
    return CheckResult(CheckLevel.ERROR, text, hint, slug)


def not_applicable(text: str, slug: str = "") -> CheckResult:
    return CheckResult(CheckLevel.NOT_APPLICABLE, text, slug=slug)


def register(name: str, label: str | Promise, check: Check, *, needs_database: bool = True) -> None:
    registered[name] = RegisteredCheck(label, check, needs_database)


def names() -> list[str]:
    return sorted(registered)
