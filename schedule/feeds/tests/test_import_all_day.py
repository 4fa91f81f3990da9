"""What goes on all day, in imports: start, end and "all day" are one thing, and whoever holds one of
them holds all. Half a move leaves an item on all day at a talk's time, or a room live for a day.
"""

from datetime import date, timedelta

import pytest

from conftest import make_room, utc
from schedule.changes.recorder import ChangeRecorder, UndoRefused, undo
from schedule.changes.undoing import UndoPlan
from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.import_file import ImportSummary, import_schedule
from schedule.feeds.importing.lines import fields_in_words
from schedule.feeds.importing.plan import ImportPlan
from schedule.feeds.importing.reviewing import apply_review
from schedule.feeds.tests.schedule_files import event_json, schedule_json
from schedule.models import Change, Feed, FieldChange, ImportReview, Override, Talk

AT = utc("2026-03-01 07:00")
FIRST, SECOND = date(2026, 3, 6), date(2026, 3, 7)
ALL_DAY = "DTSTART;VALUE=DATE:20260306\nDTEND;VALUE=DATE:20260307"
NEXT_DAY = "DTSTART;VALUE=DATE:20260307\nDTEND;VALUE=DATE:20260308"
AT_TEN = "DTSTART:20260306T090000Z\nDTEND:20260306T100000Z"
LONGER = "DTSTART:20260306T090000Z\nDTEND:20260306T103000Z"


def ics(times: str) -> bytes:
    event = f"BEGIN:VEVENT\nUID:a@example.org\nSUMMARY:Sprint\nLOCATION:Hall\n{times}\nEND:VEVENT"
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:t\n{event}\nEND:VCALENDAR\n".encode()


def load(conference, data: bytes, at=AT, **kw) -> ImportSummary:
    programme = parse(data, default_zone=conference.zone)
    return import_schedule(
        conference=conference, programme=programme, source="feed", at=at, data=data, **kw
    )


def times(talk: Talk) -> tuple[object, ...]:
    talk.refresh_from_db()
    return talk.starts_at, talk.ends_at, talk.is_all_day


def by_hand(talk: Talk, **values) -> Change | None:
    changing = ChangeRecorder(talk.conference, Change.Act.ADMIN, at=AT + timedelta(minutes=1))
    changing.set(talk, **values)
    return changing.write()


def take(talk: Talk) -> None:
    """The organizer takes what the feed says."""
    review = ImportReview.objects.get()
    chosen = [line["digest"] for line in review.plan["lines"]]
    apply_review(
        review, digest=review.digest, chosen=chosen, dismissed=[], actor=None, at=AT
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("first", "moved", "then"),
    [
        (AT_TEN, {"starts_at": utc("2026-03-06 08:00")}, ALL_DAY),
        (AT_TEN, {"ends_at": utc("2026-03-06 12:00")}, ALL_DAY),
        (AT_TEN, "all day", LONGER),
        (AT_TEN, "all day", NEXT_DAY),
        (ALL_DAY, {"starts_at": utc("2026-03-06 08:00"), "ends_at": utc("2026-03-06 12:00"), "is_all_day": False}, NEXT_DAY),
        (ALL_DAY, "next day", AT_TEN),
        (AT_TEN, {"starts_at": utc("2026-03-06 13:00"), "ends_at": utc("2026-03-06 14:00")}, LONGER),
    ],
)  # fmt: skip
def test_an_organizers_time_stands_whole_until_it_is_decided(conference, first, moved, then):
    load(conference, ics(first))
    talk = Talk.objects.get()
    if isinstance(moved, str):
        day = FIRST if moved == "all day" else SECOND
        starts_at, ends_at = conference.whole_days(day, day)
        moved = {"starts_at": starts_at, "ends_at": ends_at, "is_all_day": True}
    by_hand(talk, **moved)
    before = times(talk)
    for _twice in range(2):
        assert load(conference, ics(then)).counts["conflicts"] == 1
        assert times(talk) == before, "no half of a move"
    take(talk)
    incoming = parse(ics(then), default_zone=conference.zone).talks[0]
    assert times(talk) == (incoming.starts_at, incoming.ends_at, incoming.is_all_day)
    assert not Override.objects.exists(), "it follows the feed again"
    assert load(conference, ics(then)).change is None


def test_whoever_ticks_all_day_alone_holds_the_times_too(conference):
    whole = "DTSTART:20260306T030000Z\nDTEND:20260307T030000Z"
    load(conference, ics(whole))
    talk = Talk.objects.get()
    by_hand(talk, is_all_day=True)
    load(conference, ics(AT_TEN))
    assert times(talk) == (*conference.whole_days(FIRST, FIRST), True)


