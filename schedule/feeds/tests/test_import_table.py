"""What a spreadsheet brings into the database: further rooms and cancellations among it."""

from zoneinfo import ZoneInfo

import pytest

from conftest import make_conference, make_room
from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.import_file import ImportSummary, import_schedule
from schedule.models import Talk


@pytest.fixture
def conference(db):
    return make_conference(starts_on="2026-03-06", ends_on="2026-03-07", time_zone="Europe/Berlin")


def load(conference, *rows: str) -> ImportSummary:
    header = "code,title,start,end,room,also in,canceled\n"
    data = (header + "\n".join(rows)).encode()
    programme = parse(data, default_zone=ZoneInfo("Europe/Berlin"))
    return import_schedule(conference=conference, programme=programme, source="programme.csv")


def row(also_in: str = "", canceled: str = "") -> str:
    return f"A,Opening,2026-03-06 10:00,11:00,Hall,{also_in},{canceled}"


def further_rooms() -> list[str]:
    return [room.name for room in Talk.objects.get().also_in.order_by("name")]


def test_it_works(conference):
    assert load(conference, row("Foyer; Garden", "yes")).counts["new"] == 1
    talk = Talk.objects.get()
    assert (talk.title, talk.room.name, talk.is_canceled) == ("Opening", "Hall", True)
    assert further_rooms() == ["Foyer", "Garden"]
    again = load(conference, row("Foyer; Garden", "yes"))
    assert (again.counts["unchanged"], again.counts["changed"]) == (1, 0)


def test_further_rooms_follow_the_file(conference):
    load(conference, row("Foyer; Garden"))
    assert load(conference, row("Foyer")).counts["changed"] == 1
    assert further_rooms() == ["Foyer"]
    load(conference, row())
    assert further_rooms() == []


def test_further_rooms_of_an_organizer_stay_while_the_file_has_none(conference):
    load(conference, row())
    Talk.objects.get().also_in.add(make_room(conference, name="Garden"))
    assert load(conference, row()).counts["unchanged"] == 1
    assert further_rooms() == ["Garden"]


def test_a_cancellation_comes_and_goes_with_the_file(conference):
    load(conference, row())
    assert load(conference, row(canceled="yes")).counts["changed"] == 1
    assert Talk.objects.get().is_canceled
    load(conference, row())
    assert not Talk.objects.get().is_canceled


@pytest.mark.parametrize(("said", "by_organizer"), [("", True), ("yes", False)])
def test_what_an_organizer_decided_stays_until_the_file_says_something_new(
    conference, said, by_organizer
):
    load(conference, row(canceled=said))
    Talk.objects.update(is_canceled=by_organizer)
    assert load(conference, row(canceled=said)).counts["unchanged"] == 1
    assert Talk.objects.get().is_canceled is by_organizer


def test_a_column_less_does_not_bring_talks_back(conference):
    """A feed that was first imported before it could say "canceled"."""
    load(conference, row())
    talk = Talk.objects.get()
    item = talk.feed_items.get()
    del item.values["is_canceled"]
    item.save()
    Talk.objects.update(is_canceled=True)
    load(conference, row())
    assert Talk.objects.get().is_canceled
