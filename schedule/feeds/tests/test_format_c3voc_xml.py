from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from schedule.feeds.formats.problems import ProgrammeError
from schedule.feeds.formats.programme import Programme
from schedule.feeds.formats.registry import parse
from schedule.feeds.formats.source import SourceFile
from schedule.feeds.tests.schedule_files import event_xml, schedule_xml

BERLIN = ZoneInfo("Europe/Berlin")


def codes(programme: Programme) -> list[str]:
    return [problem.code for problem in programme.problems]


def one(*events: str, **kw):
    (talk,) = parse(schedule_xml(*events, **kw)).talks
    return talk


def test_it_works():
    programme = parse(
        schedule_xml(
            event_xml(
                subtitle="With more",
                type="Keynote",
                language="de",
                track="Main",
                abstract="*Short.*",
                description="Long.",
                children="<persons><person id='7'>Ada Beispiel</person></persons>"
                "<links><link href='https://a.example/x'>Slides</link></links>",
            ),
            room="name='Hall' guid='a0000000-0000-4000-8000-000000000001'",
            conference="<track name='Main' slug='9-main' color='#FA0' />",
        )
    )
    assert (programme.title, programme.acronym, programme.version) == (
        "Testconf",
        "testconf",
        "1.0",
    )
    assert programme.time_zone == "Europe/Berlin"
    assert (programme.starts_on, programme.ends_on) == (date(2026, 3, 6), date(2026, 3, 7))
    assert programme.counts == {"days": 1, "rooms": 1, "talks": 1, "speakers": 1}
    assert programme.problems == ()
    (talk,) = programme.talks
    assert talk.keys[0] == "guid:00000000-0000-4000-8000-000000000001"
    assert talk.starts_at == datetime(2026, 3, 6, 9, tzinfo=UTC)
    assert talk.ends_at - talk.starts_at == timedelta(minutes=30)
    assert (talk.title, talk.subtitle, talk.kind, talk.language) == (
        "Talk 1",
        "With more",
        "keynote",
        "de",
    )
    assert (talk.room, talk.track) == ("Hall", "Main")
    assert talk.abstract == "<p><em>Short.</em></p>"
    assert talk.links == (("Slides", "https://a.example/x"),)
    (speaker,) = programme.speakers
    assert (speaker.name, speaker.keys) == ("Ada Beispiel", ("id:7", "name:ada beispiel"))
    assert talk.speakers == ("id:7",)
    (room,) = programme.rooms
    assert (room.name, room.guid) == ("Hall", "a0000000-0000-4000-8000-000000000001")
    (track,) = programme.tracks
    assert (track.name, track.slug, track.colour) == ("Main", "9-main", "#ffaa00")


def test_pentabarf_has_no_room_element_around_and_no_zone():
    data = schedule_xml(
        event_xml(guid=None, id="0", date=None, room="H.1", slug=""),
        event_xml(2, guid=None, date=None, room="H.2", slug=""),
        room=None,
        zone="",
    )
    programme = parse(data, default_zone=BERLIN)
    assert [room.name for room in programme.rooms] == ["H.1", "H.2"]
    assert programme.time_zone == ""
    first, second = programme.talks
    assert first.starts_at == datetime(2026, 3, 6, 9, tzinfo=UTC)
    assert first.keys == ("title:talk 1",), "id 0 identifies nothing"
    assert second.key == "id:2"


def test_without_any_zone_the_file_is_refused():
    with pytest.raises(ProgrammeError) as error:
        parse(schedule_xml(event_xml(date=None), zone=""))
    assert error.value.problem.code == "no-zone"


def test_rooms_without_talks_count():
    data = schedule_xml().replace(b"</day>", b'<room name="Empty"/></day>')
    assert [room.name for room in parse(data).rooms] == ["Hall", "Empty"]


def test_the_listing_room_wins():
    programme = parse(schedule_xml(event_xml(room="Cellar")))
    assert programme.talks[0].room == "Hall"
    assert [(p.code, p.read) for p in programme.problems] == [("room-differs", "Cellar / Hall")]


def test_tracks_of_fosdem():
    data = schedule_xml(
        event_xml(track="Go devroom"),
        before="<tracks><track online_qa='true'>Go devroom</track><track>Rust</track></tracks>",
    )
    assert [track.name for track in parse(data).tracks] == ["Go devroom", "Rust"]


def test_html_written_as_elements_is_kept():
    talk = one(event_xml(children="<abstract>See <b>this</b><p>and that</p></abstract>"))
    assert talk.abstract == "See <b>this</b><p>and that</p>"


def test_namespaces_of_elements_do_not_matter_and_those_of_attributes_stay():
    inner = "<a:abstract xmlns:a='urn:a'>See <b xml:lang='de'>das</b></a:abstract>"
    root = SourceFile(schedule_xml(event_xml(children=inner))).xml
    assert 'xml:lang="de">das</b>' in root.find("day/room/event").words_of("abstract")


