"""What is refused when too much would go missing."""

from dataclasses import replace
from datetime import date

import pytest

from conftest import make_conference, utc
from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.guard import TalkRemovalsRefused
from schedule.feeds.importing.import_file import ImportSummary, import_schedule
from schedule.feeds.tests.schedule_files import event_json, schedule_json
from schedule.models import FeedItem, Talk

AT = utc("2026-03-06 07:00")  # the first morning


@pytest.fixture
def conference(db):
    return make_conference(
        starts_on=date(2026, 3, 6), ends_on=date(2026, 3, 7), time_zone="Europe/Berlin"
    )


def load(conference, *events, accepts=True, at=AT, **kw) -> ImportSummary:
    return import_schedule(
        conference=conference,
        programme=parse(schedule_json(*events, **kw)),
        source="feed",
        accepts_removals=accepts,
        at=at,
    )


def many(count: int):
    return [event_json(number) for number in range(1, count + 1)]


def dangers(conference, *events, at=AT, **kw) -> list[str]:
    with pytest.raises(TalkRemovalsRefused) as refused:
        load(conference, *events, accepts=False, at=at, **kw)
    return [danger.code for danger in refused.value.dangers]


def test_a_tenth_may_be_missing_and_no_more(conference):
    load(conference, *many(20))
    late = utc("2026-03-06 20:00")
    assert load(conference, *many(18), accepts=False, at=late).counts["missing"] == 2
    assert dangers(conference, *many(16), at=late) == ["share"]
    assert FeedItem.objects.exclude(missing_since=None).count() == 2
    assert load(conference, *many(16), at=late).counts["missing"] == 2


def test_an_outage_of_a_quarter_is_refused_and_writes_nothing(conference):
    load(conference, *many(100))
    before = list(Talk.objects.order_by("pk").values())
    outage = [event_json(1, title="Other"), *many(100)[1:74]]
    assert dangers(conference, *outage) == ["share", "future"]
    assert list(Talk.objects.order_by("pk").values()) == before
    assert not FeedItem.objects.exclude(missing_since=None).exists()
    assert load(conference, *many(100), accepts=False).change is None


def test_five_talks_to_come_are_too_many(conference):
    load(conference, *many(100))
    assert load(conference, *many(96), accepts=False).counts["missing"] == 4
    assert dangers(conference, *many(91)) == ["future"]


def test_a_live_talk_does_not_go_missing(conference):
    load(conference, *many(20))
    assert dangers(conference, *many(19), at=utc("2026-03-06 09:10")) == ["live"]


def test_a_whole_room_or_day_does_not_go_missing(conference):
    cellar = event_json(30, room="Cellar")
    second_day = event_json(31, **{"date": "2026-03-07T10:00:00+01:00"})
    everything = {"Hall": [*many(30)[:25], second_day], "Cellar": [cellar]}
    load(conference, rooms=everything)
    late = utc("2026-03-08 20:00")
    no_cellar = {"Hall": everything["Hall"], "Cellar": []}
    assert dangers(conference, rooms=no_cellar, at=late) == ["room"]
    no_second_day = {"Hall": many(25), "Cellar": [cellar]}
    assert dangers(conference, rooms=no_second_day, at=late) == ["day"]


def test_an_empty_feed(conference):
    load(conference, *many(2))
    empty = replace(parse(schedule_json(*many(2))), talks=())
    with pytest.raises(TalkRemovalsRefused, match="no talks"):
        import_schedule(conference=conference, programme=empty, source="feed", at=AT)
