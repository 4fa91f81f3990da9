"""Links to recordings from a CSV file: all or nothing."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from conftest import make_recording, make_talk
from streaming.models import Nudge, Recording, StreamHost
from tickets.sources.tests.workbooks import xlsx

YOUTUBE, OTHER = "https://youtu.be/aqz-KE-bpKQ", "https://youtu.be/dQw4w9WgXcQ"
VTT = "WEBVTT\n\n00:01.000 --> 00:04.000\nHello\n"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def talks(conference):
    return [
        make_talk(conference, code=code, title=f"Talk {code}", may_be_replayed=code != "C")
        for code in "ABC"
    ]


@pytest.fixture
def load(talks, tmp_path, capsys):
    def load(content, *options):
        file = tmp_path / "links"
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        call_command("import_recordings", str(file), *options)
        return capsys.readouterr().out

    return load


def stored():
    return [
        (each.talk.code, each.kind, each.value, each.language)
        for each in Recording.objects.select_related("talk").order_by("talk__code", "language")
    ]


def test_links_become_recordings_and_the_same_file_changes_nothing(load, talks, conference):
    text = f"code,url,starts,language\nA,{YOUTUBE},1:02:03,\nA,{OTHER},,de\nC,{YOUTUBE},,\n"
    said = load(text, "--add-hosts")
    assert "3 new, 0 changed, 0 unchanged." in said
    assert "C is not shown: its speakers have not agreed." in said
    youtube = "youtube", "aqz-KE-bpKQ"
    assert stored() == [
        ("A", *youtube, ""),
        ("A", "youtube", "dQw4w9WgXcQ", "de"),
        ("C", *youtube, ""),
    ]
    nudge = Nudge.objects.get()
    assert (nudge.talk, nudge.recording.language, nudge.seconds) == (talks[0], "", 3723)
    assert StreamHost.objects.get().host == "www.youtube-nocookie.com"
    assert "0 new, 0 changed, 3 unchanged." in load(text)
    said = load(text.replace("1:02:03", "10").replace("C,", "B,").replace(OTHER, YOUTUBE))
    assert "1 new, 2 changed, 0 unchanged." in said
    assert Nudge.objects.get().seconds == 10
    assert len(stored()) == 4


def test_a_dry_run_says_the_same_and_writes_nothing(load, talks):
    text = f"link;talk code\n{YOUTUBE};A\n\n{YOUTUBE};C\n"
    told = json.loads(load(text, "--dry-run", "--json", "--add-hosts"))
    assert (told["dry_run"], told["new"], told["withheld"]) == (True, 2, 1)
    assert told["lines"][1] == {
        "line": 4,
        "code": "C",
        "title": "Talk C",
        "source": "YouTube",
        "language": "",
        "starts": None,
        "captions": False,
        "act": "new",
        "may_be_replayed": False,
    }
    assert not Recording.objects.exists()
    assert not StreamHost.objects.exists()


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        (f"code,url\nA,{YOUTUBE}\n\nZ,{YOUTUBE}\nB,nothing\n", {4: "no talk “Z”", 5: "can be played"}),
        (f"code,url\nA,{YOUTUBE}\nA,{OTHER}\n", {3: "already on line 2"}),
        (f"code,url,starts\nA,{YOUTUBE},soon\n", {2: "“soon” is no time"}),
        (f"code,url,starts\nA,{YOUTUBE},99:00:00\n", {2: "more than nine hours"}),
        ("code,url\nA,https://meet.jit.si/room\n", {2: "cannot be watched again"}),
        (f"code,url,captions\nA,{YOUTUBE},no.vtt\n", {2: "no file “no.vtt”"}),
        (f"code,url,captions\nA,{YOUTUBE},bad.vtt\n", {2: "no WebVTT"}),
        (f"code,url,captions\nA,{YOUTUBE},../settings.py\n", {2: "no file"}),
        (f"code\nA\n{YOUTUBE}", {1: "no column “url”"}),
        ("", {0: "empty"}),
        (f'code,url\n"A,{YOUTUBE}\n', {2: "quotes do not match"}),
        (f"code,url\nA,{YOUTUBE},0:42\nA,{YOUTUBE},de\n", dict.fromkeys((2, 3), "but the header has 2")),
    ],
)  # fmt: skip
def test_with_a_bad_line_nothing_is_imported(load, tmp_path, capsys, text, problems):
    (tmp_path / "bad.vtt").write_text("<script>")
    with pytest.raises(CommandError, match="nothing was imported"):
        load(text, "--json", "--add-hosts")
    told = json.loads(capsys.readouterr().out)["problems"]
    assert [problem["line"] for problem in told] == list(problems)
    for problem, words in zip(told, problems.values(), strict=True):
        assert words in problem["message"]
    assert not Recording.objects.exists()


def test_a_host_that_players_may_not_load_from_is_said(load, capsys):
    with pytest.raises(CommandError):
        load("code,url\nA,https://cdn.example.org/a.m3u8\n")
    said = capsys.readouterr().err
    assert "Line 2: HLS playlist: our pages load nothing from cdn.example.org" in said


def test_captions_lie_beside_the_file(load, tmp_path):
    (tmp_path / "vtt").mkdir()
    (tmp_path / "vtt" / "a.vtt").write_text(VTT)
    text = f"code,url,captions\nA,{YOUTUBE},vtt/a.vtt\n"
    load(text, "--add-hosts")
    recording = Recording.objects.get()
    assert Path(recording.captions.path).read_text() == VTT
    assert Path(recording.captions.name).name != "a.vtt"
    assert "1 unchanged" in load(text)


def test_several_recordings_in_one_language_are_left_to_the_organizer(load, talks, capsys):
    make_recording(talks[0])
    make_recording(talks[0])
    with pytest.raises(CommandError):
        load(f"code,url\nA,{YOUTUBE}\n", "--add-hosts")
    assert "several recordings" in capsys.readouterr().err


def test_a_time_of_day_in_a_workbook_is_no_second(load, capsys):
    """What was typed as 0:42 is a quarter to one there."""
    rows = ["code", "url", "starts"], ["A", YOUTUBE, timedelta(minutes=42)]
    with pytest.raises(CommandError, match="nothing was imported"):
        load(xlsx(*rows), "--add-hosts")
    assert "Write 42s" in "".join(capsys.readouterr())
    assert not Recording.objects.exists()
    load(xlsx(rows[0], ["A", YOUTUBE, "42s"]), "--add-hosts")
    assert Nudge.objects.get().seconds == 42