def test_a_wafer_break_is_a_break():
    assert one(event_xml(title="Coffee break", type="")).kind == "break"
    with_speaker = "<persons><person id='1'>Ada</person></persons>"
    assert one(event_xml(title="Lunch", children=with_speaker)).kind == "talk"


def test_addresses_of_people_are_dropped():
    person = (
        "<persons><person id='1' contact='ada@a.example' email='b@b.example'>Ada</person></persons>"
    )
    assert "example" not in repr(parse(schedule_xml(event_xml(children=person))).speakers)


def test_relative_links_are_resolved_and_others_dropped():
    data = schedule_xml(
        event_xml(
            children="""<links><link href="/files/a b.pdf">File</link><link href="javascript:x()">No</link>
            <link href="https://[bad">No</link><link href="https://c.example/"/></links>
            <attachments><attachment href="slides.pdf">Slides</attachment></attachments>"""
        ),
        conference="<base_url>https://conf.example/2026/</base_url>",
    )
    programme = parse(data)
    assert programme.talks[0].links == (
        ("File", "https://conf.example/files/a%20b.pdf"),
        ("c.example", "https://c.example/"),
        ("Slides", "https://conf.example/2026/slides.pdf"),
    )
    assert codes(programme) == ["bad-link", "bad-link"]


def test_a_relative_link_without_base_is_dropped():
    assert one(event_xml(children="<links><link href='489/70.pdf'>x</link></links>")).links == ()


def test_several_languages_leave_the_first():
    programme = parse(schedule_xml(event_xml(language="de, en"), event_xml(2, language="deutsch?")))
    assert [talk.language for talk in programme.talks] == ["de", ""]
    assert codes(programme) == ["bad-language", "bad-language"]


def test_problems_name_line_and_talk():
    programme = parse(schedule_xml(event_xml(title="\n "), event_xml(2), event_xml(3)))
    (problem,) = programme.problems
    assert (problem.code, problem.severity, problem.location) == ("no-title", "error", "line 17")
    assert len(programme.talks) == 2


def test_repeated_guids_survive():
    guid = "00000000-0000-4000-8000-000000000009"
    later = event_xml(1, guid=guid, date="2026-03-06T12:00:00+01:00", start="12:00")
    programme = parse(schedule_xml(later, event_xml(2, guid=guid)))
    assert [(talk.title, talk.key, talk.ordinal) for talk in programme.talks] == [
        ("Talk 1", f"guid:{guid}", 1),
        ("Talk 2", f"guid:{guid}", 0),
    ]
    assert codes(programme) == ["repeated-key"]


def test_one_code_with_several_guids_is_a_series():
    programme = parse(
        schedule_xml(event_xml(1, id="5", code="ABCDEF"), event_xml(2, id="5", code="ABCDEF"))
    )
    assert [(talk.code, talk.series) for talk in programme.talks] == [("", "ABCDEF")] * 2
    assert len({talk.key for talk in programme.talks}) == 2
    assert not any(key.startswith("id:") for talk in programme.talks for key in talk.keys)
    assert [p.read for p in programme.problems] == ["id 5 (2)", "code ABCDEF (2)"]


def test_a_guid_that_is_no_uuid_still_identifies():
    programme = parse(schedule_xml(event_xml(guid="my talk")))
    assert programme.talks[0].key == "guid:my talk"
    assert codes(programme) == ["bad-guid"]


def test_people_are_told_apart_by_the_strongest_key():
    people = """<persons><person guid='A' id='0'>Kim</person><person guid='B' id='0'>Kim</person>
    <person id='3'>Lee</person><person id='3'>Lee Longer</person><person>Lee</person><person/></persons>"""
    programme = parse(schedule_xml(event_xml(children=people)))
    assert [(s.key, s.name) for s in programme.speakers] == [
        ("guid:A", "Kim"),
        ("guid:B", "Kim"),
        ("id:3", "Lee"),
    ]
    assert programme.talks[0].speakers == ("guid:A", "guid:B", "id:3")
    assert codes(programme) == ["no-name"]


def test_titles_are_plain_text_and_right_to_left_ones_stay():
    talk = one(event_xml(title="  שלום \n <b>עולם</b>  "))
    assert talk.title == "שלום <b>עולם</b>"


def test_what_is_too_long_is_cut():
    programme = parse(schedule_xml(event_xml(title="x" * 400)))
    assert programme.talks[0].title == "x" * 300
    assert codes(programme) == ["cut"]


def test_a_namespace_does_not_hide_the_schedule():
    data = schedule_xml().replace(b"<schedule>", b"<schedule xmlns='https://a.example/'>")
    assert parse(data).counts["talks"] == 1


def test_iso_8859_1_is_read():
    data = schedule_xml(event_xml(title="Grüße")).decode().replace("utf-8", "iso-8859-1")
    (talk,) = parse(data.encode("iso-8859-1")).talks
    assert talk.title == "Grüße"