def test_who_follows_the_feed_again_follows_it_in_all_three(conference):
    load(conference, ics(AT_TEN))
    talk = Talk.objects.get()
    starts_at, ends_at = conference.whole_days(FIRST, FIRST)
    by_hand(talk, starts_at=starts_at, ends_at=ends_at, is_all_day=True)
    Override.objects.all().delete()
    load(conference, ics(AT_TEN))
    assert times(talk) == (utc("2026-03-06 09:00"), utc("2026-03-06 10:00"), False)


def test_a_format_without_a_word_for_it_gives_a_time(conference):
    load(conference, ics(ALL_DAY))
    talk = Talk.objects.get()
    event = event_json(1, title="Sprint")
    whole = event_json(
        1, title="Sprint", start="04:00", date="2026-03-06T04:00:00+01:00", duration="24:00"
    )
    load(conference, schedule_json(whole))
    assert times(talk) == (*conference.whole_days(FIRST, FIRST), True), "as our export has it"
    load(conference, schedule_json(event))
    assert times(talk) == (utc("2026-03-06 09:00"), utc("2026-03-06 09:30"), False)


def test_calendars_take_it_as_a_change(conference):
    load(conference, ics("DTSTART:20260306T030000Z\nDTEND:20260307T030000Z"))
    summary = load(conference, ics(ALL_DAY))
    assert (summary.counts["moved"], summary.counts["changed"]) == (1, 0)
    assert Talk.objects.get().sequence == 1


def test_a_time_is_undone_whole_or_not_at_all(conference):
    load(conference, ics(AT_TEN))
    talk = Talk.objects.get()
    first = by_hand(talk, starts_at=utc("2026-03-06 08:00"))
    second = by_hand(talk, ends_at=utc("2026-03-06 08:30"))
    with pytest.raises(UndoRefused, match="ends_at"):
        undo(first, actor=None, summary="")
    undo(second, actor=None, summary="")
    undo(first, actor=None, summary="")
    assert times(talk) == (utc("2026-03-06 09:00"), utc("2026-03-06 10:00"), False)
    assert FieldChange.objects.filter(talk=talk, field="ends_at").count() == 2


def test_words_say_the_day(conference):
    load(conference, ics(ALL_DAY))
    data = ics(NEXT_DAY)
    plan = ImportPlan(conference, Feed.objects.get(), parse(data, default_zone=conference.zone))
    (line,) = plan.as_dict()["lines"]
    told = [tuple(words) for words in fields_in_words(line, conference.zone)]
    assert told == [
        ("starts", "Fri 6 Mar", "Sat 7 Mar"),
        ("ends", "Fri 6 Mar", "Sat 7 Mar"),
    ]
    change = load(conference, data).change
    ((_talk, words),) = UndoPlan.of(change, AT).shown
    assert words == "starts: Sat 7 Mar → Fri 6 Mar; ends: Sat 7 Mar → Fri 6 Mar"


@pytest.mark.parametrize("hour", [2, 4])
def test_a_day_on_which_the_clock_skips_an_hour(conference, hour):
    conference.day_starts_at_hour = hour
    conference.starts_on = conference.ends_on = date(2026, 3, 29)
    conference.save()
    data = ics("DTSTART;VALUE=DATE:20260329\nDTEND;VALUE=DATE:20260330")
    programme = parse(data, default_zone=conference.zone, day_starts_at_hour=hour)
    import_schedule(conference=conference, programme=programme, source="feed", at=AT)
    assert Talk.objects.get().days(conference) == [date(2026, 3, 29)]


@pytest.mark.slow
def test_it_guards_no_removal(conference):
    """Neither one that is accepted, nor the one that is no outage."""
    make_room(conference, name="Hall", slug="hall")
    others = "\n".join(
        f"BEGIN:VEVENT\nUID:{number}\nSUMMARY:Talk {number}\nDTSTART:20260307T{number}0000Z\n"
        f"DTEND:20260307T{number}3000Z\nEND:VEVENT"
        for number in range(10, 18)
    ).encode()
    without = b"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:t\n" + others + b"\nEND:VCALENDAR\n"
    full = ics(ALL_DAY).replace(b"\nEND:VCALENDAR", b"\n" + others + b"\nEND:VCALENDAR")
    noon = utc("2026-03-06 11:00")
    for accepts, hours in ((True, [0]), (False, [0, 1, 2])):
        load(conference, full, at=noon)
        assert Talk.objects.shown().count() == 9
        for hour in hours:
            at = noon + timedelta(hours=hour)
            summary = load(conference, without, at=at, accepts_removals=accepts)
        assert (summary.counts["removed"], summary.counts["waiting"]) == (1, 0)
        assert Talk.objects.removed().get().title == "Sprint"
