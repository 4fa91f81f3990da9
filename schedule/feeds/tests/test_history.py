"""A whole history, imported version by version with nobody at the desk: nothing but what is missing
is held back, nothing is taken out that was only lost for a while, and no talk is there twice.
"""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest

from conftest import make_conference
from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.import_file import import_schedule
from schedule.feeds.tests.history import (  # fmt: skip
    DAYS,
    ZONE,
    History,
    TrueTalk,
    Version,
    as_ics,
    as_json,
    as_xml,
)
from schedule.models import Talk

HAPPENS = {
    **{"new": 60, "renamed": 20, "moved": 40, "live-day move": 50, "canceled": 5},
    **{"re-keyed": 30, "removed": 12, "lost": 180, "came back": 180},
}


@dataclass
class Expected:
    """The rule in the words of the docs, kept apart from the code that it is compared with."""

    absent: dict[int, tuple[datetime, int]] = field(default_factory=dict)
    last_said: dict[int, TrueTalk] = field(default_factory=dict)
    out: set[int] = field(default_factory=set)
    kept: set[int] = field(default_factory=set)

    def look(self, version: Version) -> None:
        at = version.at
        for talk in version.talks:
            self.last_said[talk.number] = talk
            self.absent.pop(talk.number, None)
        here = {talk.number for talk in version.talks}
        self.out -= here
        self.kept -= here
        waiting = self.last_said.keys() - here - self.out - self.kept
        for number in waiting:
            since, looks = self.absent.get(number, (at, 0))
            self.absent[number] = since, looks + 1
        to_come = [talk.start > at for talk in version.talks]
        lacking = [number for number in waiting if self.last_said[number].start > at]
        is_emptied = len(lacking) > 4 and len(lacking) > sum(to_come)
        for number in waiting:
            since, looks = self.absent[number]
            talk = self.last_said[number]
            if talk.end <= at:
                self.kept.add(number)
                continue
            if at - since < timedelta(hours=2) or looks < 3:
                continue
            if talk.start > at + timedelta(hours=2) and not is_emptied:
                self.out.add(number)


LONG = [pytest.param(each, marks=pytest.mark.walk) for each in (as_xml, as_ics)]


@pytest.mark.slow
@pytest.mark.parametrize("written", [as_json, *LONG])
def test_a_history(db, written):
    conference = make_conference(starts_on=DAYS[0], ends_on=DAYS[1], time_zone=ZONE.key)
    history, expected, total = History(), Expected(), Counter()
    row_of: dict[int, int] = {}
    for count, version in enumerate(history, start=1):
        programme = parse(written(version.talks), default_zone=ZONE)
        summary = import_schedule(
            conference=conference, programme=programme, source="feed", at=version.at
        )
        expected.look(version)
        total.update(summary.counts)
        rows = {talk.pk: talk for talk in Talk.objects.select_related("room")}
        found = {
            pk: (talk.title, talk.starts_at, talk.room.name)
            for pk, talk in rows.items()
            if not talk.is_hidden
        }
        said = {
            (talk.title, talk.start, talk.room): number
            for number, talk in expected.last_said.items()
            if number not in expected.out
        }
        assert sorted(found.values()) == sorted(said), (count, "nothing but the missing held back")
        for pk, what in found.items():
            assert row_of.setdefault(said[what], pk) == pk, (count, "its row, its stars")
        assert len(rows) == len(row_of) == len(expected.last_said), (count, "none twice, none lost")
        waiting = expected.absent.keys() - expected.out - expected.kept
        assert summary.counts["waiting"] == len(waiting), count
        if written is as_ics:
            canceled = {number for number, talk in expected.last_said.items() if talk.is_canceled}
            assert {n for n, pk in row_of.items() if rows[pk].is_canceled} == canceled
    assert count == 70
    assert {kind for kind, least in HAPPENS.items() if history.kinds[kind] < least} == set()
    wrongly = expected.out - history.removed
    assert wrongly == set(), "all that is out was taken out of the programme"
    assert total["conflicts"] == 0
    assert total["new"] == len(expected.last_said) == history.kinds["new"]
