import json
from datetime import timedelta

import pytest
from django.utils import timezone

from lib.readiness.runner import examine
from portal.keeping import backups
from portal.keeping.backups import RECEIVED

pytestmark = [pytest.mark.services, pytest.mark.django_db]


@pytest.fixture
def report(tmp_path, settings, monkeypatch):
    """Writes reports of backups that are as they should be, but for what is said."""
    settings.BACKUP_FOLDER = str(tmp_path)
    monkeypatch.setattr(backups, "RECEIVED", "SELECT true")
    now = timezone.now().isoformat()
    good = dict.fromkeys(("at", "base_at", "dump_at", "files_at"), now)

    def write(**changed):
        kept = good | {"is_copied_away": True, "problem": ""} | changed
        (tmp_path / "kept.json").write_text(json.dumps(kept))

    write()
    (tmp_path / "drill.json").write_text(json.dumps({"at": now, "is_equal": True}))
    return write


def wrong(check):
    found = [item.result for item in examine(timezone.now(), [check])]
    assert found
    return [result.text for result in found if result.level != "ok"]


def ago(**span):
    return (timezone.now() - timedelta(**span)).isoformat()


def test_all_is_well(report):
    assert wrong("backups") == []
    assert wrong("restore") == []


def test_nothing_makes_backups(settings):
    settings.BACKUP_FOLDER = ""
    assert "Nothing says" in wrong("backups")[0]
    assert "No backup was ever restored" in wrong("restore")[0]


@pytest.mark.parametrize("name", ["base_at", "dump_at", "files_at"])
def test_one_that_is_old_or_missing(report, name):
    report(**{name: ago(hours=29)})
    assert len(wrong("backups")) == 1
    assert "is too old" in wrong("backups")[0]
    report(**{name: None})
    assert "there is none" in wrong("backups")[0]


def test_nobody_receives_the_log(report, monkeypatch):
    """The database of the tests has no slot at all."""
    monkeypatch.setattr(backups, "RECEIVED", RECEIVED)
    assert "Nobody receives" in wrong("backups")[0]


def test_no_destination(report):
    report(is_copied_away=False)
    assert "ON THIS MACHINE ALONE" in wrong("backups")[0]


def test_copies_that_fail_or_stopped(report):
    report(problem="rclone: no such host")
    assert "could not be copied" in wrong("backups")[0]
    assert "no such host" not in wrong("backups")[0]
    report(at=ago(hours=2))
    assert "last copied away" in wrong("backups")[0]


@pytest.mark.parametrize(
    ("drilled", "said"),
    [
        ({"at": ago(minutes=5), "is_equal": False}, "not what the database held"),
        ({"at": ago(days=3), "is_equal": True}, "long ago"),
    ],
)
def test_a_drill_that_failed_or_is_old(report, settings, drilled, said):
    with open(f"{settings.BACKUP_FOLDER}/drill.json", "w") as file:
        json.dump(drilled, file)
    assert said in wrong("restore")[0]
