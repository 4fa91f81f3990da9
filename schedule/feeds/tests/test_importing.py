"""What an import does to the rows, and what it leaves alone."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import make_conference, make_room, make_speaker, make_talk, make_user, settle, utc
from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.import_file import ImportSummary, import_schedule
from schedule.feeds.tests.schedule_files import event_json, schedule_json
from schedule.models import Feed, FeedItem, ProgrammeRevision, Room, Speaker, Talk, Track


@pytest.fixture
def conference(db):
    return make_conference(starts_on="2026-03-06", ends_on="2026-03-07", time_zone="Europe/Berlin")


def load(conference, *events, source="schedule.json", accepts=True, **kw) -> ImportSummary:
    programme = parse(schedule_json(*events, **kw))
    return import_schedule(
        conference=conference, programme=programme, source=source, accepts_removals=accepts
    )


def counts(summary: ImportSummary) -> dict[str, int]:
    names = ("new", "changed", "moved", "missing", "back", "unchanged")
    return {name: summary.counts[name] for name in names if summary.counts[name]}


def full_event(number: int = 1, **words):
    person = {
        "id": number,
        "code": f"KEY{number}",
        "public_name": f"Person {number}",
        "biography": "*b*",
    }
    fields = {
        "code": f"CODE{number}",
        "subtitle": "Sub",
        "type": "Workshop",
        "language": "de",
        "track": "Web",
        "abstract": "Short",
        "description": "Long",
        "persons": [person],
        "links": [{"title": "Slides", "url": "https://a.example/s"}],
        **words,
    }
    return event_json(number, **fields)


def test_it_works(conference):
    summary = load(
        conference, full_event(), tracks=[{"name": "Web", "slug": "7-web", "color": "#0F0"}]
    )
    assert counts(summary) == {"new": 1}
    assert summary.programme.counts == {"days": 1, "rooms": 1, "talks": 1, "speakers": 1}
    assert summary.problems == []
    talk = Talk.objects.get()
    assert (talk.code, talk.title, talk.subtitle, talk.kind) == (
        "CODE1",
        "Talk 1",
        "Sub",
        "workshop",
    )
    assert (talk.abstract, talk.description, talk.language) == ("<p>Short</p>", "<p>Long</p>", "de")
    assert talk.starts_at == talk.planned_starts_at == utc("2026-03-06 09:00")
    assert talk.length == timedelta(minutes=30)
    assert talk.links == [{"title": "Slides", "url": "https://a.example/s"}]
    assert (talk.room.name, talk.room.slug) == ("Hall", "hall")
    assert (talk.track.name, talk.track.slug, talk.track.colour) == ("Web", "7-web", "#00ff00")
    speaker = talk.speakers.get()
    assert (speaker.code, speaker.name, speaker.biography) == (
        "KEY1",
        "Person 1",
        "<p><em>b</em></p>",
    )
    item = FeedItem.objects.get()
    assert (item.talk, item.guid) == (talk, "00000000-0000-4000-8000-000000000001")
    assert item.values["room"] == "Hall"
    feed = Feed.objects.get()
    assert (feed.source, feed.format, len(feed.sha256)) == ("schedule.json", "c3voc-json", 64)
    assert feed.last_imported_at is not None


def test_the_same_file_again_changes_nothing(conference):
    load(conference, full_event(), full_event(2))
    settle()
    before = ProgrammeRevision.objects.get(conference=conference).number
    assert counts(load(conference, full_event(), full_event(2))) == {"unchanged": 2}
    settle()
    assert ProgrammeRevision.objects.get(conference=conference).number == before


def test_new_words_are_a_change_and_new_times_a_move(conference):
    load(conference, full_event(1), full_event(2), full_event(3), full_event(4))
    summary = load(
        conference,
        full_event(1, title="Other", persons=[], links=[], track=None),
        full_event(2, date="2026-03-06T11:00:00+01:00", start="11:00"),
        full_event(3, duration="00:45", abstract="Other"),
        full_event(4),
    )
    assert counts(summary) == {"changed": 2, "moved": 2, "unchanged": 1}
    first, second, third, fourth = Talk.objects.order_by("code")
    assert (first.title, first.links, first.track) == ("Other", [], None)
    assert not first.speakers.exists()
    assert second.starts_at == utc("2026-03-06 10:00")
    assert second.planned_starts_at == utc("2026-03-06 09:00"), "what was first published"
    assert (third.length, third.abstract) == (timedelta(minutes=45), "<p>Other</p>")
    assert fourth.speakers.get().code == "KEY4"


def test_another_room_is_a_move(conference):
    load(conference, rooms={"Hall": [event_json()], "Cellar": []})
    summary = load(conference, rooms={"Hall": [], "Cellar": [event_json(room="Cellar")]})
    assert counts(summary) == {"moved": 1}
    assert Talk.objects.get().room.name == "Cellar"


def test_what_the_feed_does_not_own_stays(conference):
    load(conference, full_event())
    talk = Talk.objects.get()
    local = make_talk(conference, title="Made here", starts_at=utc("2026-03-06 09:00"))
    chair, room = make_user(), make_room(conference)
    talk.chairs.add(chair)
    talk.also_in.add(room)
    Talk.objects.update(
        is_canceled=True, is_hidden=True, delivery="on_site", planned_starts_at=None
    )
    Talk.objects.filter(pk=talk.pk).update(kind="keynote", title="Edited here")
    Speaker.objects.update(email="person@example.com")
    assert counts(load(conference, full_event())) == {"changed": 1}
    talk.refresh_from_db()
    assert (talk.is_canceled, talk.is_hidden, talk.delivery) == (True, True, "on_site")
    assert talk.planned_starts_at is None
    assert list(talk.chairs.all()) == [chair]
    assert list(talk.also_in.all()) == [room]
    assert talk.kind == "keynote", "a guess does not overrule an organizer"
    assert talk.title == "Talk 1", "the feed's own field does"
    assert Speaker.objects.get().email == "person@example.com"
    local.refresh_from_db()
    assert (local.title, local.feed_items.count()) == ("Made here", 0)


def test_what_the_feed_never_says_is_the_organizers(conference):
    load(conference, event_json())
    talk = Talk.objects.get()
    talk.speakers.add(make_speaker(conference))
    Talk.objects.update(language="fr", subtitle="Added here")
    assert counts(load(conference, event_json())) == {"unchanged": 1}
    load(conference, event_json(language="de"))
    talk.refresh_from_db()
    assert (talk.language, talk.subtitle, talk.speakers.count()) == ("de", "Added here", 1)


def test_an_absent_talk_is_marked_and_stays(conference):
    load(conference, full_event(1), full_event(2))
    summary = load(conference, full_event(1), accepts=False)
    assert counts(summary) == {"missing": 1, "unchanged": 1}
    talk = Talk.objects.get(code="CODE2")
    assert (talk.is_hidden, talk.is_canceled) == (False, False)
    since = talk.feed_items.get().missing_since
    assert since is not None
    assert counts(load(conference, full_event(1), accepts=False)) == {"unchanged": 1}
    assert talk.feed_items.get().missing_since == since
    summary = load(conference, full_event(1), full_event(2))
    assert counts(summary) == {"back": 1, "unchanged": 2}
    assert talk.feed_items.get().missing_since is None


@pytest.mark.parametrize(
    "where",
    [
        "feeds.importing.applying._write_links",
        "feeds.importing.applying._renew_silently",
        "changes.row_changes.ItemChanges.write",
        "changes.recorder.ChangeRecorder._write_links",
    ],
)
def test_nothing_is_written_when_something_fails(conference, monkeypatch, where):
    load(conference, full_event())
    monkeypatch.setattr(f"schedule.{where}", lambda *_a, **_kw: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        load(conference, full_event(1, title="Other"), full_event(2), rooms=None)
    assert [talk.title for talk in Talk.objects.all()] == ["Talk 1"]


def test_a_dry_run_writes_nothing(conference):
    programme = parse(schedule_json(full_event()))
    summary = import_schedule(
        conference=conference, programme=programme, source="a", is_dry_run=True
    )
    assert counts(summary) == {"new": 1}
    for model in (Talk, Room, Track, Speaker, Feed, FeedItem):
        assert not model.objects.exists()


def test_another_file_name_of_the_same_programme_is_the_same_feed(conference):
    load(conference, full_event(1), full_event(2), source="v1.json")
    summary = load(conference, full_event(1), full_event(2), full_event(3), source="v2.json")
    assert counts(summary) == {"new": 1, "unchanged": 2}
    assert Feed.objects.get().source == "v1.json"


def test_two_sources_live_side_by_side(conference):
    load(conference, full_event(1), source="talks.json")
    summary = load(
        conference,
        full_event(2, room="Hall", persons=[{"id": 1, "name": "Someone"}]),
        source="workshops.json",
    )
    assert counts(summary) == {"new": 1}
    assert Feed.objects.count() == 2
    assert Room.objects.count() == 1
    assert Speaker.objects.count() == 2, "number 1 of another feed is another person"


def test_a_conference_keeps_to_its_own_rows(conference):
    other = make_conference()
    load(other, full_event())
    assert counts(load(conference, full_event())) == {"new": 1}
    assert Talk.objects.filter(code="CODE1").count() == 2


@pytest.mark.slow
@pytest.mark.parametrize("is_first", [True, False])
def test_the_number_of_queries_does_not_grow(db, is_first):
    def queries(amount: int) -> int:
        conference = make_conference(starts_on="2026-03-06", ends_on="2026-03-07")
        events = [full_event(number) for number in range(amount)]
        changed = [
            full_event(number, title="Other", start="11:00", date="2026-03-06T11:00:00+01:00", persons=[], track="New")
            for number in range(amount)
        ]  # fmt: skip
        if not is_first:
            load(conference, *events)
        with CaptureQueriesContext(
            connection,
        ) as captured:
            load(conference, *(events if is_first else changed))
        return len(captured)

    assert queries(3) == queries(30)


def test_the_warnings_against_the_conference(conference):
    summary = load(
        conference,
        event_json(),
        event_json(2, date="2026-04-01T10:00:00+02:00"),
        time_zone_name="Europe/London",
    )
    codes = [problem.code for problem in summary.problems if problem.code != "mislabelled-time"]
    assert codes == ["other-zone", "outside-conference"]


def test_a_zone_of_another_name_and_the_same_time_is_fine(conference):
    assert load(conference, time_zone_name="Europe/Vienna").problems == []


def test_locally_made_speakers_are_not_taken_over(conference):
    make_speaker(conference, code="KEY1", name="Person 1")
    load(conference, full_event())
    assert Speaker.objects.count() == 2
    assert Talk.objects.get().speakers.get().code != "KEY1"
