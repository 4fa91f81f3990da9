import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from conftest import make_conference
from schedule.feeds.tests.schedule_files import event_json, event_xml, schedule_json, schedule_xml
from schedule.models import Conference, Feed, Talk


@pytest.fixture
def conference(db):
    return make_conference(
        slug="conf", starts_on="2026-03-06", ends_on="2026-03-07", time_zone="Europe/Berlin"
    )


@pytest.fixture
def file(tmp_path):
    def write(data: bytes, name: str = "schedule.json") -> str:
        path = tmp_path / name
        path.write_bytes(data)
        return str(path)

    return write


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("import_schedule", *arguments, stdout=out)
    return out.getvalue()


def test_it_works(conference, file):
    output = run(file(schedule_json(event_json(), event_json(2, language="de, en"))))
    assert Talk.objects.count() == 2
    assert "schedule.json (c3voc-json, version 1.0) → Testconf" in output
    assert "Read: 1 days, 1 rooms, 2 talks, 0 speakers" in output
    assert "Talks: 2 new, 0 changed" in output
    assert (
        "warning: /schedule/conference/days/0/rooms/Hall/1/language: Not one language code"
        in output
    )
    assert Feed.objects.get().source == "schedule.json"


def test_json(conference, file):
    answer = json.loads(run(file(schedule_json(event_json(language="x"))), "--json"))
    assert [answer[name] for name in ("new", "changed", "moved", "missing", "unchanged")] == [
        1,
        0,
        0,
        0,
        0,
    ]
    assert answer["read"]["talks"] == 1
    (problem,) = answer["problems"]
    assert problem["code"] == "bad-language"
    assert problem["location"] == "/schedule/conference/days/0/rooms/Hall/0/language"


def test_a_dry_run_says_so_and_writes_nothing(conference, file):
    output = run(file(schedule_json()), "--dry-run")
    assert "1 new" in output
    assert "nothing was written" in output
    assert not Talk.objects.exists()
    assert not Feed.objects.exists()


def test_repeated_problems_are_counted(conference, file):
    output = run(file(schedule_json(*(event_json(number, language="?") for number in (1, 2, 3)))))
    assert output.count("Not one language code") == 1
    assert "warning: 3 × /schedule" in output


@pytest.mark.parametrize("as_json", [True, False])
def test_a_broken_file_gives_one_clear_error_and_changes_nothing(conference, file, as_json):
    run(file(schedule_xml(), "a.xml"))
    path = file(schedule_xml(event_xml(), event_xml(2))[:-100], "a.xml")
    with pytest.raises(CommandError, match=r"a\.xml: line \d+, column \d+: The file is broken"):
        run(path, *["--json"] * as_json)
    assert Talk.objects.count() == 1


def test_a_failure_in_json_lists_the_problems(conference, file):
    out = StringIO()
    with pytest.raises(CommandError):
        call_command("import_schedule", file(schedule_json(days=7)), "--json", stdout=out)
    answer = json.loads(out.getvalue())
    assert [problem["code"] for problem in answer["problems"]] == ["no-talks", "wrong-type"]
    assert "no talks" in answer["error"]


def test_the_clock_is_believed_when_asked(conference, file):
    path = file(schedule_json(event_json(date="2026-03-06T10:00:00+00:00")))
    run(path, "--believe-clock")
    assert Talk.objects.get().starts_at.hour == 9
    run(path)
    assert Talk.objects.get().starts_at.hour == 9, "the choice is remembered"
    run(path, "--no-believe-clock")
    assert Talk.objects.get().starts_at.hour == 10


def test_the_conference_stands_in_for_a_missing_zone(conference, file):
    run(file(schedule_xml(event_xml(date=None), zone=""), "a.xml"))
    assert Talk.objects.get().starts_at.hour == 9


def test_a_missing_file(conference):
    with pytest.raises(CommandError, match=r"/nowhere/a\.xml: No such file"):
        run("/nowhere/a.xml")


def test_the_conference_must_be_said_when_there_are_several(conference, file):
    other = make_conference(slug="other")
    path = file(schedule_json())
    with pytest.raises(CommandError, match="--conference: conf, other"):
        run(path)
    with pytest.raises(CommandError, match="no such conference. There are: conf, other"):
        run(path, "--conference", "third")
    run(path, "--conference", "other")
    assert Talk.objects.get().conference == other


def test_without_a_conference(db, file):
    assert not Conference.objects.exists()
    with pytest.raises(CommandError, match="There are: none"):
        run(file(schedule_json()))
