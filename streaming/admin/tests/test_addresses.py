"""The streams of all rooms in one table, or by a file."""

import csv
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from conftest import client_of, make_conference, make_room, make_stream, make_talk
from streaming.addresses.plan import addresses_now, csv_of
from streaming.models import Stream, StreamHost
from tickets.sources.tests.workbooks import sheet, xlsx, xlsx_of_sheets

PAGE, FILE = "/admin/streaming/stream/rooms/", "/admin/streaming/stream/rooms.csv"
YOUTUBE, VIMEO = "https://youtu.be/aqz-KE-bpKQ", "https://vimeo.com/76979871"
CDN = "https://cdn.example.org/main.m3u8"


@pytest.fixture
def client(organizer):
    return client_of(organizer)


@pytest.fixture
def rooms(conference):
    names = ["Main stage", "Side: Ähre", "=cmd|calc"]
    return [
        make_room(conference, slug=f"room-{at}", name=name, position=at)
        for at, name in enumerate(names)
    ]


def table(rooms, *rows, **more):
    """As the page sends it: a row of each room, as far as it is given."""
    rows = [*rows, *[("", "")] * (len(rooms) - len(rows))]
    return {
        "room": [room.slug for room in rooms],
        "primary": [primary for primary, _backup in rows],
        "backup": [backup for _primary, backup in rows],
        **more,
    }


def upload(client, data, **more):
    data = data.encode() if isinstance(data, str) else data
    return client.post(PAGE, {"file": SimpleUploadedFile("rooms.csv", data), "text": "", **more})


def apply(client, page):
    confirm = page.context["confirm"]
    sent = {
        "digest": page.context["plan"].digest,
        "text": confirm["text"].value(),
        "apply": "Apply",
    }
    if confirm["adds_hosts"].value():
        sent["adds_hosts"] = "on"
    return client.post(PAGE, sent, follow=True)


def played():
    return {
        (stream.room.slug, stream.role): (stream.kind, stream.value)
        for stream in Stream.objects.select_related("room")
    }


@pytest.mark.slow
def test_the_table_is_applied_in_one_act_after_it_was_seen(client, conference, rooms):
    make_stream(rooms[1], value="/static/a.m3u8")
    page = client.get(PAGE)
    assert page.text.index("Main stage") < page.text.index("Side: Ähre")
    assert 'value="/static/a.m3u8"' in page.text
    sent = table(
        rooms, (YOUTUBE, VIMEO), ("/hls/room-1/index.m3u8", ""), ("", CDN), adds_hosts="on"
    )
    seen = client.post(PAGE, sent)
    assert [cell.act for cell in seen.context["plan"].changes] == ["new", "new", "changed", "new"]
    assert played() == {("room-1", "primary"): ("hls", "/static/a.m3u8")}, "nothing yet"
    assert "4 streams were set" in apply(client, seen).text
    assert played() == {
        ("room-0", "primary"): ("youtube", "aqz-KE-bpKQ"),
        ("room-0", "backup"): ("vimeo", "76979871"),
        ("room-1", "primary"): ("origin", "room-1"),
        ("room-2", "backup"): ("hls", CDN),
    }
    hosts = {"www.youtube-nocookie.com", "player.vimeo.com", "cdn.example.org"}
    assert {host.host for host in conference.stream_hosts.all()} == hosts
    assert "just these addresses already" in client.post(PAGE, sent).text


