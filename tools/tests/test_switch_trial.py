"""The half minute in which visitors try a release, without the half minute: deploy/switch.py with a clock, a log
and a systemd of its own. tools/tests/test_switch.py has the real processes.
"""

import json
import os
import subprocess
import sys

import pytest

from tools.stack import PROJECT

sys.path.append(str(PROJECT / "deploy"))
import switch


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """Release one serves, and two is whole. Each second 20 visitors ask."""
    made = Machine(tmp_path, monkeypatch)
    for release in ("one", "two"):
        (tmp_path / "releases" / release).mkdir(parents=True)
        (tmp_path / "releases" / release / ".installed").write_text(release)
    (tmp_path / "current").symlink_to(tmp_path / "releases" / "one")
    return made


class Machine:
    def __init__(self, home, monkeypatch):
        self.log = home / "access.log"
        self.log.touch()
        self.now, self.visitors, self.stopped = 0.0, 20, []
        self.status, self.seconds = {"one": 200, "two": 200}, {"one": 0.02, "two": 0.02}
        monkeypatch.setattr(switch, "HOME", home)
        monkeypatch.setattr(switch, "ACCESS_LOG", self.log)
        monkeypatch.setattr(switch, "start", lambda release: None)
        monkeypatch.setattr(switch, "answered", lambda release: True)
        monkeypatch.setattr(switch, "units", lambda pattern: ["front-row@one.service"])
        monkeypatch.setattr(switch, "systemctl", self.systemctl)
        monkeypatch.setattr(switch.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(switch.time, "sleep", self.sleep)

    def systemctl(self, *arguments):
        if arguments[0] == "stop" or "--now" in arguments:
            self.stopped.append(arguments[-1])
        return True

    def sleep(self, seconds):
        self.now += seconds
        with self.log.open("a") as log:
            for number in range(self.visitors):
                release = ("one", "two")[number % 2]
                line = {
                    "app_status": str(self.status[release]),
                    "app_seconds": str(self.seconds[release]),
                    "release": release,
                    "cache": "",
                }
                log.write(json.dumps(line) + "\n")


def current(machine):
    return (switch.HOME / "current").readlink().name


def test_who_is_no_worse_takes_over_after_the_trial(machine, capsys):
    assert switch.switch_to("two", is_tried=True) == 0
    assert (current(machine), machine.stopped) == ("two", ["front-row@one.service"])
    assert machine.now == switch.TRIAL_SECONDS
    assert "Visitors tried it: 0 of 300 failed" in capsys.readouterr().out


def test_who_fails_visitors_is_stopped_at_once_and_says_why(machine, capsys):
    machine.status["two"] = 500
    assert switch.switch_to("two", is_tried=True) == 1
    assert (current(machine), machine.stopped) == ("one", ["front-row@two.service"])
    assert machine.now <= 3
    said = capsys.readouterr().err
    assert "two does not serve: it fails its visitors: 20 of 20 failed; with the one" in said
    assert "Current stays one" in said
    assert "--at-once" in said


def test_who_lets_visitors_wait_is_stopped(machine, capsys):
    machine.seconds["two"] = 0.9
    assert switch.switch_to("two", is_tried=True) == 1
    assert (current(machine), machine.stopped) == ("one", ["front-row@two.service"])
    assert "its visitors wait: 0 of 300 failed, 95 of 100 within 0.90 s" in capsys.readouterr().err


def test_who_takes_requests_and_answers_none_is_stopped(machine, capsys, monkeypatch):
    def hang(release):
        raise switch.NoAnswer("TimeoutError")

    monkeypatch.setattr(switch, "answered", hang)
    assert switch.switch_to("two", is_tried=True) == 1
    assert (current(machine), machine.stopped) == ("one", ["front-row@two.service"])
    assert "requests get no answer (TimeoutError)" in capsys.readouterr().err


def test_where_nobody_visits_it_is_short(machine, capsys):
    machine.visitors = 0
    assert switch.switch_to("two", is_tried=True) == 0
    assert current(machine) == "two"
    assert machine.now <= switch.QUIET_SECONDS + 1
    assert "Nobody visits" in capsys.readouterr().out


def test_without_a_log_it_says_so(machine, capsys):
    machine.log.unlink()
    assert switch.switch_to("two", is_tried=True) == 0
    assert "so visitors did not try it" in capsys.readouterr().out


def test_the_way_back_is_at_once(machine, monkeypatch):
    machine.status["one"] = 500
    assert switch.switch_to("two", is_tried=False) == 0
    monkeypatch.setattr(switch, "units", lambda pattern: ["front-row@two.service"])
    monkeypatch.setattr(sys, "argv", ["front-row-switch", "--back"])
    assert switch.main() == 0
    assert (current(machine), machine.now) == ("one", 0)


def test_three_releases_stay_and_what_runs(machine, capsys, monkeypatch):
    releases = switch.HOME / "releases"
    for age, name in enumerate(["runs", "older", "old", "newest", "one", "two"]):
        (releases / name).mkdir(exist_ok=True)
        os.utime(releases / name, (age, age))
    monkeypatch.setattr(switch, "commands", lambda: [f"/ python {releases}/runs/manage.py drill"])
    assert switch.switch_to("two", is_tried=False) == 0
    assert {home.name for home in releases.iterdir()} == {"one", "two", "newest", "runs"}
    assert "older is old and is removed" in capsys.readouterr().out


def test_a_release_counts_as_running_by_its_folder_or_its_command(tmp_path):
    with subprocess.Popen(["sleep", "60"], cwd=tmp_path) as sleeper:
        try:
            assert f"{tmp_path}/ sleep\0" + "60\0" in switch.commands()
        finally:
            sleeper.kill()
