"""Who keeps the site alive is told what is broken, once."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command

from lib.readiness import results, runner
from lib.readiness.results import error, ok, warning
from portal.environment import env_alarms
from portal.management.commands import alarm
from portal.observing import alarms

AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
TOPIC, HOOK, PING = "ntfy.example.org/front", "chat.example.org/hook", "hc.example.org/1"
BROKEN = error("It is broken.", "Mend it.")


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        at = AT

        def now(self):
            return self.at

    clock = Clock()
    monkeypatch.setattr(alarm, "timezone", clock)
    return clock


@pytest.fixture
def site(monkeypatch, settings, tmp_path, internet, clock):
    """What its checks find is put into `site`; each is asked with no database."""
    found = {"disk": [ok("Fine.")], "cache": [ok("Fine.")]}
    for registered in (results, runner, alarms):
        monkeypatch.setattr(registered, "registered", {})
        monkeypatch.setattr(registered, "registered", results.registered)
    for name in found:
        check = lambda at, name=name: iter(found[name])  # noqa: E731 - one for each name
        results.register(name, name.title(), check, needs_database=False)
    monkeypatch.setattr(alarms, "CONFIRM_SECONDS", 0)
    monkeypatch.setattr(runner, "database_answers", lambda: True)
    settings.ALARMS_TO = [("ntfy", f"https://{TOPIC}")]
    settings.ALARM_PING_URL = ""
    settings.ALARM_STATE = str(tmp_path / "var" / "alarms.json")
    for place in (TOPIC, HOOK, PING):
        internet.page(place)
    return found


def told(internet, place=TOPIC):
    """What was told there since it was last asked for."""
    bodies = [data.decode() for asked, _headers, data in internet.asked if asked == place]
    internet.asked.clear()
    return bodies


def test_what_breaks_is_told_once_and_when_it_is_well(site, internet):
    call_command("alarm")
    assert told(internet) == []
    site["disk"] = [BROKEN]
    call_command("alarm")
    (words,) = told(internet)
    assert words.splitlines()[1:] == ["- Disk: It is broken.", "  → Mend it."]
    call_command("alarm")
    assert told(internet) == []
    site["disk"] = [ok("Fine.")]
    call_command("alarm")
    assert told(internet) == ["Front Row: well again\n+ Disk"]
    call_command("alarm")
    assert told(internet) == []


def test_many_things_are_one_message(site, internet):
    site["disk"] = [error(f"{slug}.", "Mend it.", slug) for slug in "abcdefghijklmn"]
    site["cache"] = [BROKEN, BROKEN]
    call_command("alarm")
    (words,) = told(internet)
    assert words.startswith("Front Row: 15 things are broken\n")
    assert words.count("\n- ") == alarms.MOST_LINES
    assert words.endswith("And 5 more: manage.py doctor")


def test_it_is_told_again_after_some_hours(site, internet, clock):
    site["disk"] = [BROKEN]
    for after, count in ((0, 1), (239, 0), (240, 1), (241, 0)):
        clock.at = AT + timedelta(minutes=after)
        call_command("alarm")
        assert len(told(internet)) == count, after


def test_more_of_the_same_is_news_and_less_is_none(site, internet):
    for errors, count in ((1, 1), (3, 1), (2, 0), (3, 0), (4, 1)):
        site["disk"] = [BROKEN] * errors
        call_command("alarm")
        assert len(told(internet)) == count, errors


def test_warnings_wake_nobody(site, internet):
    site["disk"] = [warning("Odd.", "Look.")]
    call_command("alarm")
    assert told(internet) == []


def test_what_is_gone_a_moment_later_wakes_nobody(site, internet, monkeypatch):
    site["disk"] = [BROKEN]
    monkeypatch.setattr(alarms.time, "sleep", lambda seconds: site.update(disk=[ok("Fine.")]))
    call_command("alarm")
    assert told(internet) == []


def test_without_a_database_nothing_that_reads_it_is_called_well(site, internet, monkeypatch):
    results.register("rows", "Rows", lambda at: iter([BROKEN]))
    call_command("alarm")
    assert len(told(internet)) == 1
    monkeypatch.setattr(runner, "database_answers", lambda: False)
    results.register("database", "Database", lambda at: iter([BROKEN]), needs_database=False)
    call_command("alarm")
    (words,) = told(internet)
    assert "- Database" in words
    assert "Rows" not in words
    results.register("rows", "Rows", lambda at: iter([ok("Fine.")]))
    results.register("database", "Database", lambda at: iter([ok("Fine.")]), needs_database=False)
    monkeypatch.setattr(runner, "database_answers", lambda: True)
    call_command("alarm")
    assert sorted(told(internet)[0].splitlines()[1:]) == ["+ Database", "+ Rows"]


def test_what_nobody_heard_is_told_again_and_no_ping_is_sent(site, internet, settings):
    settings.ALARM_PING_URL = f"https://{PING}"
    site["disk"] = [BROKEN]
    internet.page(TOPIC, status=503)
    with pytest.raises(SystemExit):
        call_command("alarm")
    assert told(internet, PING) == []
    internet.page(TOPIC)
    call_command("alarm")
    asked = [place for place, _headers, _data in internet.asked]
    assert asked == [TOPIC, PING]


def test_one_who_cannot_be_told_keeps_nobody_else_from_it(site, internet, settings, capsys):
    settings.ALARMS_TO = [
        ("ntfy", "https://ntfy.example.org/secret-topic"),
        ("webhook", f"https://{HOOK}"),
        ("mailto", "ops@example.org"),
    ]
    site["disk"] = [BROKEN]
    with pytest.raises(SystemExit):
        call_command("alarm")
    body = json.loads(told(internet, HOOK)[0])
    assert body["text"] == body["content"]
    assert "Disk: It is broken." in body["text"]
    assert mail.outbox[0].to == ["ops@example.org"]
    assert "Disk: It is broken." in mail.outbox[0].body
    printed = capsys.readouterr()
    assert "1 (ntfy): HTTP 404" in printed.err
    assert "secret-topic" not in printed.out + printed.err
    call_command("alarm")
    assert told(internet, HOOK) == []


def test_a_test_message_comes_to_everybody_and_changes_nothing(site, internet, tmp_path):
    call_command("alarm", test=True)
    assert told(internet) == ["Front Row: a test. Alarms come to you."]
    assert not (tmp_path / "var" / "alarms.json").exists()


@pytest.mark.parametrize("rubbish", ["", "{", "[]", '{"disk/": {"other": 1}}', '{"disk/": 1}'])
def test_a_file_that_cannot_be_read_is_as_none(site, internet, tmp_path, rubbish):
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "alarms.json").write_text(rubbish)
    site["disk"] = [BROKEN]
    call_command("alarm")
    assert len(told(internet)) == 1
    call_command("alarm")
    assert told(internet) == []


def test_with_nobody_to_tell_the_ping_is_sent_all_the_same(site, internet, settings, capsys):
    settings.ALARMS_TO, settings.ALARM_PING_URL = [], f"https://{PING}"
    site["disk"] = [BROKEN]
    call_command("alarm")
    assert [place for place, _headers, _data in internet.asked] == [PING]
    assert "nobody is told" in capsys.readouterr().out


def test_doctor_says_when_nobody_is_told(settings):
    def level():
        return [item.result.level.value for item in runner.examine(AT, ["alarms"])]

    settings.ALARMS_TO, settings.ALARM_PING_URL = [], ""
    assert level() == ["warning"]
    settings.ALARMS_TO = [("mailto", "ops@example.org")]
    assert level() == ["warning"]
    settings.ALARM_PING_URL = f"https://{PING}"
    assert level() == ["ok"]


def test_alarms_go_to_phones_mailboxes_and_chats(monkeypatch):
    value = "ntfy:https://ntfy.sh/a, mailto:ops@example.org,https://chat.example.org/hook?a=b"
    monkeypatch.setenv("ALARMS_TO", value)
    assert env_alarms("ALARMS_TO") == [
        ("ntfy", "https://ntfy.sh/a"),
        ("mailto", "ops@example.org"),
        ("webhook", "https://chat.example.org/hook?a=b"),
    ]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("ntfy:https://ntfy.sh/", "names no topic"),
        ("ntfy:ntfy.sh/a", "must begin with one of https"),
        ("mailto:ops", "no mail address"),
        ("ops@example.org", "begin with ntfy:, mailto: or https:"),
        ("https://chat.example.org:port/hook", "not a valid URL"),
    ],
)
def test_alarms_to_nobody_are_refused(monkeypatch, value, problem):
    monkeypatch.setenv("ALARMS_TO", value)
    with pytest.raises(ImproperlyConfigured, match=problem):
        env_alarms("ALARMS_TO")
