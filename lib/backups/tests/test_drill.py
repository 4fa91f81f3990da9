import contextlib
import gzip
import os
import shutil
import subprocess
import threading
import time
from datetime import UTC, datetime

import psycopg2
import pytest

from lib.backups import drill as drilling
from lib.backups import tables
from lib.backups.drill import as_text, drill
from lib.backups.scratch import GET_WAL
from lib.backups.tables import TableContent, execute
from lib.backups.tests.clusters import backed_up_cluster

pytestmark = [pytest.mark.services, pytest.mark.slow]


@pytest.fixture(scope="module")
def cluster():
    with backed_up_cluster() as made:
        made.execute(
            "CREATE TABLE people (id serial PRIMARY KEY, name text)",
            "CREATE TABLE log (note text)",
            "INSERT INTO people (name) SELECT 'person ' || n FROM generate_series(1, 500) n",
        )
        made.make_base_backup()
        yield made


@pytest.fixture(autouse=True)
def _reached_by_environment(cluster, monkeypatch):
    for name, value in cluster.variables.items():
        monkeypatch.setenv(name, value)


OLDEST = "SELECT min(id) FROM people WHERE name <> 'new'"


class Writer(threading.Thread):
    """Inserts, changes and deletes until it is stopped; knows when each insert began and was done."""

    def __init__(self, cluster):
        super().__init__()
        self.cluster, self.stopped, self.written = cluster, threading.Event(), []

    def run(self):
        with contextlib.closing(psycopg2.connect(self.cluster.url)) as live:
            live.autocommit = True
            while not self.stopped.is_set():
                began = datetime.now(UTC)
                insert = "INSERT INTO people (name) VALUES ('new') RETURNING id"
                [(row,)] = execute(live, insert)
                self.written.append((row, began, datetime.now(UTC)))
                execute(live, "UPDATE people SET name = 'changed' WHERE id = 1 + random() * 400")
                execute(live, f"DELETE FROM people WHERE id = ({OLDEST})")
                execute(live, "INSERT INTO log SELECT 'something'")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_error):
        self.stopped.set()
        self.join()


def test_all_is_equal_while_people_write(cluster):
    with Writer(cluster), Writer(cluster):
        time.sleep(0.5)
        report = drill(cluster.places)
    assert report["problem"] == ""
    assert report["is_equal"]
    assert [row["table"] for row in report["tables"]] == ["public.log", "public.people"]
    assert all(row["rows"] == row["restored_rows"] > 0 for row in report["tables"])
    assert "All is equal." in "\n".join(as_text(report))
    assert not (cluster.places.ours / "scratch").exists()


def test_a_chosen_second_has_what_was_written_before_it_and_nothing_after(cluster, monkeypatch):
    kept = set()

    def read_ids(restored):
        query = "SELECT id FROM people WHERE name = 'new'"
        kept.update(row for (row,) in execute(restored, query))
        return {}

    monkeypatch.setattr(drilling, "read_tables", read_ids)
    with Writer(cluster) as writer:
        time.sleep(1)
        second = datetime.now(UTC)
        time.sleep(1)
    report = drill(cluster.places, second)
    assert report["problem"] == ""
    before = {row for row, _began, done in writer.written if done < second}
    after = {row for row, began, _done in writer.written if began > second}
    assert len(before) > 10
    assert len(after) > 10
    assert before <= kept
    assert not after & kept


def test_a_difference_is_found(cluster, monkeypatch):
    """Of one row: its table has as many rows as before, and the newest is another one."""
    read = drilling.read_tables
    harmed = "SELECT id, CASE WHEN id = (SELECT max(id) - 1 FROM people) THEN 'harmed' ELSE name END FROM people"
    sums = tables.SUMS.replace("{table}", f"({harmed})")

    def read_harmed(database):
        found = read(database)
        if not database.info.host.endswith("scratch"):
            [(rows, *others)] = execute(database, sums)
            found["public.people"] = TableContent(
                rows, found["public.people"].newest, tuple(others)
            )
        return found

    monkeypatch.setattr(drilling, "read_tables", read_harmed)
    report = drill(cluster.places)
    assert not report["is_equal"]
    assert [row["table"] for row in report["tables"] if not row["is_equal"]] == ["public.people"]
    assert "It is not what the database holds." in "\n".join(as_text(report))


def test_a_log_that_does_not_come_is_said(cluster, monkeypatch):
    monkeypatch.setattr(drilling, "WAL_SECONDS", 0.2)
    elsewhere = cluster.places._replace(cluster=cluster.places.ours / "elsewhere")
    elsewhere.wal.mkdir(parents=True)
    assert "see pg_receivewal@" in drill(elsewhere)["problem"]


def test_a_broken_base_backup_is_said(cluster):
    broken = cluster.places._replace(cluster=cluster.places.ours / "broken")
    shutil.copytree(next(cluster.places.cluster.glob("*.backup")), broken.cluster / "1.backup")
    broken.wal.symlink_to(cluster.places.wal)
    archive = broken.cluster / "1.backup" / "base.tar.gz"
    archive.write_bytes(archive.read_bytes()[:-5000])
    report = drill(broken)
    assert not report["is_equal"]
    assert "tar: " in report["problem"]


@pytest.mark.parametrize(("name", "status"), [("1.gz", 0), ("1.gz.partial", 1), ("none", 1)])
def test_a_part_of_the_log_that_is_still_written_is_not_there_yet(tmp_path, name, status):
    """As if it were not there: at any other status the server gives up."""
    whole = gzip.compress(os.urandom(10_000))
    (tmp_path / name).write_bytes(whole if status == 0 else whole[:5_000])
    command = GET_WAL.format(wal=tmp_path).replace("%f", "1").replace("%p", f"{tmp_path}/got")
    assert subprocess.run(command, shell=True, check=False).returncode == status


def test_before_the_first_base_backup_there_is_nothing(cluster):
    report = drill(cluster.places, datetime(2020, 1, 1, tzinfo=UTC))
    assert "no base backup" in report["problem"]