@pytest.mark.slow
def test_one_bad_cell_stops_all_and_is_told_where_it_is(client, rooms):
    sent = table(rooms, (YOUTUBE, ""), ("https://www.youtube.com/@a/live", ""), ("", CDN))
    page = client.post(PAGE, sent)
    assert page.context["confirm"] is None
    first, second, third = page.context["plan"].rows.values()
    assert [cell.problem for cell in first] == ["", ""]
    assert "This is a channel" in second[0].problem
    assert "load nothing from cdn.example.org" in third[1].problem
    assert f'value="{YOUTUBE}"' in page.text, "what was typed is still there"
    assert 'aria-describedby="problem-primary-room-1"' in page.text
    plan = page.context["plan"]
    forged = {"digest": plan.digest, "text": csv_of(plan), "apply": "Apply"}
    assert "load nothing from" in client.post(PAGE, forged).text
    assert not Stream.objects.exists()
    assert not StreamHost.objects.exists()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (f"room,primary\n\nnope,{YOUTUBE}\n", "Line 3: There is no room “nope”."),
        (
            f"room,primary\nroom-0,{YOUTUBE}\nMain Stage,{VIMEO}\n",
            "Line 3: “Main stage” is already",
        ),
        ("room,primary\nroom-0,hello\n", "Line 2: Main stage: “hello” is nothing"),
        ("room,primary\nroom-0,http://a.example/x.m3u8\n", "Use https:// instead of http://"),
        (f"room\nroom-0\n{YOUTUBE}\n", "no column “primary”"),
        (f"room,primary\nroom-0,{YOUTUBE},{VIMEO}\n", "Line 2: 3 cells, but the header has 2."),
        ("", "The submitted file is empty"),
        ('room,primary\n"room-0,x\n', "quotes do not match"),
        (b"room,primary\nroom-0,\x00\n", "neither a text nor a workbook"),
        (b"PK\x03\x04", "This workbook cannot be read"),
        (
            f"room,name,primary\nroom-0,Side: Ähre,{YOUTUBE}\n",
            "Line 2: room-0 is called “Main stage” here, and “Side: Ähre” in the file.",
        ),
    ],
)
def test_a_bad_file_says_which_line_and_what_to_do(client, rooms, text, says):
    page = upload(client, text)
    assert page.status_code == 200
    assert says in page.text.replace("&quot;", '"')
    assert not Stream.objects.exists()


@pytest.mark.slow
@pytest.mark.parametrize(
    "data",
    [
        f"room;primary;backup\nroom-0;{YOUTUBE};\nSide: Ähre;{VIMEO};\n".encode("cp1252"),
        f"Room,Primary\nroom-0,{YOUTUBE}\nside: ähre,{VIMEO}\n".encode("utf-8-sig"),
        f"room\tprimary\nMain stage\t{YOUTUBE}\nroom-1\t{VIMEO}\n".encode("utf-16"),
    ],
)
def test_a_file_may_be_as_spreadsheet_programs_write_it(client, rooms, data):
    page = upload(client, data)
    assert "2 streams were set" in apply(client, page).text
    assert played() == {
        ("room-0", "primary"): ("youtube", "aqz-KE-bpKQ"),
        ("room-1", "primary"): ("vimeo", "76979871"),
    }


