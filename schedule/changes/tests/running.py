"""A day for the tests of the run of show: two rooms, a fixed break, people with two talks."""

from conftest import make_conference, make_room, make_talk, utc
from schedule.changes.run_of_show.run_sheet import RunSheet, SheetTalk
from schedule.changes.warnings import minutes
from schedule.models import Conference, Room, Talk

DAY = "2026-11-21"


def at(clock: str):
    return utc(f"{DAY} {clock}")


def one_day(**kw) -> Conference:
    return make_conference(time_zone="UTC", starts_on=DAY, ends_on=DAY, **kw)


def talk_at(room: Room, title: str, start: str, length: int, **kw) -> Talk:
    return make_talk(
        room.conference, room=room, title=title, starts_at=at(start), minutes=length, **kw
    )


def main_hall() -> Room:
    """A 10:00, B 10:30 and C 11:10 (a gap of 10 min), lunch 11:40, D 13:00."""
    room = make_room(one_day(), name="Main hall", slug="main")
    talk_at(room, "A", "10:00", 30)
    talk_at(room, "B", "10:30", 30)
    talk_at(room, "C", "11:10", 30)
    talk_at(room, "Lunch", "11:45", 60, kind="break")
    talk_at(room, "D", "13:00", 30)
    return room


def placed(sheet: RunSheet, title: str) -> SheetTalk:
    return next(talk for talk in sheet.talks if talk.title == title)


def clock(talk) -> str:
    return f"{talk.starts_at:%H:%M}–{talk.ends_at:%H:%M}"


def outcome(proposal) -> dict[str, str]:
    return {line.new.title: clock(line.new) for line in proposal.lines}


def clashes(proposal) -> list[tuple[str, str, int]]:
    return [
        (str(clash.kind), "/".join(talk.title for talk in clash.talks), minutes(clash.size))
        for clash in proposal.clashes
    ]
