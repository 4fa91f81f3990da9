"""Who is who from one import to the next."""

import json

import pytest

from conftest import make_conference, make_room, make_talk, utc
from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.import_file import ImportSummary, import_schedule
from schedule.feeds.tests import test_format_pretalx as pretalx
from schedule.feeds.tests.schedule_files import event_json, event_xml, schedule_json, schedule_xml
from schedule.models import FeedItem, Room, Speaker, Talk, Track

GUIDS = [f"a0000000-0000-4000-8000-00000000000{number}" for number in range(5)]


@pytest.fixture
def conference(db):
    return make_conference(starts_on="2026-03-06", ends_on="2026-03-07", time_zone="Europe/Berlin")


def load(conference, *events, data: bytes | None = None, **kw) -> ImportSummary:
    programme = parse(data or schedule_json(*events, **kw), default_zone=conference.zone)
    return import_schedule(
        conference=conference, programme=programme, source="feed", accepts_removals=True
    )


def at(hour: int) -> dict[str, str]:
    return {"date": f"2026-03-06T{hour}:00:00+01:00", "start": f"{hour}:00"}


def with_rooms(*rooms: tuple[str, str], talk_in: str = "Hall") -> bytes:
    declared = [{"name": name, "guid": guid} for name, guid in rooms]
    return schedule_json(event_json(room=talk_in), rooms={talk_in: [event_json(room=talk_in)]}).replace(
        b'"days"', b'"rooms": ' + str(declared).replace("'", '"').encode() + b', "days"'
    )  # fmt: skip


def test_the_guid_survives_a_new_id_slug_and_title(conference):
    load(conference, event_json(1, slug="a"))
    code = Talk.objects.get().code
    summary = load(conference, event_json(1, id=77, slug="b", title="Other"))
    assert (summary.counts["new"], summary.counts["changed"]) == (0, 1)
    assert Talk.objects.get().code == code


def test_a_second_slot_rekeys_the_first_and_keeps_its_row(conference):
    load(conference, event_json(1, code="ABCDEF", guid=GUIDS[0]))
    summary = load(
        conference,
        event_json(1, code="ABCDEF", guid=GUIDS[1]),
        event_json(1, code="ABCDEF", guid=GUIDS[2], **at(14)),
    )
    assert (summary.counts["new"], summary.counts["missing"]) == (1, 0)
    first, second = Talk.objects.order_by("starts_at")
    assert first.code == "ABCDEF", "the address of a talk never changes"
    assert first.feed_items.get().key == f"guid:{GUIDS[1]}"
    assert {first.series, second.series} == {"ABCDEF"}
    assert len(second.code) == 6
    assert second.code != "ABCDEF"


def rekeyed(conference, before: dict[str, object], after: dict[str, object]) -> bool:
    """Whether the second is taken for the first, under a new guid and number."""
    load(conference, event_json(1, **before), event_json(2))
    summary = load(conference, event_json(9, guid=GUIDS[1], **after), event_json(2))
    counts = summary.counts["new"], summary.counts["missing"]
    assert counts in ((0, 0), (1, 1))
    return counts == (0, 0)


ADA, KIM = {"id": 4, "name": "Ada"}, {"id": 5, "name": "Kim"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"title": "Lunch"}, {"title": "Lunch"}),
        ({"title": "Lunch"}, {"title": "Lunch", **at(14)}),
        ({"persons": [ADA]}, {"title": "Talk 1", "persons": [ADA], **at(14)}),
        ({"persons": [ADA]}, {"title": "Talk 1", "persons": [ADA, KIM], **at(14)}),
        ({"persons": [ADA]}, {"title": "TALK  1", **at(14)}),
        ({"persons": [ADA]}, {"title": "Talk 1", "persons": [KIM]}),  # the same time and room
        ({"title": "Lunch"}, {"title": "Lunch", "id": 1, **at(14)}),
    ],
)
def test_a_new_guid_for_the_same_title_is_the_same_talk(conference, before, after):
    assert rekeyed(conference, before, after)
    assert Talk.objects.count() == 2


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"persons": [ADA]}, {"title": "Talk 1", "persons": [KIM], **at(14)}),
        ({"title": "Talk 2"}, {"title": "Talk 2", **at(14)}),  # which number 2 is called too
        ({"title": "Lunch"}, {"title": "Dinner"}),
        ({"title": "Lunch"}, {"title": "Dinner", "id": 1, **at(14)}),
    ],
)
def test_a_title_that_others_share_identifies_nothing(conference, before, after):
    assert not rekeyed(conference, before, after)


