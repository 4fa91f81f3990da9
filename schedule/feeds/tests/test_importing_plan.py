"""What a plan says, what organizers keep, and the way back."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import make_conference, make_talk, utc
from schedule.changes.recorder import ChangeRecorder, UndoRefused, undo
from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.applying import apply_plan
from schedule.feeds.importing.import_file import ImportSummary, find_feed, import_schedule
from schedule.feeds.importing.plan import ImportPlan
from schedule.feeds.importing.reviewing import keep_review
from schedule.feeds.tests.schedule_files import event_json, schedule_json
from schedule.models import Change, Feed, FeedItem, FieldChange, ItemChange, Override, Room, Talk

AT = utc("2026-03-06 07:00")  # the first morning
FIRST, LAST = date(2026, 3, 6), date(2026, 3, 7)
ADA = {"id": 1, "name": "Ada"}


@pytest.fixture
def conference(db):
    return make_conference(starts_on=FIRST, ends_on=LAST, time_zone="Europe/Berlin")


def load(conference, *events, accepts=True, at=AT, **kw) -> ImportSummary:
    return import_schedule(
        conference=conference,
        programme=parse(schedule_json(*events, **kw)),
        source="feed",
        accepts_removals=accepts,
        at=at,
    )


def many(count: int, **words):
    return [event_json(number, **words) for number in range(1, count + 1)]


def at_hour(hour: int, day: int = 6) -> dict[str, str]:
    return {"date": f"2026-03-{day:02}T{hour}:00:00+01:00", "start": f"{hour}:00"}


def lines_of(summary: ImportSummary):
    """Kinds by title, and fields by title."""
    return {line["title"]: (line["kinds"], fields(line)) for line in summary.plan["lines"]}


def fields(line) -> dict[str, tuple[object, object]]:
    return {change["field"]: (change["old"], change["new"]) for change in line["fields"]}


def edit(talk, **values):
    change = ChangeRecorder(talk.conference, Change.Act.ADMIN, at=AT)
    change.set(Talk.objects.get(pk=talk.pk), **values)
    written = change.write()
    assert written is not None
    return written


def snapshot():
    """All that an import writes, by what identifies it."""
    talks = {
        talk.code: (
            talk.title,
            talk.subtitle,
            talk.starts_at,
            talk.ends_at,
            talk.room.name,
            talk.is_hidden,
            talk.kind,
            sorted(speaker.name for speaker in talk.speakers.all()),
        )
        for talk in Talk.objects.select_related("room").prefetch_related("speakers")
    }
    items = {
        (item.key, item.ordinal): (
            item.talk.code,
            item.values,
            item.missing_since,
            item.has_hidden_talk,
        )
        for item in FeedItem.objects.select_related("talk")
    }
    overrides = set(Override.objects.values_list("talk__code", "field", "set_at"))
    return talks, items, overrides


def test_every_kind_of_line(conference):
    load(
        conference,
        event_json(1),
        event_json(2, persons=[ADA]),
        event_json(3, title="Old title"),
        event_json(4, code="FOUR", guid="a0000000-0000-4000-8000-000000000001"),
        event_json(5),
        event_json(6),
        event_json(7),
        rooms=None,
    )
    load(conference, *[event_json(number) for number in (1, 5, 6, 7)], event_json(2, persons=[ADA]),
         event_json(3, title="Old title"))  # fmt: skip
    summary = load(
        conference,
        rooms={
            "Hall": [
                event_json(1, **at_hour(11)),
                event_json(2),
                event_json(3, title="New title"),
                event_json(4, code="FOUR", guid="a0000000-0000-4000-8000-000000000002"),
                event_json(6),
                event_json(8, persons=[ADA]),
            ],
            "Cellar": [event_json(7, room="Cellar")],
        },
    )
    assert lines_of(summary) == {
        "Talk 1": (
            ["time"],
            {
                "starts_at": ("2026-03-06T09:00:00+00:00", "2026-03-06T10:00:00+00:00"),
                "ends_at": ("2026-03-06T09:30:00+00:00", "2026-03-06T10:30:00+00:00"),
            },
        ),
        "Talk 2": (["text"], {"speakers": (["Ada"], [])}),
        "New title": (["text"], {"title": ("Old title", "New title")}),
        "Talk 4": (["back", "re-keyed"], {"is_hidden": (True, False)}),
        "Talk 5": (["missing"], {}),
        "Talk 7": (["room"], {"room": ("Hall", "Cellar")}),
        "Talk 8": (
            ["new"],
            {
                "starts_at": (None, "2026-03-06T09:00:00+00:00"),
                "ends_at": (None, "2026-03-06T09:30:00+00:00"),
                "room": (None, "Hall"),
                "track": (None, None),
                "kind": (None, "talk"),
                "speakers": (None, ["Ada"]),
            },
        ),
    }
    assert summary.plan["counts"]["unchanged"] == 1
    assert summary.plan["rooms"] == {"new": ["Cellar"], "renamed": []}
    assert str(summary.change) == (
        "feed: 1 new, 1 back again, 1 taken out, 1 moved in time, 1 moved to another room,"
        " 2 changed, 1 under another key"
    )


def test_an_import_is_one_change_and_one_without_effect_is_none(conference):
    assert load(conference, *many(3)).change is not None
    assert load(conference, *many(3)).change is None
    load(conference, *many(2), event_json(3, **at_hour(12)))
    assert Change.objects.count() == 2
    change = Change.objects.newest_first()[0]
    assert (change.act, change.feed, change.made_at) == ("import", Feed.objects.get(), AT)
    assert {field.field for field in change.fields.all()} == {"starts_at", "ends_at"}
    assert change.fields.get(field="starts_at").old == "2026-03-06T09:00:00+00:00"
    moved = Talk.objects.get(starts_at=utc("2026-03-06 11:00"))
    assert moved.sequence == 1, "calendars take it"


def test_what_an_organizer_set_stays_and_is_in_conflict_when_the_feed_says_something_new(
    conference,
):
    load(conference, *many(2))
    talk = Talk.objects.order_by("code").get(title="Talk 1")
    edit(talk, title="Ours")
    assert load(conference, *many(2)).counts["conflicts"] == 0, "the feed says what it said"
    summary = load(conference, event_json(1, title="Theirs", subtitle="Sub"), event_json(2))
    assert summary.counts["conflicts"] == 1
    kinds = [(line["kinds"], fields(line)) for line in summary.plan["lines"]]
    assert kinds == [
        (["text"], {"subtitle": ("", "Sub")}),
        (["conflict"], {"title": ("Ours", "Theirs")}),
    ]
    talk.refresh_from_db()
    assert (talk.title, talk.subtitle) == ("Ours", "Sub")
    again = load(conference, event_json(1, title="Theirs", subtitle="Sub"), event_json(2))
    assert (again.counts["conflicts"], again.change) == (1, None), "it stays until somebody decides"
    back = load(conference, event_json(1, subtitle="Sub"), event_json(2))
    assert back.counts["conflicts"] == 0


def apply_conflict(conference, *events):
    data = schedule_json(*events)
    programme = parse(data)
    feed = find_feed(conference, "feed", programme)
    plan = ImportPlan(conference, feed, programme)
    (line,) = plan.proposals
    change = apply(plan, {line.digest})
    assert change is not None
    return change


def apply(plan, chosen):
    return apply_plan(plan, at=AT + timedelta(hours=1), chosen=chosen)


def test_a_conflict_that_is_applied_ends_the_override_and_its_undo_brings_it_back(conference):
    load(conference, *many(2))
    talk = Talk.objects.get(title="Talk 1")
    edit(talk, title="Ours")
    before = snapshot()
    change = apply_conflict(conference, event_json(1, title="Theirs"), event_json(2))
    talk.refresh_from_db()
    assert talk.title == "Theirs"
    assert not Override.objects.exists()
    assert load(conference, event_json(1, title="Theirs"), event_json(2)).change is None
    inverse = undo(change, actor=None, summary="undo")
    assert snapshot() == before
    assert inverse is not None
    undo(inverse, actor=None, summary="redo")
    assert not Override.objects.exists()
    assert Talk.objects.get(pk=talk.pk).title == "Theirs"


def test_start_and_end_are_kept_together(conference):
    load(conference, *many(1))
    talk = Talk.objects.get()
    edit(talk, starts_at=utc("2026-03-06 09:20"))
    summary = load(conference, event_json(1, duration="00:10"))
    assert summary.counts["conflicts"] == 1, "alone, the end would come before the start"
    talk.refresh_from_db()
    assert talk.ends_at == utc("2026-03-06 09:30")


def test_a_canceled_talk_stays_so_unless_the_organizer_says_otherwise(conference):
    load(conference, *many(1))
    talk = Talk.objects.get()
    edit(talk, is_canceled=True)
    assert load(conference, *many(1)).change is None
    talk.refresh_from_db()
    assert talk.is_canceled


def second_import():
    """Something of every kind at once."""
    return [
        event_json(1, title="Other", persons=[], **at_hour(11)),
        event_json(2, subtitle=""),
        event_json(3, guid="a0000000-0000-4000-8000-000000000009", code="THREE"),
        event_json(5, persons=[ADA], code="FIVE"),
    ]


def first_import():
    return [
        event_json(1, persons=[ADA]),
        event_json(2, subtitle="Sub", type="Workshop"),
        event_json(3, code="THREE"),
        event_json(4),
    ]


@pytest.mark.slow
def test_an_import_can_be_undone_and_the_same_file_proposes_the_same_again(conference):
    load(conference, *first_import())
    before = snapshot()
    summary = load(conference, *second_import())
    after = snapshot()
    inverse = undo(summary.change, actor=None, summary="undo")
    talks, items, _overrides = snapshot()
    new = Talk.objects.get(code="FIVE")
    assert new.is_hidden
    assert {code: talk for code, talk in talks.items() if code != "FIVE"} == before[0]
    assert [key for key, item in items.items() if before[1].get(key) != item] == [
        (new.feed_items.get().key, 0)
    ]
    again = load(conference, *second_import())
    assert sorted(map(str, lines_of(again))) == sorted(map(str, lines_of(summary)))
    for title, (kinds, _fields) in lines_of(summary).items():
        assert lines_of(again)[title][0] == kinds
    assert snapshot() == after
    assert Talk.objects.filter(code="FIVE").count() == 1, "the same row, the same address"
    assert inverse is not None


def test_the_undo_of_an_undo(conference):
    load(conference, *first_import())
    summary = load(conference, *second_import())
    after = snapshot()
    inverse = undo(summary.change, actor=None, summary="undo")
    undo(inverse, actor=None, summary="redo")
    assert snapshot() == after
    assert load(conference, *second_import()).change is None


def test_the_first_import_undone(conference):
    change = load(conference, *first_import()).change
    undo(change, actor=None, summary="undo")
    assert not Talk.objects.shown().exists()
    assert load(conference, *first_import()[:2]).counts["new"] == 2, (
        "nothing is missing that was never there"
    )
    assert Talk.objects.shown().count() == 2


def test_after_an_undo_a_feed_no_longer_applies_by_itself(conference):
    change = load(conference, *first_import()).change
    Feed.objects.update(applies_by_itself=True, etag='"1"')
    undo(change, actor=None, summary="undo")
    feed = Feed.objects.get()
    assert (feed.applies_by_itself, feed.sha256, feed.etag) == (False, "", "")


def test_an_undo_refuses_what_has_changed_since(conference):
    load(conference, *first_import())
    change = load(conference, *second_import()).change
    edit(Talk.objects.get(title="Other"), title="Ours")
    with pytest.raises(UndoRefused, match="title"):
        undo(change, actor=None, summary="undo")
    assert FieldChange.objects.filter(change__act="undo").count() == 0
    assert ItemChange.objects.filter(change__act="undo").count() == 0


def test_missing_marks_are_undone(conference):
    load(conference, *many(20))
    change = load(conference, *many(19)).change
    assert FeedItem.objects.exclude(missing_since=None).count() == 1
    undo(change, actor=None, summary="undo")
    assert not FeedItem.objects.exclude(missing_since=None).exists()
    assert load(conference, *many(19)).counts["missing"] == 1


def test_a_talk_hidden_as_missing_is_shown_when_it_is_back(conference):
    load(conference, *many(2))
    load(conference, *many(1))
    item = FeedItem.objects.exclude(missing_since=None).get()
    Talk.objects.filter(pk=item.talk_id).update(is_hidden=True)
    FeedItem.objects.filter(pk=item.pk).update(has_hidden_talk=True)
    summary = load(conference, *many(2))
    assert lines_of(summary) == {"Talk 2": (["back"], {"is_hidden": (True, False)})}
    item.refresh_from_db()
    assert (item.talk.is_hidden, item.has_hidden_talk, item.missing_since) == (False, False, None)


def test_lines_that_are_left_out_leave_no_rows_behind(conference):
    load(conference, *many(2))
    data = schedule_json(
        rooms={"Hall": many(2), "Cellar": [event_json(3, room="Cellar", persons=[ADA], track="Web")],
               "Attic": [event_json(4, room="Attic")]},
    )  # fmt: skip
    programme = parse(data)
    plan = ImportPlan(conference, Feed.objects.get(), programme)
    attic = next(line for line in plan.proposals if line.talk.title == "Talk 4")
    apply(plan, {attic.digest})
    assert sorted(Room.objects.values_list("name", flat=True)) == ["Attic", "Hall"]
    assert not conference.speakers.exists()
    assert not conference.tracks.exists()
    assert (
        ImportPlan(conference, Feed.objects.get(), programme).of_kind("new")[0].talk.title
        == "Talk 3"
    )


@pytest.mark.slow
@pytest.mark.parametrize("back", [False, True])
def test_undo_and_review_cost_the_same_for_3_and_30(db, back):
    def queries(amount):
        conference = make_conference(starts_on=FIRST, ends_on=LAST)
        load(conference, *many(amount, persons=[ADA]))
        for talk in conference.talks.all()[:2]:
            edit(talk, title="Ours")
        events = [
            event_json(number, title="Other", persons=[], room="New", **at_hour(11))
            for number in range(2, amount + 2)
        ]
        if back:
            change = load(conference, *events).change
            with CaptureQueriesContext(connection) as captured:
                undo(change, actor=None, summary="")
            return len(captured)
        data = schedule_json(*events)
        with CaptureQueriesContext(connection) as captured:
            feed = Feed.objects.get(conference=conference)
            keep_review(ImportPlan(conference, feed, parse(data)), data, AT)
        return len(captured)

    assert queries(3) == queries(30)


def test_talks_made_here_are_in_no_plan(conference):
    make_talk(conference, title="Local", starts_at=utc("2026-03-06 09:00"))
    assert [line["title"] for line in load(conference, *many(1)).plan["lines"]] == ["Talk 1"]
