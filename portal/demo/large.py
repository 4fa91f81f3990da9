"""A large conference, for measuring: as many talks as asked for, in up to twenty rooms."""

import math
import random
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from itertools import islice, product
from zoneinfo import ZoneInfo

from django.utils.text import slugify

from portal.demo import words
from portal.demo.plan import (
    MORNING,
    DemoPlan,
    PlannedTalk,
    floor,
    invent_speakers,
    local,
    zone_for,
)
from portal.demo.words import Piece
from schedule.models import Speaker
from schedule.models.codes import derive_code

MOST_ROOMS = 20
# A room is worth having from about so many talks on.
TALKS_PER_ROOM = 40
SLOTS_PER_DAY = 12
LENGTH = timedelta(minutes=45)
CHANGEOVER = timedelta(minutes=5)
# The one that is on now began ten minutes ago, so it has half an hour left at least.
SLOT_NOW = 2
BEGAN = timedelta(minutes=10)
# So many of a hundred talks.
CANCELED = 2
MOVED = 3


def large_plan(seed: int, now: datetime, talk_count: int) -> DemoPlan:
    rng = random.Random(seed)  # noqa: S311 - the same every time is the point
    zone = zone_for(now)
    room_count = min(MOST_ROOMS, max(len(words.ROOMS), talk_count // TALKS_PER_ROOM))
    names = words.MORE_ROOMS[: room_count - len(words.ROOMS)]
    rooms = (*words.ROOMS, *((slugify(name), name, "") for name in names))
    day_count = max(1, math.ceil(talk_count / (room_count * SLOTS_PER_DAY)))
    today = now.astimezone(ZoneInfo(zone)).date()
    days = tuple(today + timedelta(days=day) for day in range(day_count))
    speakers = invent_speakers(rng, max(2, talk_count // 2))
    places = islice(product(_starts(now, days, zone), rooms), talk_count)
    taken: set[str] = set()
    talks = tuple(
        _talk(rng, derive_code(f"demo large {number}", taken), starts_at, room[0], speakers)
        for number, (starts_at, room) in enumerate(places)
    )
    return DemoPlan(zone, days, rooms, speakers, talks)


def _starts(now: datetime, days: Iterable[date], zone: str) -> list[datetime]:
    """When the slots of every day begin. The one that is on now comes first, so that a few talks
    fill it.
    """
    begin = floor(now) - BEGAN - SLOT_NOW * (LENGTH + CHANGEOVER)
    begins = [begin, *(local(day, MORNING, zone) for day in list(days)[1:])]
    starts = [
        begin + slot * (LENGTH + CHANGEOVER) for begin in begins for slot in range(SLOTS_PER_DAY)
    ]
    return [starts.pop(SLOT_NOW), *starts]


def _talk(
    rng: random.Random,
    code: str,
    starts_at: datetime,
    room: str,
    speakers: tuple[Speaker, ...],
) -> PlannedTalk:
    piece = rng.choice(words.TALKS)
    title = " ".join(map(rng.choice, (words.VERBS, words.ADJECTIVES, words.NOUNS, words.PLACES)))
    is_moved = rng.randrange(100) < MOVED
    return PlannedTalk(
        code=code,
        piece=Piece(title, piece.track, piece.abstract),
        starts_at=starts_at,
        ends_at=starts_at + LENGTH,
        room=room,
        speakers=tuple(speaker.code for speaker in rng.sample(speakers, rng.choice((1, 1, 2)))),
        planned_starts_at=starts_at - CHANGEOVER if is_moved else None,
        # `main` is live: what is on there now is never canceled.
        is_canceled=room != "main" and rng.randrange(100) < CANCELED,
    )