def test_a_repeated_guid_keeps_both_and_they_stay_apart(conference):
    events = [event_json(1, guid=GUIDS[0], **at(10)), event_json(2, guid=GUIDS[0], **at(14))]
    assert load(conference, *events).counts["new"] == 2
    assert load(conference, *reversed(events)).counts["unchanged"] == 2
    only_later = load(conference, events[1])
    assert (only_later.counts["unchanged"], only_later.counts["missing"]) == (1, 1)
    assert FeedItem.objects.get(missing_since=None).talk.title == "Talk 2"
    both_again = load(conference, *events)
    assert (
        both_again.counts["new"],
        both_again.counts["back"],
        both_again.counts["unchanged"],
    ) == (0, 1, 2)


def test_without_guids_the_id_counts_but_not_id_0(conference):
    def files(*talks: tuple[str, str]) -> bytes:
        return schedule_xml(*(event_xml(guid=None, id=id, title=title) for id, title in talks))

    load(conference, data=files(("0", "Zero"), ("5", "Five")))
    summary = load(conference, data=files(("0", "Zero"), ("5", "Fifth")))
    assert (summary.counts["new"], summary.counts["changed"], summary.counts["unchanged"]) == (
        0,
        1,
        1,
    )


def test_a_feed_that_learns_guids_keeps_its_talks(conference):
    load(conference, data=schedule_xml(event_xml(guid=None, slug="s-1"), event_xml(2, guid=None)))
    summary = load(conference, data=schedule_xml(event_xml(slug="s-1"), event_xml(2)))
    assert (summary.counts["new"], summary.counts["unchanged"]) == (0, 2)
    assert FeedItem.objects.filter(key__startswith="guid:").count() == 2


def test_codes_are_derived_when_taken_or_missing(conference):
    make_talk(conference, code="TAKEN", starts_at=utc("2026-03-06 09:00"))
    load(conference, event_json(1, code="TAKEN"), event_json(2), event_json(3, code="MÄ"))
    codes = list(Talk.objects.exclude(code="TAKEN").values_list("code", flat=True))
    assert len(set(codes)) == 3
    assert all(len(code) == 6 and code.isascii() for code in codes)
    elsewhere = make_conference(starts_on="2026-03-06", ends_on="2026-03-07")
    load(elsewhere, event_json(2))
    assert elsewhere.talks.get().code in codes, "the same talk has the same address anywhere"


def test_a_room_with_a_known_guid_is_renamed_in_place(conference):
    load(conference, data=with_rooms(("Hall", GUIDS[0])))
    pk = Room.objects.get().pk
    summary = load(conference, data=with_rooms(("Great Hall", GUIDS[0]), talk_in="Great Hall"))
    room = Room.objects.get()
    assert (room.pk, room.name, room.slug) == (pk, "Great Hall", "hall")
    assert summary.counts["unchanged"] == 1, "the talk did not move"


def test_rooms_swap_names(conference):
    load(conference, data=with_rooms(("Hall", GUIDS[0]), ("Cellar", GUIDS[1])))
    load(conference, data=with_rooms(("Cellar", GUIDS[0]), ("Hall", GUIDS[1])))
    assert {str(room.guid): room.name for room in Room.objects.all()} == {
        GUIDS[0]: "Cellar",
        GUIDS[1]: "Hall",
    }