def test_the_file_has_what_is_there_and_nothing_that_a_program_would_run(client, rooms):
    make_stream(rooms[0], kind="youtube", value="-qz-KE-bpKQ")
    answer = client.get(FILE)
    assert "attachment" in answer["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))
    assert rows[0] == ["room", "name", "primary", "backup"]
    assert rows[1] == ["room-0", "Main stage", "'-qz-KE-bpKQ", ""]
    assert rows[3][1] == "'=cmd|calc"
    page = upload(client, answer.content)
    assert page.context["problems"] == []
    assert page.context["plan"].changes == []


@pytest.mark.slow
def test_what_is_not_always_on_stays_as_it_is(client, conference, rooms):
    talk = make_talk(conference, room=rooms[0])
    make_stream(rooms[0], talk=talk, value="/static/talk.m3u8")
    make_stream(rooms[0], role="low", value="/static/low.m3u8")
    for value in ("/static/a.m3u8", "/static/b.m3u8"):
        make_stream(rooms[1], value=value)
    before = set(Stream.objects.values_list("pk", "value"))
    page = client.post(PAGE, table(rooms, (YOUTUBE, ""), (YOUTUBE, "")))
    assert "several streams of this kind" in page.text
    apply(client, client.post(PAGE, table(rooms, (YOUTUBE, ""))))
    assert before < set(Stream.objects.values_list("pk", "value"))
    assert Stream.objects.count() == len(before) + 1


def test_it_is_refused_when_the_streams_have_changed_since(client, rooms):
    seen = client.post(PAGE, table(rooms, (YOUTUBE, "")))
    make_stream(rooms[0], value="/static/other.m3u8")
    assert "have changed since this page was made" in apply(client, seen).text
    assert Stream.objects.get().value == "/static/other.m3u8"


@pytest.mark.slow
def test_a_name_that_two_rooms_answer_to_is_refused_with_their_short_names(client, conference):
    make_room(conference, slug="hall", name="Hall")
    make_room(conference, slug="hall-2", name="HALL", position=1)
    page = upload(client, f"room,primary\nhAll,{YOUTUBE}\n")
    assert "Several rooms are called “hAll”. Write the short name: hall, hall-2." in page.text
    assert not Stream.objects.exists()
    apply(client, upload(client, f"room,primary\nhall,{YOUTUBE}\nhall-2,{VIMEO}\n"))
    assert played() == {
        ("hall", "primary"): ("youtube", "aqz-KE-bpKQ"),
        ("hall-2", "primary"): ("vimeo", "76979871"),
    }


def test_a_refused_apply_keeps_what_was_typed_with_the_problems_beside_it(client, rooms):
    seen = client.post(PAGE, table(rooms, (YOUTUBE, ""), (VIMEO, "")))
    for value in ("/static/a.m3u8", "/static/b.m3u8"):
        make_stream(rooms[1], value=value)
    page = apply(client, seen)
    assert f'value="{YOUTUBE}"' in page.text
    assert f'value="{VIMEO}"' in page.text
    assert 'aria-describedby="problem-primary-room-1"' in page.text
    assert Stream.objects.count() == 2


def test_one_goes_back_from_the_plan_without_losing_what_was_typed(client, rooms):
    seen = client.post(PAGE, table(rooms, (YOUTUBE, "")))
    sent = {"text": seen.context["confirm"]["text"].value(), "edit": "Back"}
    page = client.post(PAGE, sent)
    assert page.context["confirm"] is None
    assert f'name="primary"\n                  value="{YOUTUBE}"' in page.text
    assert not Stream.objects.exists()


def test_a_room_of_the_table_that_has_gone_meanwhile_is_told(client, rooms):
    sent = table(rooms, (YOUTUBE, "")) | {"room": ["gone", "room-1", "room-2"]}
    assert "There is no room “gone”" in client.post(PAGE, sent).text


def test_rooms_of_another_conference_are_none(client, conference, rooms):
    other = make_conference(domain="other.example.org")
    make_room(other, slug="theirs", name="Theirs")
    page = upload(client, f"room,primary\ntheirs,{YOUTUBE}\n")
    assert "There is no room “theirs”" in page.text
    assert "theirs" not in csv_of(addresses_now(conference))


@pytest.mark.parametrize("path", [PAGE, FILE])
def test_it_is_for_organizers(attendee, rooms, path):
    make_stream(rooms[0], value="/hls/very-secret.m3u8")
    answer = client_of(attendee).get(path)
    assert answer.status_code in (302, 403)
    assert "very-secret" not in answer.text


def test_the_list_of_streams_leads_there(client, rooms):
    assert PAGE in client.get(reverse("admin:streaming_stream_changelist")).text


@pytest.mark.slow
def test_a_workbook_will_do_as_well(client, rooms):
    """With the lines as its program shows them."""
    rows = (
        ["Rooms of the day"],
        [],
        ["room", "name", "primary"],
        ["room-0", "main stage", YOUTUBE],
    )
    page = upload(client, xlsx(*rows, ["room-1", "", VIMEO]))
    assert "2 streams were set" in apply(client, page).text
    assert played() == {
        ("room-0", "primary"): ("youtube", "aqz-KE-bpKQ"),
        ("room-1", "primary"): ("vimeo", "76979871"),
    }
    page = upload(client, xlsx(*rows, [], ["nope", "two\nlines", VIMEO], ["room-1", "", "hello"]))
    assert "Line 6: There is no room “nope”." in page.text
    assert "Line 7: " in page.text


@pytest.mark.slow
def test_of_a_workbook_the_sheet_and_line_with_our_names_count(client, rooms):
    streams = sheet(["Streams of the day"], ["room", "primary", "backup"], ["room-0", YOUTUBE, ""])
    people = sheet(["name", "email", "code"], ["Ada", "ada@example.com", "1"])
    page = upload(client, xlsx_of_sheets({"Contacts": people, "Streams": streams}))
    assert "1 stream was set" in apply(client, page).text
