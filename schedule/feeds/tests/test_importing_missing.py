"""What becomes of talks that a source no longer has."""

from datetime import date, timedelta

import pytest

from conftest import make_conference, make_talk, utc
from schedule.changes.recorder import ChangeRecorder, undo
from schedule.changes.removals import RemovalsRefused, dangers_of_removal
from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.import_file import ImportSummary, import_schedule
from schedule.feeds.tests.schedule_files import event_json, schedule_json
from schedule.models import Change, Feed, FeedItem, ImportReview, Talk

AT = utc("2026-03-05 07:00")  # the day before; every talk begins on the 6th, at 09:00
HOUR = timedelta(hours=1)


@pytest.fixture
def conference(db):
    return make_conference(
        starts_on=date(2026, 3, 6), ends_on=date(2026, 3, 7), time_zone="Europe/Berlin"
    )


def load(conference, *events, accepts=False, at=AT, **kw) -> ImportSummary:
    data = schedule_json(*events, **kw)
    return import_schedule(
        conference=conference,
        programme=parse(data),
        source="feed",
        accepts_removals=accepts,
        at=at,
        data=data,
    )


def looks(conference, *events, at=AT, hours=(0, 1, 2)) -> list[int]:
    """How many were taken out at each look."""
    return [load(conference, *events, at=at + hour * HOUR).counts["removed"] for hour in hours]


def many(count: int, **words):
    return [event_json(number, **words) for number in range(1, count + 1)]


def day_two(number: int, **words):
    return event_json(number, date="2026-03-07T10:00:00+01:00", **words)


def shown() -> set[str]:
    return set(Talk.objects.shown().values_list("title", flat=True))


def titles(*numbers: int) -> set[str]:
    return {f"Talk {number}" for number in numbers}


@pytest.mark.slow
def test_missing_talks_hold_back_nothing_but_themselves(conference):
    load(conference, *many(100))
    summary = load(
        conference,
        event_json(1, title="Renamed"),
        event_json(2, start="11:00", date="2026-03-06T11:00:00+01:00"),
        *many(74)[2:],
        event_json(200),
    )
    counts = {name: summary.counts[name] for name in ("new", "changed", "moved", "missing")}
    assert counts == {"new": 1, "changed": 1, "moved": 1, "missing": 26}
    assert (summary.counts["waiting"], summary.counts["removed"]) == (26, 0)
    assert [danger.code for danger in summary.dangers] == ["share"]
    assert shown() == {"Renamed", *titles(*range(2, 101), 200)}
    assert Talk.objects.get(title="Talk 2").starts_at == utc("2026-03-06 10:00")
    lines = ImportReview.objects.get().plan["lines"]
    assert {line["kinds"][0] for line in lines} == {"missing"}
    assert load(conference, *many(100), event_json(200)).counts["back"] == 26
    assert not ImportReview.objects.exists()
    assert not FeedItem.objects.exclude(missing_since=None).exists()


@pytest.mark.slow
def test_five_of_very_many_are_no_hole(conference):
    load(conference, *many(100))
    gone = list(Talk.objects.all()[:5])
    assert dangers_of_removal(conference, gone, at=AT) == []
    summary = load(conference, *many(95))
    assert (summary.counts["waiting"], summary.dangers) == (5, [])


@pytest.mark.slow
def test_two_hours_and_three_looks_are_no_outage(conference):
    load(conference, *many(20))
    assert looks(conference, *many(15)) == [0, 0, 5]
    assert shown() == titles(*range(1, 16))
    assert not ImportReview.objects.exists(), "nobody is asked any more"
    change = Change.objects.newest_first()[0]
    assert (change.act, str(change)) == ("import", "feed: 5 taken out")
    assert load(conference, *many(15), at=AT + 3 * HOUR).change is None
    assert load(conference, *many(20), at=AT + 4 * HOUR).counts["back"] == 5
    assert shown() == titles(*range(1, 21))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("hours", "removed"),
    [
        ((0, 5), [0, 0]),  # long, but two looks
        ((0, 0.5, 1, 1.9), [0, 0, 0, 0]),  # often, but not long
        ((0, 1, 1.9, 2), [0, 0, 0, 2]),
        ((0, 24, 48), [0, 0, 0]),  # in the meantime they are live or over
    ],
)
def test_neither_time_nor_looks_are_enough_alone(conference, hours, removed):
    load(conference, *many(20))
    assert looks(conference, *many(18), at=AT, hours=hours) == removed


