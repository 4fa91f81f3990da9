"""Doctor finds each of its faults when that fault is planted: one for each check that is registered, so
that a check without one fails here. What else a check says is in test_doctor.py and beside its app.
"""

import json
import shutil
from collections import namedtuple
from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.core.cache.backends.dummy import DummyCache
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from conftest import make_room, make_stream, make_talk, make_ticket, settle
from lib.readiness.results import CheckLevel, names
from lib.readiness.runner import examine
from portal import readiness
from portal.observing import units
from schedule.models import Feed
from tickets.models import Shop

FAULTS: dict[str, Callable[[SimpleNamespace], None]] = {}
NEEDS_POSTGRESQL = {"backups", "restore"}
DAY = timedelta(days=1)


def fault(plant):
    """Of the check that the function is named for."""
    FAULTS[plant.__name__] = plant
    return plant


@pytest.fixture
def site(conference, settings, monkeypatch, internet, tmp_path):
    """One that is well in all that the faults below spoil."""
    settings.ALARMS_TO = [("mailto", "ops@example.org")]
    settings.ALARM_PING_URL = "https://hc.example.org/1"
    settings.HTTPS, settings.BACKUP_FOLDER = True, str(tmp_path)
    now = timezone.now().isoformat()
    kept = dict.fromkeys(("at", "base_at", "dump_at", "files_at"), now)
    (tmp_path / "kept.json").write_text(json.dumps(kept | {"is_copied_away": True, "problem": ""}))
    (tmp_path / "drill.json").write_text(json.dumps({"at": now, "is_equal": True}))
    monkeypatch.setattr(readiness, "kernel_clock_state", lambda: 0)
    return SimpleNamespace(
        conference=conference, settings=settings, monkeypatch=monkeypatch, folder=tmp_path
    )


def named(site, domain):
    site.conference.domain = domain
    site.conference.save()


@fault
def settings(site):
    site.settings.ALLOWED_HOSTS = ["*"]


@fault
def database(site):
    MigrationRecorder(connection).migration_qs.filter(app="tickets").delete()


@fault
def cache(site):
    site.settings.REDIS_URL = "redis://127.0.0.1:1/0"
    site.monkeypatch.setattr(readiness, "cache", DummyCache("", {}))


@fault
def front_door(site):
    # Another site answers there, which has no /healthz.
    named(site, "live.example.org")


@fault
def certificates(site):
    # The server's certificate is for *.example.org.
    named(site, "live.example.net")


@fault
def worker(site):
    queues = {"QUEUES": ["mail", "default"]}
    site.settings.HAS_WORKER = True
    site.settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", **queues}}
    site.monkeypatch.setattr(readiness, "WORKER_SECONDS", 0)


@fault
def units_(site):
    (site.folder / "systemctl").write_text("#!/bin/sh\nexit 1\n")
    (site.folder / "systemctl").chmod(0o755)
    site.monkeypatch.setattr(units, "BOOTED", site.folder)
    site.monkeypatch.setenv("PATH", str(site.folder))


FAULTS["units"] = FAULTS.pop("units_")


@fault
def alarms(site):
    site.settings.ALARMS_TO = []


@fault
def clock(site):
    site.monkeypatch.setattr(readiness, "kernel_clock_state", lambda: 5)


@fault
def disk(site):
    usage = namedtuple("usage", "free")
    site.monkeypatch.setattr(shutil, "disk_usage", lambda _path: usage(1024))


@fault
def programme(site):
    make_talk(site.conference, room=make_room(site.conference))


@fault
def backups(site):
    (site.folder / "kept.json").unlink()


@fault
def restore(site):
    drill = {"at": timezone.now().isoformat(), "is_equal": False}
    (site.folder / "drill.json").write_text(json.dumps(drill))


@fault
def timetable(site):
    site.settings.PEOPLE_KEPT_DAYS = 730
    make_ticket(site.conference)
    site.conference.starts_on = site.conference.ends_on = timezone.localdate() - 700 * DAY
    site.conference.save()


@fault
def relay(site):
    # Nothing listens at port 1.
    options = {"host": "127.0.0.1", "port": 1, "timeout": 1}
    backend = "django.core.mail.backends.smtp.EmailBackend"
    site.settings.MAILERS = {"default": {"BACKEND": backend, "OPTIONS": options}}


@fault
def sources(site):
    Shop.objects.create(conference=site.conference, slug="shop", kind="pretix")


@fault
def limits(site):
    site.settings.SIGN_INS_PER_SECOND = 1
    site.monkeypatch.setattr("tickets.readiness.MINUTES_TO_COME_IN", 0)
    make_ticket(site.conference)


@fault
def hosts(site):
    named(site, "live.example.org")
    site.settings.ALLOWED_HOSTS = ["localhost"]


@fault
def feeds(site):
    address = "https://pretalx.example.org/schedule.json"
    Feed.objects.create(
        conference=site.conference,
        source="feed",
        address=address,
        check_every_minutes=5,
        last_checked_at=timezone.now() - DAY,
    )


@fault
def streams(site):
    make_stream(make_room(site.conference), value="https://cdn.example.org/live.m3u8")


@fault
def stream_hosts(site):
    streams(site)


@fault
def probes(site):
    make_talk(site.conference, room=make_room(site.conference))


def wrong(check):
    """What doctor says is not as it should be."""
    results = [item.result for item in examine(timezone.now(), [check])]
    return {each.text for each in results if each.level in (CheckLevel.ERROR, CheckLevel.WARNING)}


def test_every_check_has_a_planted_fault():
    assert set(FAULTS) == set(names())


@pytest.mark.parametrize(
    "check",
    [
        pytest.param(name, marks=pytest.mark.services if name in NEEDS_POSTGRESQL else ())
        for name in sorted(FAULTS)
    ],
)
def test_doctor_finds_a_planted_fault(site, check):
    before = wrong(check)
    FAULTS[check](site)
    settle()
    found = wrong(check) - before
    assert found
    assert not any("check itself failed" in text for text in found)
