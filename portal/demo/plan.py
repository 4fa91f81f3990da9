"""What the demo conference has, and when: a pure function of the seed and the time."""

import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import cycle
from zoneinfo import ZoneInfo

from lib.text import to_html
from portal.demo import words
from portal.demo.words import Piece
from schedule.models import Speaker, Talk
from schedule.models.codes import derive_code

# A zone without summer time for every hour, so that it is about eleven in the morning in one of
# them: the first day of a conference is then under way, whatever time it is here.
ZONES = [
    "Pacific/Pago_Pago", "Pacific/Honolulu", "Pacific/Gambier", "Pacific/Pitcairn",
    "America/Phoenix", "America/Costa_Rica", "America/Bogota", "America/Puerto_Rico",
    "America/Sao_Paulo", "America/Noronha", "Atlantic/Cape_Verde", "Atlantic/Reykjavik",
    "Africa/Lagos", "Africa/Johannesburg", "Africa/Nairobi", "Asia/Dubai", "Asia/Karachi",
    "Asia/Dhaka", "Asia/Bangkok", "Asia/Singapore", "Asia/Tokyo", "Australia/Brisbane",
    "Pacific/Noumea", "Pacific/Fiji",
]  # fmt: skip
LATE_MORNING = time(11)
# When the later days begin, at the venue.
MORNING = time(9, 30)
STEP = timedelta(minutes=5)
SPEAKERS = 32
# Signs in as a speaker, and may enter the room of their own talk.
SPEAKER_EMAIL = "speaker@example.com"

Kind = Talk.Kind
Delivery = Talk.Delivery


@dataclass(frozen=True)
class PlannedTalk:
    """`room` "" is none. `planned_starts_at` None: it begins when it was first published to."""

    code: str
    piece: Piece
    starts_at: datetime
    ends_at: datetime
    room: str
    kind: Kind = Kind.TALK
    delivery: Delivery = Delivery.LIVE
    speakers: tuple[str, ...] = ()
    also_in: tuple[str, ...] = ()
    language: str = "en"
    series: str = ""
    planned_starts_at: datetime | None = None
    is_canceled: bool = False


@dataclass(frozen=True)
class DemoPlan:
    """`rooms`: slug, name, description."""

    zone: str
    days: tuple[date, ...]
    rooms: tuple[tuple[str, str, str], ...]
    speakers: tuple[Speaker, ...]
    talks: tuple[PlannedTalk, ...]

    def live_in(self, room: str, at: datetime) -> PlannedTalk | None:
        talks = (talk for talk in self.talks if talk.room == room and not talk.is_canceled)
        return next((talk for talk in talks if talk.starts_at <= at < talk.ends_at), None)


@dataclass(frozen=True)
class DemoSlot:
    """`minutes` after the start of the day. `piece` None: a talk, whichever comes."""

    room: str
    minutes: int
    length: int
    piece: Piece | None = None
    kind: Kind = Kind.TALK
    speakers: int = 1
    also_in: tuple[str, ...] = ()
    delivery: Delivery = Delivery.LIVE
    language: str = "en"
    series: str = ""
    # How much earlier it was first published for.
    moved_by: int = 0
    is_canceled: bool = False
    named: tuple[str, ...] = ()


def pause(room: str, minutes: int, length: int, title: str, *also_in: str) -> DemoSlot:
    return DemoSlot(room, minutes, length, Piece(title, 2, ""), Kind.BREAK, 0, also_in)


# Minutes from now, rounded down to five: `main` is live for half an hour more at least, `second` has
# a break and goes on in ten minutes at most, the workshop runs.
FIRST_DAY = [
    DemoSlot("main", -75, 0, Piece("Doors Open", 2, "Coffee is ready."), Kind.SOCIAL, 0),
    DemoSlot("main", -60, 10, words.WELCOME),
    DemoSlot("main", -45, 30),
    DemoSlot("main", -10, 50, words.KEYNOTES[0], Kind.KEYNOTE),
    pause("main", 40, 30, "Coffee", "second"),
    DemoSlot("main", 70, 35, delivery=Delivery.PRE_RECORDED),
    DemoSlot("main", 115, 30, words.ARABIC, language="ar", named=(words.ARABIC_SPEAKER,)),
    pause("main", 150, 60, "Lunch", "second", "workshop"),
    DemoSlot("main", 210, 50, words.PANEL, Kind.PANEL, 4),
    DemoSlot("main", 270, 30),
    DemoSlot("main", 310, 30, words.LIGHTNING, speakers=0),
    DemoSlot("", 360, 120, words.EVENING, Kind.SOCIAL, 0, delivery=Delivery.ON_SITE),
    DemoSlot("second", -45, 30),
    pause("second", -15, 25, "Short Break"),
    DemoSlot("second", 10, 30),
    DemoSlot("second", 70, 35, moved_by=15),
    DemoSlot("second", 115, 35, is_canceled=True),
    DemoSlot("second", 210, 30),
    DemoSlot("second", 250, 40, words.LONG, speakers=2),
    DemoSlot("workshop", -30, 120, words.STATION, Kind.WORKSHOP, 2, series="station"),
    DemoSlot("workshop", 210, 90, words.FORM, Kind.WORKSHOP, delivery=Delivery.ON_SITE),
]
# Minutes from half past nine.
SECOND_DAY = [
    DemoSlot("main", 0, 45, words.KEYNOTES[1], Kind.KEYNOTE),
    pause("main", 45, 30, "Coffee", "second"),
    DemoSlot("main", 75, 35),
    DemoSlot("main", 120, 35),
    pause("main", 155, 60, "Lunch", "second", "workshop"),
    DemoSlot("main", 215, 35),
    DemoSlot("main", 260, 35),
    DemoSlot("main", 305, 40, words.KEYNOTES[2], Kind.KEYNOTE, also_in=("second", "workshop")),
    DemoSlot("second", 75, 35, speakers=2),
    DemoSlot("second", 120, 35),
    DemoSlot("second", 215, 35, delivery=Delivery.PRE_RECORDED),
    DemoSlot("second", 260, 35),
    DemoSlot("workshop", 75, 80, words.STATION, Kind.WORKSHOP, 2, series="station"),
    DemoSlot("workshop", 215, 80, words.FORM, Kind.WORKSHOP),
]