@pytest.mark.slow
def test_what_came_back_in_between_begins_anew(conference):
    load(conference, *many(20))
    for hour in range(4):
        load(conference, *many(18), at=AT + hour * HOUR)
        load(conference, *many(20), at=AT + hour * HOUR + HOUR / 2)
    assert looks(conference, *many(18), at=AT + 5 * HOUR) == [0, 0, 2]


@pytest.mark.slow
def test_the_keynote_does_not_vanish(conference):
    """The source comes back shortened on the morning, and stays so: 09:00 to 09:30 is the keynote."""
    load(conference, event_json(1, title="Keynote"), *[day_two(number) for number in range(2, 20)])
    left = [day_two(number) for number in range(2, 20)]
    morning = utc("2026-03-06 04:00")
    hours = [1.1, 2, 3.1, 4, 5, 5.4]  # when it is near, and while it is live
    assert looks(conference, *left, at=morning, hours=hours) == [0] * 6
    assert "Keynote" in shown()
    over = looks(conference, *left, at=morning, hours=(5.5, 6, 8))
    assert over == [0, 0, 0], "what is over took place"
    assert "Keynote" in shown()
    item = FeedItem.objects.exclude(missing_since=None).get()
    assert item.is_settled, "and nobody is asked any more"
    assert not ImportReview.objects.exists()


@pytest.mark.slow
def test_what_was_moved_at_the_desk_counts_as_it_is_now(conference):
    load(conference, event_json(1), *[day_two(number) for number in range(2, 20)])
    late = ChangeRecorder(conference, Change.Act.DESK, at=AT)
    late.set(
        Talk.objects.get(title="Talk 1"),
        starts_at=utc("2026-03-06 11:00"),
        ends_at=utc("2026-03-06 11:30"),
    )
    late.write()
    left = [day_two(number) for number in range(2, 20)]
    found = looks(conference, *left, at=utc("2026-03-06 09:10"), hours=(0, 1, 2, 2.2))
    assert found == [0, 0, 0, 0], "it begins at eleven"


@pytest.mark.slow
def test_a_source_that_has_lost_its_programme_waits_for_a_person(conference):
    load(conference, *many(20))
    assert looks(conference, *many(9), hours=(0, 1, 2, 5)) == [0, 0, 0, 0]
    assert shown() == titles(*range(1, 21))
    assert looks(conference, *many(10), hours=(6,)) == [10], "half of it is left"


def test_another_programme_is_not_put_beside_the_old_one(conference):
    load(conference, *many(5))
    another = [event_json(number) for number in range(50, 60)]
    with pytest.raises(RemovalsRefused, match="None of the 5 talks that this feed had is in it"):
        load(conference, *another)
    assert shown() == titles(*range(1, 6))
    assert load(conference, *another, accepts=True).counts["removed"] == 5
    assert shown() == titles(*range(50, 60))


def test_a_handful_of_talks_may_all_be_others(conference):
    load(conference, *many(4))
    assert load(conference, event_json(5)).counts["new"] == 1


def test_accepted_removals_go_at_once_but_for_what_is_live(conference):
    load(conference, *many(3), day_two(4))
    live = utc("2026-03-06 09:10")
    summary = load(conference, *many(2), accepts=True, at=live)
    assert (summary.counts["removed"], summary.counts["waiting"]) == (1, 1)
    assert [danger.code for danger in summary.dangers] == ["share", "live"]
    assert shown() == titles(1, 2, 3)
    assert load(conference, *many(2), accepts=True, at=live + HOUR).counts["removed"] == 1


@pytest.mark.slow
def test_a_dry_run_counts_no_look(conference):
    load(conference, *many(20))
    data = schedule_json(*many(18))
    for hour in range(4):
        summary = import_schedule(
            conference=conference,
            programme=parse(data),
            source="feed",
            is_dry_run=True,
            at=AT + hour * HOUR,
        )
        assert (summary.counts["missing"], summary.counts["waiting"]) == (2, 2)
    assert not FeedItem.objects.exclude(missing_since=None).exists()


@pytest.mark.slow
def test_a_removal_that_was_undone_is_not_made_by_itself_again(conference):
    load(conference, *many(20))
    looks(conference, *many(18))
    undo(Change.objects.newest_first()[0], actor=None, summary="")
    assert shown() == titles(*range(1, 21))
    assert looks(conference, *many(18), hours=(3, 4, 9)) == [0, 0, 0]
    assert len(ImportReview.objects.get().plan["lines"]) == 2, "but it is proposed"


