"""A cluster with backups as Debian's units make them: the same programs with the same arguments."""

import contextlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg2

from lib.backups.places import STAMP, BackupPlaces
from lib.backups.tables import execute
from tools.process import on_free_port, run, running, temporary_directory, unprivileged_user
from tools.services import postgres

# What deploy/roles/postgresql sets.
SETTINGS = "wal_level = logical"
BINARIES = max(Path("/usr/lib/postgresql").glob("*/bin"), default=Path())


class BackedUpCluster:
    def __init__(self, url: str, places: BackupPlaces, variables: dict[str, str]) -> None:
        self.url, self.places, self.variables = url, places, variables
        self.user = unprivileged_user()

    def execute(self, *statements: str) -> list[tuple[Any, ...]]:
        """What the last one answers."""
        with contextlib.closing(psycopg2.connect(self.url)) as live:
            live.autocommit = True
            return [execute(live, each) for each in statements][-1]

    def make_base_backup(self) -> None:
        """As pg_backupcluster does; what counts is the status at the end."""
        started = datetime.now(UTC)
        folder = self.places.cluster / f"{started.strftime(STAMP)}.backup"
        run(
            [
                BINARIES / "pg_basebackup",
                "--format=tar",
                "--gzip",
                "--checkpoint=fast",
                "-D",
                folder,
            ],
            env=self.variables,
            **self.user,
        )
        (folder / "status").touch()

    @contextlib.contextmanager
    def receiving_wal(self) -> Iterator[None]:
        command = [BINARIES / "pg_receivewal", "--directory", self.places.wal, "--slot=wal"]
        run([*command, "--create-slot", "--if-not-exists"], env=self.variables, **self.user)
        log = self.places.ours / "receivewal.log"
        with running(
            [*command, "--compress=5"],
            log,
            lambda _process: any(self.places.wal.iterdir()),
            env=self.variables,
            **self.user,
        ):
            yield


@contextlib.contextmanager
def backed_up_cluster() -> Iterator[BackedUpCluster]:
    with temporary_directory() as folder, contextlib.ExitStack() as stack:
        url = on_free_port(stack, partial(postgres, folder, settings=SETTINGS))
        parts = urlsplit(url)
        variables = {
            "PATH": os.environ["PATH"],
            "PGHOST": str(parts.hostname),
            "PGPORT": str(parts.port),
            "PGUSER": str(parts.username),
            "PGPASSWORD": str(parts.password),
        }
        places = BackupPlaces(
            cluster=folder / "15-main",
            ours=folder / "ours",
            files=(),
            keys=folder / "keys",
            away="",
            away_days=30,
            database="front_row",
        )
        user = unprivileged_user()
        for each in (places.cluster, places.wal, places.ours):
            each.mkdir()
            if user:
                os.chown(each, user["user"], user["group"])
        cluster = BackedUpCluster(url, places, variables)
        with cluster.receiving_wal():
            yield cluster