def test_a_new_room_takes_the_name_that_another_gave_up(conference):
    load(conference, data=with_rooms(("Hall", GUIDS[0])))
    load(conference, data=with_rooms(("Old hall", GUIDS[0]), ("Hall", GUIDS[1])))
    assert sorted(Room.objects.values_list("name", flat=True)) == ["Hall", "Old hall"]


def test_a_name_that_another_room_has_is_not_taken_from_it(conference):
    load(conference, data=with_rooms(("Hall", GUIDS[0])))
    make_room(conference, name="Foyer")
    summary = load(conference, data=with_rooms(("Foyer", GUIDS[0]), talk_in="Foyer"))
    assert sorted(Room.objects.values_list("name", flat=True)) == ["Foyer", "Hall"]
    assert [problem.code for problem in summary.problems] == ["name-taken"]


def test_rooms_made_here_are_found_by_name_and_never_deleted(conference):
    hall, unused = make_room(conference, name=" hall"), make_room(conference, name="Unused")
    load(conference, data=with_rooms(("Hall", GUIDS[0])))
    hall.refresh_from_db()
    assert (str(hall.guid), Talk.objects.get().room) == (GUIDS[0], hall)
    assert Room.objects.filter(pk=unused.pk).exists()


def test_slugs_are_unique_and_ascii(conference):
    load(
        conference,
        data=with_rooms(("Saal 1", ""), ("Saal-1", ""), ("会議室", ""), ("大会議室", "")),
    )
    slugs = set(Room.objects.values_list("slug", flat=True))
    assert slugs == {"saal-1", "saal-1-2", "room", "room-2", "hall"}


def test_speakers_are_renamed_and_told_apart(conference):
    def people(*names: tuple[int, str]) -> dict[str, object]:
        return event_json(persons=[{"id": id, "name": name} for id, name in names])

    load(conference, people((1, "Kim"), (2, "Kim")))
    assert Speaker.objects.count() == 2
    load(conference, people((1, "Kim Lee"), (2, "Kim")))
    assert sorted(Speaker.objects.values_list("name", flat=True)) == ["Kim", "Kim Lee"]


def test_a_biography_that_the_format_does_not_tell_stays(conference):
    person = {"id": 1, "name": "Ada", "biography": "Writes."}
    load(conference, event_json(persons=[person]))
    load(
        conference,
        data=schedule_xml(event_xml(children="<persons><person id='1'>Ada</person></persons>")),
    )
    assert Speaker.objects.get().biography == "<p>Writes.</p>"
    load(conference, event_json(persons=[{**person, "biography": ""}]))
    assert Speaker.objects.get().biography == "", "taken back by its author"


def test_tracks_are_renamed_by_slug(conference):
    load(conference, event_json(track="Web"), tracks=[{"name": "Web", "slug": "7-web"}])
    load(conference, event_json(track="The web"), tracks=[{"name": "The web", "slug": "7-web"}])
    assert Track.objects.get().name == "The web"
    load(conference, event_json(track="web"))
    assert Track.objects.count() == 2


def test_the_same_programme_in_another_format_finds_its_talks(conference):
    load(conference, event_json(1, code="ABCDEF"))
    widget = parse(json.dumps(pretalx.widget()).encode())
    summary = import_schedule(conference=conference, programme=widget, source="widget.json")
    assert (summary.counts["new"], summary.counts["moved"], summary.counts["missing"]) == (
        1,
        1,
        0,
    ), "the break is new"
    assert Talk.objects.get(code="ABCDEF").feed_items.get().key == "code:ABCDEF"


def test_two_programmes_that_count_from_one_are_two_feeds(conference):
    load(conference, event_json(1, guid=None), event_json(2, guid=None))
    other = parse(schedule_json(event_json(1, guid=GUIDS[1]), event_json(2, guid=GUIDS[2])))
    summary = import_schedule(conference=conference, programme=other, source="other.json")
    assert summary.counts["new"] == 2
