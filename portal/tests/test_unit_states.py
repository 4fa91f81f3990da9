"""What doctor reads of systemd, from a systemctl that says what the test wants."""

import pytest
from django.utils import timezone

from lib.readiness.runner import examine
from portal.observing import units

TIMER = "front-row-tickets.timer"


@pytest.fixture
def states(monkeypatch, settings, tmp_path):
    """Of all units that doctor expects; each test changes some, and `found` looks."""
    settings.HAS_WORKER = True
    monkeypatch.setattr(units, "BOOTED", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    return dict.fromkeys(units._expected(), ("loaded", "active"))


def found(states, tmp_path):
    blocks = [
        f"Id={unit}\nLoadState={loaded}\nActiveState={active}\n"
        for unit, (loaded, active) in states.items()
    ]
    (tmp_path / "shown").write_text("\n".join(blocks))
    systemctl = tmp_path / "systemctl"
    systemctl.write_text(
        f'#!/bin/sh\nwhile read -r line; do echo "$line"; done <{tmp_path}/shown\n'
    )
    systemctl.chmod(0o755)
    return [
        (item.result.level.value, item.result.text) for item in examine(timezone.now(), ["units"])
    ]


def test_all_run(states, tmp_path):
    assert {TIMER, "front-row-worker@mail.service", "front-row.socket"} <= states.keys()
    states["front-row-tickets.service"] = ("loaded", "inactive")
    assert [level for level, _text in found(states, tmp_path)] == ["ok"]


def test_a_service_has_failed(states, tmp_path):
    states["front-row-tickets.service"] = ("loaded", "failed")
    text = "The unit “front-row-tickets.service” has failed."
    assert found(states, tmp_path) == [("error", text)]


@pytest.mark.parametrize("unit", [TIMER, "front-row-worker@mail.service"])
def test_a_unit_is_stopped(states, tmp_path, unit):
    states[unit] = ("loaded", "inactive")
    assert found(states, tmp_path) == [("error", f"The unit “{unit}” does not run.")]


def test_the_units_are_installed_otherwise(states, tmp_path):
    absent = dict.fromkeys(states, ("not-found", "inactive"))
    assert [level for level, _text in found(absent, tmp_path)] == ["not applicable"]


def test_systemd_does_not_answer(states, tmp_path):
    (tmp_path / "systemctl").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "systemctl").chmod(0o755)
    (item,) = examine(timezone.now(), ["units"])
    assert item.result.level == "error"
    assert "CalledProcessError" in item.result.text


def test_there_is_no_systemd(monkeypatch, tmp_path):
    monkeypatch.setattr(units, "BOOTED", tmp_path / "none")
    (item,) = examine(timezone.now(), ["units"])
    assert item.result.level == "not applicable"
