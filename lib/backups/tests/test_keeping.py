import json
import os
import shutil
import subprocess
import tarfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lib.backups import keeping
from lib.backups.drill import drill
from lib.backups.keeping import keep, open_copies
from lib.backups.places import STAMP, BackupPlaces, BaseBackup
from lib.backups.scratch import ScratchCluster
from lib.backups.tables import execute
from lib.backups.tests.clusters import backed_up_cluster

pytestmark = pytest.mark.services

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
NAME = "Ada Lovelace of the secret list"


@pytest.fixture
def identity(tmp_path):
    file = tmp_path / "front-row.key"
    subprocess.run(["age-keygen", "-o", file], check=True, capture_output=True)
    return file


@pytest.fixture
def places(tmp_path, identity):
    """A finished base backup, one that was interrupted, a dump, and a log whose last part is not done."""
    cluster = tmp_path / "17-main"
    for folder in ("1.backup", "2.backup", "1.dump", "wal"):
        (cluster / folder).mkdir(parents=True)
    for folder in ("1.backup", "1.dump"):
        (cluster / folder / "data").write_text(NAME)
        status = cluster / folder / "status"
        status.touch()
        os.utime(status, ((NOW - timedelta(hours=1)).timestamp(),) * 2)
    (cluster / "2.backup" / "data").write_text("half")
    (cluster / "wal" / f"{1:024X}.gz").write_text(NAME)
    (cluster / "wal" / f"{2:024X}.gz.partial").write_text("half")
    media = tmp_path / "media"
    media.mkdir()
    (media / "logo.svg").write_text(NAME)
    public = subprocess.run(["age-keygen", "-y", identity], check=True, capture_output=True)
    (tmp_path / "keys").write_bytes(public.stdout)
    return BackupPlaces(
        cluster=cluster,
        ours=tmp_path / "ours",
        files=(media, tmp_path / "none"),
        keys=tmp_path / "keys",
        away=str(tmp_path / "away"),
        away_days=30,
        database="",
    )


def copied(places):
    away = Path(places.away)
    return sorted(str(path.relative_to(away)) for path in away.rglob("*") if path.is_file())


def test_files_that_cannot_be_read_keep_nothing_else_back(places, tmp_path, monkeypatch):
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "tar").write_text(
        '#!/bin/sh\nfor a; do case $a in --file=*) : > "${a#--file=}";; esac; done\n'
        "echo no room >&2\nexit 2\n"
    )
    (programs / "tar").chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    for days in range(3):
        report = keep(places, NOW + timedelta(days=days))
        assert report["problem"] == "tar: no room"
    assert f"wal/{1:024X}.gz.age" in " ".join(copied(places))
    assert len(list((places.ours / "files").iterdir())) == 1


def test_what_is_finished_is_copied_once_and_nobody_can_read_it(places):
    report = keep(places, NOW)
    assert report["problem"] == ""
    assert report["copied"] == 6
    expected = ["1.backup/data", "1.backup/status", "1.dump/data", "1.dump/status"]
    expected += [f"files/{NOW.strftime(STAMP)}.tar.gz", f"wal/{1:024X}.gz"]
    assert copied(places) == [f"{name}.age" for name in expected]
    for path in Path(places.away).rglob("*.age"):
        assert NAME.encode() not in path.read_bytes()
    assert keep(places, NOW)["copied"] == 0


def test_what_was_copied_can_be_opened_with_the_key(places, identity):
    keep(places, NOW)
    away = Path(places.away)
    assert open_copies(away, identity) == 6
    assert (away / "1.backup" / "data").read_text() == NAME
    with tarfile.open(away / "files" / f"{NOW.strftime(STAMP)}.tar.gz") as archive:
        [logo] = [each for each in archive.getmembers() if each.name.endswith("logo.svg")]
        assert archive.extractfile(logo).read().decode() == NAME


def test_files_are_archived_once_a_day_and_kept_for_a_week(places):
    for hours in range(0, 24 * 12, 6):
        keeping.archive_files(places, NOW + timedelta(hours=hours))
    assert len(places.archives()) == keeping.ARCHIVES_KEPT
    days = [keeping.archived_at(each).day for each in places.archives()]
    assert len(set(days)) == len(days)


def test_a_remote_that_fails_is_reported_and_local_backups_go_on(places):
    keep(places, NOW)
    broken = places._replace(away="nowhere:bucket")
    report = keep(broken, NOW + timedelta(days=1))
    assert report["problem"].startswith("rclone: ")
    assert len(places.archives()) == 2
    assert json.loads((places.ours / "kept.json").read_text())["problem"] == report["problem"]


def test_without_a_key_nothing_is_copied(places):
    places.keys.write_text("")
    assert "age: " in keep(places, NOW)["problem"]
    assert copied(places) in ([], ["files/2026-11-21T100000Z.tar.gz.age.part"])


def test_without_a_place_all_stays_here(places):
    report = keep(places._replace(away=""), NOW)
    assert not report["is_copied_away"]
    assert not Path(places.away).exists()


def age_copies(places, days):
    for path in Path(places.away).rglob("*.age"):
        os.utime(path, (time.time() - days * 86400,) * 2)


def test_old_copies_are_removed_and_the_last_ones_never(places):
    keep(places, NOW)
    age_copies(places, 31)
    keeping.remove_old(places, NOW + timedelta(days=3))
    assert len(copied(places)) == 6, "no base backup came lately, so these are the last"
    keeping.remove_old(places, NOW)
    assert copied(places) == []


@pytest.mark.slow
def test_a_lost_machine_is_restored_from_its_copies(tmp_path, identity, monkeypatch, places):
    with backed_up_cluster() as cluster:
        for name, value in cluster.variables.items():
            monkeypatch.setenv(name, value)
        cluster.execute("CREATE TABLE people (id serial PRIMARY KEY, name text)")
        cluster.make_base_backup()
        cluster.execute(f"INSERT INTO people (name) VALUES ('{NAME}')")
        cluster.execute("SELECT pg_create_restore_point('end')")
        assert drill(cluster.places)["is_equal"]
        away = cluster.places.ours / "away"
        copying = places._replace(cluster=cluster.places.cluster, away=str(away))
        assert keep(copying, NOW)["problem"] == ""
        open_copies(away, identity)
        if owner := cluster.user:
            shutil.chown(away / "wal", owner["user"], owner["group"])
        base = BaseBackup(next(away.glob("*.backup")), NOW)
        scratch = ScratchCluster(cluster.places.ours / "scratch", base, away / "wal")
        scratch.unpack()
        scratch.configure({"recovery_target_name": "end"})
        with scratch.running("front_row", "front_row") as restored:
            assert execute(restored, "SELECT name FROM people") == [(NAME,)]
