"""Servers of our own for as long as a `with` block lasts, with nothing left behind."""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

START_SECONDS = 60
STOP_SECONDS = 20


class NotStarted(Exception):
    """A server or the preparation for it failed, or took too long; says what it wrote."""


def run(command: list[Any], **options: Any) -> bytes:
    """What the command wrote to stdout; raises NotStarted with all it wrote when it fails."""
    done: subprocess.CompletedProcess[bytes] = subprocess.run(
        command, capture_output=True, check=False, **options
    )
    if done.returncode:
        written = (done.stdout + done.stderr).decode(errors="replace")
        raise NotStarted(f"{' '.join(map(str, command))} failed:\n{written}")
    return done.stdout


@contextlib.contextmanager
def running(
    command: list[Any],
    log: Path,
    is_ready: Callable[[subprocess.Popen[bytes]], bool],
    *,
    stop_signal: signal.Signals = signal.SIGTERM,
    **options: Any,
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a server until the end of the block; in a session of its own, so that Ctrl-C reaches
    only us and the order of stopping is ours."""
    with log.open("wb") as output:
        server = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            **options,
        )
    try:
        deadline = time.monotonic() + START_SECONDS
        while not is_ready(server):
            if server.poll() is not None or time.monotonic() > deadline:
                raise NotStarted(f"{log.stem} did not start:\n{log.read_text()[-2000:]}")
            time.sleep(0.02)
        yield server
    finally:
        server.send_signal(stop_signal)
        try:
            server.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def answers(address: str | tuple[str, int]) -> bool:
    """Whether an HTTP server there, or on that unix socket, can do its work: not a 5xx."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with contextlib.suppress(OSError), socket.socket(family) as link:
        link.settimeout(5)
        link.connect(address)
        link.sendall(b"GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n")
        return link.recv(16)[8:10] in (b" 2", b" 3", b" 4")
    return False


@contextlib.contextmanager
def temporary_directory() -> Iterator[Path]:
    """A short path that other users can pass through: PostgreSQL and nginx run as other users, and
    the path of a unix socket may have about 100 characters."""
    directory = Path(tempfile.mkdtemp(prefix="front-row-", dir="/tmp"))  # noqa: S108
    try:
        directory.chmod(0o711)
        yield directory
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def unprivileged_user() -> dict[str, Any]:
    """What subprocess needs to run a server as somebody else, since PostgreSQL refuses root."""
    if os.geteuid() != 0:
        return {}
    names = {entry.pw_name: entry for entry in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def interrupt_on_sigterm() -> None:
    """Make SIGTERM and a closed terminal end the program as Ctrl-C does: with all clean-up."""

    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)


def on_free_port[T](
    stack: contextlib.ExitStack, start: Callable[[int], AbstractContextManager[T]]
) -> T:
    for _ in range(3):
        with socket.create_server(("127.0.0.1", 0)) as probe:
            port = probe.getsockname()[1]
        try:
            return stack.enter_context(start(port))
        except NotStarted as error:  # between the look and the start somebody took the port
            failure = error
    raise failure