def by_hand(conference, title: str, *, is_hidden: bool):
    change = ChangeRecorder(conference, Change.Act.ADMIN, at=AT + 3 * HOUR)
    change.set(Talk.objects.get(title=title), is_hidden=is_hidden)
    return change.write()


@pytest.mark.slow
def test_an_organizers_hand_is_an_answer(conference):
    load(conference, *many(20))
    looks(conference, *many(19))
    load(conference, *many(18), at=AT + 3 * HOUR)
    for title in ("Talk 19", "Talk 20"):  # one waits, the other has been taken out
        for is_hidden in (True, False):
            by_hand(conference, title, is_hidden=is_hidden)
    assert looks(conference, *many(18), hours=(4, 5, 6)) == [0, 0, 0]
    assert shown() == titles(*range(1, 21))
    by_hand(conference, "Talk 20", is_hidden=True)
    assert not Talk.objects.removed().exists()
    load(conference, *many(20), at=AT + 7 * HOUR)
    assert shown() == titles(*range(1, 20)), "hidden by hand, whatever the feed has"


@pytest.mark.slow
def test_the_undo_of_what_an_organizer_showed(conference):
    load(conference, *many(20))
    looks(conference, *many(18))
    undo(by_hand(conference, "Talk 20", is_hidden=False), actor=None, summary="")
    assert set(Talk.objects.removed().values_list("title", flat=True)) == titles(19, 20)


def test_only_what_its_feed_lost_has_left_the_programme(conference):
    """Hidden by hand, or made by an import that was undone: of those nobody reads anything."""
    change = load(conference, *many(2)).change
    make_talk(conference, is_hidden=True)
    undo(change, actor=None, summary="")
    assert not Talk.objects.removed().exists()
    load(conference, *many(2))
    load(conference, *many(1), accepts=True)
    assert [talk.title for talk in Talk.objects.removed()] == ["Talk 2"]


def test_a_whole_room_or_day_is_a_danger(conference):
    cellar = event_json(30, room="Cellar")
    load(conference, rooms={"Hall": [*many(25), day_two(31)], "Cellar": [cellar]})

    def dangers(*titles):
        gone = list(Talk.objects.filter(title__in=titles))
        return [danger.code for danger in dangers_of_removal(conference, gone, at=AT)]

    assert dangers("Talk 30") == ["room"]
    assert dangers("Talk 31") == ["day"]
    assert dangers("Talk 1", "Talk 2") == []
    assert dangers(*titles(1, 2, 3)) == ["share"]


@pytest.mark.slow
def test_another_feed_is_not_looked_at(conference):
    load(conference, *many(20))
    looks(conference, *many(18), hours=(0, 1))
    other = parse(schedule_json(*(event_json(number) for number in range(50, 60))))
    import_schedule(conference=conference, programme=other, source="other", at=AT + 2 * HOUR)
    assert Feed.objects.count() == 2
    assert set(FeedItem.objects.exclude(missing_since=None).values_list("missing_looks")) == {(2,)}


@pytest.mark.slow
def test_what_is_over_took_place_whatever_was_answered(conference):
    """Also what somebody brought back by undoing its removal, and what one look finds missing."""
    load(conference, *many(20))
    looks(conference, *many(19))
    undo(Change.objects.newest_first()[0], actor=None, summary="")
    summary = load(conference, *many(18), at=AT + 24 * 2 * HOUR)
    assert (summary.counts["waiting"], summary.counts["removed"]) == (0, 0)
    assert not ImportReview.objects.exists()
    assert shown() == titles(*range(1, 21))


def test_another_programme_is_one_also_when_the_old_one_is_over(conference):
    load(conference, *many(5))
    another = [event_json(number) for number in range(50, 60)]
    for _twice in range(2):
        with pytest.raises(
            RemovalsRefused, match="None of the 5 talks that this feed had is in it"
        ):
            load(conference, *another, at=AT + 24 * 2 * HOUR)


def test_what_was_undone_is_no_part_of_the_programme_that_is_left(conference):
    load(conference, *many(5))
    another = [event_json(number) for number in range(50, 60)]
    undo(load(conference, *another, accepts=True).change, actor=None, summary="")
    assert shown() == titles(*range(1, 6))
    with pytest.raises(RemovalsRefused, match="None of the 5 talks"):
        load(conference, *another)
