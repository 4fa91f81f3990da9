"""What doctor finds broken is told to who keeps the site alive, on their phone: once when it begins, again
every few hours, and once when it is well. Nothing here needs the database or Redis, which may be what
is broken: what was told is kept in a file.
"""

import fcntl
import json
import time
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import IO, NamedTuple

from django.conf import settings
from django.utils.translation import gettext as _

from lib.readiness.results import CheckLevel, names, registered
from lib.readiness.runner import CheckedItem, examine

# Whoever has silenced a message hears of it again.
REPEAT_AFTER = timedelta(hours=4)
# What is gone by then wakes nobody.
CONFIRM_SECONDS = 10.0
# A message has to be read on a phone.
MOST_LINES = 10
# They change with a release, and doctor says them before the day.
NOT_ALARMING = {"settings"}


@dataclass(frozen=True, slots=True)
class Alarm:
    """One check of one conference, or of the installation, with how many errors and the first one's
    words. `told_at`: ISO 8601.
    """

    label: str
    text: str
    hint: str
    count: int
    told_at: str = ""

    def __str__(self) -> str:
        more = _(" (and %(count)d more)") % {"count": self.count - 1} if self.count > 1 else ""
        return f"{self.label}: {self.text}{more}"

    def is_due(self, before: "Alarm | None", at: datetime) -> bool:
        """New, more than was told, or told long ago."""
        if before is None or self.count > before.count:
            return True
        return at - datetime.fromisoformat(before.told_at) >= REPEAT_AFTER


type Alarms = dict[str, Alarm]


class AlarmNews(NamedTuple):
    """What to tell now. `faults`: all that there are, with those that are told now."""

    new: list[Alarm]
    well: list[Alarm]
    faults: Alarms

    def words(self) -> str:
        """One message for all of it; "" when there is nothing to tell."""
        lines = []
        if self.new:
            lines += [_("Front Row: %(count)d things are broken") % {"count": len(self.faults)}]
            for fault in self.new[:MOST_LINES]:
                lines += [f"- {fault}", f"  → {fault.hint}"] if fault.hint else [f"- {fault}"]
        if self.well:
            lines += [_("Front Row: well again")]
            lines += [f"+ {fault.label}" for fault in self.well[:MOST_LINES]]
        left = max(len(self.new) - MOST_LINES, 0) + max(len(self.well) - MOST_LINES, 0)
        if left:
            lines += [_("And %(count)d more: manage.py doctor") % {"count": left}]
        return "\n".join(lines)


def look(before: Alarms, at: datetime) -> AlarmNews:
    """Asks the checks, those that seem broken for the first time twice."""
    found = _faults(examine(at, set(names()) - NOT_ALARMING))
    if fresh := {_check_of(key) for key in found.keys() - before.keys()}:
        time.sleep(CONFIRM_SECONDS)
        again = _faults(examine(at, fresh))
        found = {key: each for key, each in found.items() if _check_of(key) not in fresh} | again
    if any(_check_of(key) == "database" for key in found):
        # What reads rows was not looked at, so nobody knows whether it is well.
        found = {key: each for key, each in before.items() if _reads_rows(key)} | found
    return _compared(before, found, at)


def _compared(before: Alarms, found: Alarms, at: datetime) -> AlarmNews:
    new = [fault for key, fault in found.items() if fault.is_due(before.get(key), at)]
    well = [fault for key, fault in before.items() if key not in found]
    faults = {
        key: replace(
            fault,
            told_at=at.isoformat() if fault in new else before[key].told_at,
            count=max(fault.count, before[key].count if key in before else 0),
        )
        for key, fault in found.items()
    }
    return AlarmNews(new, well, faults)


def _faults(items: Collection[CheckedItem]) -> Alarms:
    errors = [item for item in items if item.result.level == CheckLevel.ERROR]
    counts = Counter(map(_key, errors))
    # The first of each, because the last one in a dict wins.
    return {
        _key(item): Alarm(_label(item), item.result.text, item.result.hint, counts[_key(item)])
        for item in reversed(errors)
    }


def _key(item: CheckedItem) -> str:
    return f"{item.check}/{item.result.slug}"


def _label(item: CheckedItem) -> str:
    return f"{item.label} [{item.result.slug}]" if item.result.slug else item.label


def _check_of(key: str) -> str:
    return key.partition("/")[0]


def _reads_rows(key: str) -> bool:
    check = registered.get(_check_of(key))
    return check is not None and check.needs_database


@contextmanager
def told() -> Iterator["ToldAlarms"]:
    """What was told until now. Two rounds at once would tell it twice, so the second waits."""
    path = Path(settings.ALARM_STATE)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield ToldAlarms(file)


class ToldAlarms:
    def __init__(self, file: IO[str]) -> None:
        self._file = file
        file.seek(0)
        try:
            self.faults = {key: Alarm(**each) for key, each in json.loads(file.read()).items()}
        except (ValueError, TypeError, AttributeError):
            # None yet, cut off by a full disk, or another release's: everything is told again.
            self.faults = {}

    def keep(self, faults: Alarms) -> None:
        """Raises OSError."""
        self._file.seek(0)
        self._file.truncate()
        json.dump({key: asdict(each) for key, each in faults.items()}, self._file)
        self._file.flush()