def small_plan(seed: int, now: datetime) -> DemoPlan:
    rng = random.Random(seed)  # noqa: S311 - the same every time is the point
    zone, anchor = zone_for(now), floor(now)
    today = anchor.astimezone(ZoneInfo(zone)).date()
    days = (today, today + timedelta(days=1))
    speakers = invent_speakers(rng, SPEAKERS)
    pieces = iter(rng.sample(words.TALKS, len(words.TALKS)))
    turns = cycle([speaker.code for speaker in speakers[1:]])
    talks = [
        *_talks(FIRST_DAY, "1", anchor, pieces, turns, speakers),
        *_talks(SECOND_DAY, "2", local(days[1], MORNING, zone), pieces, turns, speakers),
    ]
    return DemoPlan(zone, days, tuple(words.ROOMS), speakers, tuple(talks))


def _talks(
    slots: Iterable[DemoSlot],
    day: str,
    begin: datetime,
    pieces: Iterator[Piece],
    turns: Iterator[str],
    speakers: tuple[Speaker, ...],
) -> Iterator[PlannedTalk]:
    by_name = {speaker.name: speaker.code for speaker in speakers}
    taken: set[str] = set()
    for number, slot in enumerate(slots):
        starts_at = begin + timedelta(minutes=slot.minutes)
        before = starts_at - timedelta(minutes=slot.moved_by)
        named = tuple(by_name[name] for name in slot.named)
        yield PlannedTalk(
            # The place in the programme, not the title: a page that is open stays that talk's.
            code=derive_code(f"demo {day} {number}", taken),
            piece=slot.piece or next(pieces),
            starts_at=starts_at,
            ends_at=starts_at + timedelta(minutes=slot.length),
            room=slot.room,
            kind=slot.kind,
            delivery=slot.delivery,
            speakers=named or tuple(next(turns) for _turn in range(slot.speakers)),
            also_in=slot.also_in,
            language=slot.language,
            series=slot.series,
            planned_starts_at=before if slot.moved_by else None,
            is_canceled=slot.is_canceled,
        )


def invent_speakers(rng: random.Random, count: int) -> tuple[Speaker, ...]:
    """The first is the one who speaks Arabic, the second the one who can sign in."""
    names = [f"{first} {last}" for first in words.FIRST_NAMES for last in words.LAST_NAMES]
    chosen = [words.ARABIC_SPEAKER, *rng.sample(names, count - 1)]
    taken: set[str] = set()
    return tuple(
        Speaker(
            code=derive_code(f"demo speaker {number}", taken),
            name=name,
            biography=to_html(rng.choice(words.BIOGRAPHIES).format(name=name)),
            email=SPEAKER_EMAIL if number == 1 else "",
        )
        for number, name in enumerate(chosen)
    )


def zone_for(now: datetime) -> str:
    """A zone in which it is about eleven in the morning."""

    def hours_from_late_morning(zone: str) -> float:
        there = now.astimezone(ZoneInfo(zone))
        distance = abs((there.hour + there.minute / 60) - LATE_MORNING.hour)
        return min(distance, 24 - distance)

    return min(ZONES, key=hours_from_late_morning)


def floor(now: datetime) -> datetime:
    """Down to five minutes."""
    seconds = now.timestamp() // STEP.total_seconds() * STEP.total_seconds()
    return datetime.fromtimestamp(seconds, UTC)


def local(day: date, at: time, zone: str) -> datetime:
    return datetime.combine(day, at, ZoneInfo(zone)).astimezone(UTC)
