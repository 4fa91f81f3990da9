"""The drill with the demo and 20,000 people, while they write; how long it takes is in docs/operations.md."""

import contextlib
import os
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta

import psycopg2
import pytest
from django.conf import settings

from lib.backups import drill as drilling
from lib.backups.drill import drill
from lib.backups.tables import execute
from lib.backups.tests.clusters import backed_up_cluster

pytestmark = [pytest.mark.services, pytest.mark.slow]

PEOPLE = 20_000
STAR = """
    INSERT INTO schedule_bookmark (user_id, talk_id)
    SELECT u.id, t.id FROM tickets_user u, schedule_talk t
    WHERE u.id = {person} AND t.id = (SELECT min(id) FROM schedule_talk)
    ON CONFLICT DO NOTHING
"""
RENAME = "UPDATE tickets_user SET display_name = 'writer {count}' WHERE id = {person}"
SIGN_OUT = "DELETE FROM schedule_bookmark WHERE user_id = {person} - 5"


@pytest.fixture(scope="module")
def cluster():
    with backed_up_cluster() as made:
        variables = os.environ | {"DATABASE_URL": made.url, "REDIS_URL": ""}
        for command in (["migrate", "--verbosity=0"], ["demo", f"--people={PEOPLE}"]):
            manage = [sys.executable, settings.BASE_DIR / "manage.py", *command]
            subprocess.run(manage, env=variables, check=True, capture_output=True)
        made.make_base_backup()
        yield made


class PeopleWhoWrite(threading.Thread):
    """Stars, names and no more stars, until stopped. Knows when each name began and was there."""

    def __init__(self, cluster, first):
        super().__init__()
        self.url, self.first, self.stopped, self.names = cluster.url, first, threading.Event(), []

    def run(self):
        with contextlib.closing(psycopg2.connect(self.url)) as live:
            live.autocommit = True
            count = 0
            while not self.stopped.wait(0.01):
                count += 1
                person = self.first + count
                began = datetime.now(UTC)
                execute(live, RENAME.format(count=count, person=person))
                self.names.append((person, began, datetime.now(UTC)))
                execute(live, STAR.format(person=person))
                execute(live, SIGN_OUT.format(person=person))


def test_all_tables_are_equal_and_a_chosen_second_is_exact(cluster, monkeypatch, promises):
    for name, value in cluster.variables.items():
        monkeypatch.setenv(name, value)
    writer = PeopleWhoWrite(
        cluster, first=cluster.execute("SELECT min(id) FROM tickets_user")[0][0]
    )
    writer.start()
    try:
        report = drill(cluster.places)
        second = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
        time.sleep(2)
    finally:
        writer.stopped.set()
        writer.join()
    assert report["problem"] == ""
    assert [row for row in report["tables"] if not row["is_equal"]] == []
    assert report["is_equal"]
    rows = {row["table"]: row["rows"] for row in report["tables"]}
    assert rows["public.tickets_ticket"] > PEOPLE
    print(report["seconds"], report["base_bytes"], sum(rows.values()), len(rows))
    promises.check("the drill with 20,000 people", report["seconds"]["total"], 60)

    found = {}

    def read_names(restored):
        named = "SELECT id FROM tickets_user WHERE display_name LIKE 'writer %'"
        found["named"] = {row for (row,) in execute(restored, named)}
        return {}

    monkeypatch.setattr(drilling, "read_tables", read_names)
    assert drill(cluster.places, second)["problem"] == ""
    before = {person for person, _began, done in writer.names if done < second}
    after = {person for person, began, _done in writer.names if began > second}
    assert before
    assert after
    assert before <= found["named"]
    assert not after & found["named"]
