"""The history of a programme as real sources publish one: 70 versions, from five weeks before to the
end of two live days. Talks are added, renamed, moved, canceled and taken out; sources lose a part of
them for a while, or give them new keys. The same for the same seed; nothing in it is of a real event.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from random import Random
from uuid import UUID
from zoneinfo import ZoneInfo

from schedule.feeds.tests.schedule_files import document, event_json, event_xml

ZONE = ZoneInfo("Europe/Berlin")
DAYS = (date(2026, 12, 27), date(2026, 12, 28))
ROOMS = ("Hall", "Cellar", "Attic", "Yard")
QUARTER = timedelta(minutes=15)


@dataclass(frozen=True)
class TrueTalk:
    """`number` is who it is, whatever it is called; `generation` grows when it gets other keys."""

    number: int
    title: str
    start: datetime
    room: str
    speaker: str = ""
    generation: int = 0
    is_canceled: bool = False

    @property
    def end(self) -> datetime:
        return self.start + 2 * QUARTER

    @property
    def key(self) -> str:
        return str(UUID(int=(self.generation << 64) + self.number, version=4))


@dataclass(frozen=True)
class Version:
    """What is published `at` a moment, and what of the programme the source has lost."""

    at: datetime
    talks: tuple[TrueTalk, ...]
    lost: frozenset[int]
    removed: frozenset[int]


@dataclass
class History:
    """Iterating makes the versions; `kinds` counts what happened in them."""

    seed: int = 36
    talks: dict[int, TrueTalk] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.random = Random(self.seed)
        self.removed: set[int] = set()
        self.lost: set[int] = set()
        self.lost_for = 0

    def __iter__(self) -> Iterator[Version]:
        self._add(48)
        for number, at in enumerate(moments()):
            if number:
                self._change(number, at)
            self._lose(number, at)
            published = tuple(talk for talk in self.talks.values() if talk.number not in self.lost)
            yield Version(at, published, frozenset(self.lost), frozenset(self.removed))

    def _add(self, count: int) -> None:
        for _each in range(count):
            number = len(self.talks) + len(self.removed) + 1
            # Every seventh is a break, which has nobody and repeats on the other day.
            title = f"Talk {number}" if number % 7 else f"Break {number % 3}"
            speaker = f"Person {number}" if number % 7 else ""
            place = self._free_place(DAYS)
            self.talks[number] = TrueTalk(number, title, *place, speaker)
            self.kinds["new"] += 1

    def _free_place(
        self, days: Iterable[date], after: datetime | None = None
    ) -> tuple[datetime, str]:
        taken = {(talk.start, talk.room) for talk in self.talks.values()}
        free = [
            place
            for day in days
            for half in range(20)
            for room in ROOMS
            if (place := (datetime(day.year, day.month, day.day, 10, tzinfo=ZONE) + half * 2 * QUARTER, room)) not in taken
            and (after is None or place[0] > after)
        ]  # fmt: skip
        return self.random.choice(free)

    def _change(self, number: int, at: datetime) -> None:
        to_come = [talk for talk in self.talks.values() if talk.start > at + QUARTER]
        self.random.shuffle(to_come)
        is_live_day = at.date() >= DAYS[0]
        acts: list[tuple[str, int, Callable[[TrueTalk], TrueTalk]]] = [
            ("renamed", number % 3 == 0, lambda talk: replace(talk, title=f"{talk.title}!")),
            ("moved", 1 + number % 2, lambda talk: self._moved(talk, at)),
            ("canceled", number % 11 == 5, lambda talk: replace(talk, is_canceled=True)),
            ("re-keyed", 7 * (number % 13 == 4), self._rekeyed),
        ]
        for kind, count, act in acts:
            for _each in range(count):
                if to_come:
                    talk = act(to_come.pop())
                    self.talks[talk.number] = talk
                    self.kinds["live-day move" if kind == "moved" and is_live_day else kind] += 1
        if number in (6, 19, 33, 47, 55):
            for talk in to_come[: (1, 6, 3, 2, 1)[(6, 19, 33, 47, 55).index(number)]]:
                del self.talks[talk.number]
                self.removed.add(talk.number)
                self.kinds["removed"] += 1
        if number % 5 == 1 and len(self.talks) < 60:
            self._add(2)

    def _moved(self, talk: TrueTalk, at: datetime) -> TrueTalk:
        day = talk.start.date()
        start, room = self._free_place([day], after=at + QUARTER)
        return replace(talk, start=start, room=room)

    def _rekeyed(self, talk: TrueTalk) -> TrueTalk:
        """One in three moves with it, as sources do that know a talk by its slot. What repeats cannot."""
        talk = replace(talk, generation=talk.generation + 1)
        if talk.number % 3 or not talk.speaker:
            return talk
        return self._moved(talk, talk.start - 4 * QUARTER)

    def _lose(self, number: int, at: datetime) -> None:
        """A hole of a few versions, then it is closed."""
        self.lost_for -= 1
        if self.lost_for <= 0:
            self.kinds["came back"] += len(self.lost)
            self.lost = set()
        if number in HOLES:
            count, self.lost_for = HOLES[number]
            numbers = sorted(self.talks)
            count = min(count, len(numbers) - 1)
            self.lost = set(self.random.sample(numbers, count))
            self.kinds["lost"] += count


# Version → so many talks are not in it and not in so many that follow.
HOLES = {3: (54, 3), 9: (4, 1), 15: (28, 2), 22: (2, 6), 29: (41, 1), 38: (54, 5), 50: (5, 3), 60: (3, 2)}  # fmt: skip


def moments() -> Iterator[datetime]:
    """30 versions over weeks, by day and by night, then 40 in the course of the live days."""
    at = datetime(2026, 11, 22, 8, tzinfo=ZONE)
    for number in range(30):
        at += timedelta(minutes=(20, 40, 300, 2400, 3600)[number % 5])
        yield at
    at = datetime(2026, 12, 27, 8, tzinfo=ZONE)
    for number in range(40):
        at += timedelta(minutes=(10, 20, 45, 90)[number % 4])
        yield at


def as_json(talks: Iterable[TrueTalk]) -> bytes:
    rooms: dict[str, list[dict[str, object]]] = {room: [] for room in ROOMS}
    for talk in talks:
        rooms[talk.room].append(
            event_json(
                talk.number,
                **_words(talk),
                room=talk.room,
                persons=[{"id": talk.number, "name": talk.speaker}] if talk.speaker else [],
            )
        )
    return json.dumps(document(rooms=rooms, start=str(DAYS[0]), end=str(DAYS[1]))).encode()


def as_xml(talks: Iterable[TrueTalk]) -> bytes:
    listed = "".join(
        f'<room name="{talk.room}">'
        + event_xml(talk.number, **_words(talk), children=_person(talk))
        + "</room>"
        for talk in talks
    )
    return (
        '<schedule><version>1</version><conference><title>T</title><acronym>t</acronym>'
        f"<time_zone_name>{ZONE.key}</time_zone_name></conference>"
        f'<day index="1" date="{DAYS[0]}">{listed}</day></schedule>'
    ).encode()  # fmt: skip


def as_ics(talks: Iterable[TrueTalk]) -> bytes:
    events = "".join(
        f"BEGIN:VEVENT\r\nUID:{talk.key}\r\nSUMMARY:{talk.title}\r\nLOCATION:{talk.room}\r\n"
        f"DTSTART;TZID={ZONE.key}:{talk.start:%Y%m%dT%H%M%S}\r\n"
        f"DTEND;TZID={ZONE.key}:{talk.end:%Y%m%dT%H%M%S}\r\n"
        f"STATUS:{'CANCELLED' if talk.is_canceled else 'CONFIRMED'}\r\nEND:VEVENT\r\n"
        for talk in talks
    )
    return f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:t\r\n{events}END:VCALENDAR\r\n".encode()


def _words(talk: TrueTalk) -> dict[str, str]:
    """Ids are of the key, so that a new key leaves nothing but title, slot and people."""
    return {
        "guid": talk.key,
        "id": str(talk.generation * 1000 + talk.number),
        "title": talk.title,
        "date": talk.start.isoformat(),
        "start": f"{talk.start:%H:%M}",
    }


def _person(talk: TrueTalk) -> str:
    return f'<persons><person id="{talk.number}">{talk.speaker}</person></persons>' * bool(talk.speaker)  # fmt: skip
