"""A cluster for looking at, restored beside the one that serves: without a port, on a socket of its own,
and stopped where it was told to.
"""

import contextlib
import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg2
from psycopg2.extensions import connection as Connection

from lib.backups.places import BaseBackup
from lib.backups.tables import execute

PORT = 5432  # of a socket, which is a file in the folder
# Of finished parts alone: Debian's program would also take one that is being written, and fail at its end.
GET_WAL = "test -f {wal}/%f.gz -o -f {wal}/%f && /usr/share/postgresql-common/pg_getwal {wal}/%f %p"
REPLAY_SECONDS = 3600
# A server that replays needs as much of these as the one that wrote.
NEEDED = {
    "max_connections setting": "max_connections",
    "max_worker_processes setting": "max_worker_processes",
    "max_wal_senders setting": "max_wal_senders",
    "max_prepared_xacts setting": "max_prepared_transactions",
    "max_locks_per_xact setting": "max_locks_per_transaction",
}
CONFIG = """
listen_addresses = ''
port = {port}
unix_socket_directories = '{folder}'
hba_file = '{folder}/hba.conf'
ident_file = '{folder}/ident.conf'
shared_buffers = 64MB
hot_standby = on
fsync = off
autovacuum = off
jit = off
restore_command = '{get_wal}'
recovery_target_action = 'pause'
"""


class NotRestored(Exception):
    """Says what the server or the command said last."""


class ScratchCluster:
    """`owner` is what subprocess needs to run the server as whoever made the backup: it refuses root."""

    def __init__(self, folder: Path, base: BaseBackup, wal: Path) -> None:
        self.folder, self.base, self.wal = folder, base, wal
        self.data = folder / "data"
        made = wal.stat()
        self.owner: dict[str, Any] = {}
        if os.geteuid() == 0 and made.st_uid:
            self.owner = {"user": made.st_uid, "group": made.st_gid, "extra_groups": []}

    def unpack(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        self.data.mkdir(mode=0o700, parents=True)
        self.folder.chmod(0o700)
        if self.owner:
            for each in (self.folder, self.data):
                os.chown(each, self.owner["user"], self.owner["group"])
        for archive, into in (("base", self.data), ("pg_wal", self.data / "pg_wal")):
            source = self.base.folder / f"{archive}.tar.gz"
            self._run(["tar", "--extract", f"--file={source}", f"--directory={into}"])

    def configure(self, target: Mapping[str, str]) -> None:
        config = CONFIG.format(port=PORT, folder=self.folder, get_wal=GET_WAL.format(wal=self.wal))
        known = dict(
            re.findall(
                r"^(.+?): +(.+)$",
                self._run([self._binary("pg_controldata"), "-D", self.data]),
                re.M,
            )
        )
        settings = {setting: known[label] for label, setting in NEEDED.items()} | dict(target)
        config += "".join(f"{name} = '{value}'\n" for name, value in settings.items())
        (self.data / "postgresql.conf").write_text(config)
        (self.data / "postgresql.auto.conf").write_text("")
        (self.data / "recovery.signal").touch()
        # Nobody else can reach the folder of the socket.
        (self.folder / "hba.conf").write_text("local all all trust\n")
        (self.folder / "ident.conf").touch()

    @contextlib.contextmanager
    def running(self, database: str, user: str) -> Iterator[Connection]:
        """Until the end of the block; there when all is replayed that was asked for."""
        log = self.folder / "log"
        command = [str(self._binary("postgres")), "-D", str(self.data)]
        environment = {"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin", "TZ": "UTC"}
        with log.open("wb") as output:
            server: subprocess.Popen[bytes] = subprocess.Popen(
                command, stdout=output, stderr=output, cwd=self.data, env=environment, **self.owner
            )
        try:
            with contextlib.closing(self._replayed(server, database, user)) as connection:
                yield connection
        finally:
            server.terminate()
            try:
                server.wait(30)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()

    def _replayed(self, server: subprocess.Popen[bytes], database: str, user: str) -> Connection:
        deadline = time.monotonic() + REPLAY_SECONDS
        while server.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(psycopg2.OperationalError):
                connection = psycopg2.connect(
                    host=str(self.folder), port=PORT, dbname=database, user=user
                )
                connection.autocommit = True
                if execute(connection, "SELECT pg_get_wal_replay_pause_state()") == [("paused",)]:
                    return connection
                connection.close()
            time.sleep(0.1)
        raise NotRestored((self.folder / "log").read_text(errors="replace").strip()[-800:])

    def remove(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def _binary(self, name: str) -> Path:
        version = (self.data / "PG_VERSION").read_text().strip()
        return Path("/usr/lib/postgresql") / version / "bin" / name

    def _run(self, command: list[Any]) -> str:
        environment = {"LC_ALL": "C", "PATH": "/usr/bin:/bin"}
        done: subprocess.CompletedProcess[str] = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, **self.owner
        )
        if done.returncode:
            raise NotRestored(f"{Path(command[0]).name}: {done.stderr.strip()[-800:]}")
        return done.stdout
