"""How gunicorn serves Front Row: `make run`, `make stack` and production, each with this file.

What differs between them comes from environment variables, or from the file that ENV_FILE names, as for
the app:

    GUNICORN_BIND            127.0.0.1:$PORT (8000), or unix:/run/front-row/a.sock behind nginx; not
                             asked where systemd hands over a socket (deploy/systemd/)
    WEB_CONCURRENCY          processes; 1, or the number of cores where there is Redis
    GUNICORN_THREADS         threads in each process; 8
    GUNICORN_CONTROL_SOCKET  a path of its own for each instance; none when empty
"""

import json
import logging
import os
import re
import signal
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path

from gunicorn.glogging import Logger

PROJECT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(PROJECT))

from portal.environment import read_env_file  # noqa: E402  # found by the line before

read_env_file("ENV_FILE", default=PROJECT / ".env")

# gunicorn itself says that it is ready before any worker has loaded the app.
systemd_listens_at = os.environ.pop("NOTIFY_SOCKET", "")


def number(name: str, default: int) -> int:
    """What is no number ends the start with a sentence."""
    value = os.environ.get(name) or str(default)
    if not re.fullmatch(r"[1-9][0-9]{0,4}", value):
        sys.exit(f"{name} is {value!r}, but must be a whole number, for example {name}={default}")
    return int(value)


bind = os.environ.get("GUNICORN_BIND") or f"127.0.0.1:{number('PORT', 8000)}"

# Threads, not asyncio: the same views under ASGI cost four to six times the CPU. Threads let a
# process go on while one request waits for the database; processes are what uses the cores.
worker_class = "gthread"
# One process unless told otherwise, because the in-process cache is then one for everybody.
workers = number("WEB_CONCURRENCY", 1)
# Each thread keeps a database connection: instances x workers x threads has to stay below
# PostgreSQL's max_connections (100).
threads = number("GUNICORN_THREADS", 8)

# Without preloading every worker imports the code of one release whole. With it, views are imported
# after the fork and middleware before, so that a reload mixes two releases.
preload_app = False
# Nothing leaks that we know of; a worker that grows is the memory limit's affair (systemd), and a
# worker that starts anew in the middle of a keynote makes people wait while it imports.
max_requests = 0

# With threads this does not end a slow request, only a process whose main thread hangs.
timeout = 30
# A stop waits this long for requests that are being answered; nginx gives up after 30 s too.
graceful_timeout = 30
# Only for browsers that talk to us directly: nginx opens a connection for each request, because a
# kept one that closes under a POST is an error which nginx may not repair by sending it again.
keepalive = 5

# The heartbeat of the workers is a file; on a busy disk it would block them.
worker_tmp_dir = "/dev/shm" if Path("/dev/shm").is_dir() else None  # noqa: S108

# By default every gunicorn of a user has the same control socket: the second takes it from the
# first, and the first removes the second's when it stops.
control_socket = os.environ.get("GUNICORN_CONTROL_SOCKET") or ""
control_socket_disable = not control_socket

# nginx writes the access log, and leaves out of it what names a person or opens a door.
accesslog = None
errorlog = "-"


class Line(logging.Formatter):
    """Of the main process, as the app writes its own (portal/observing/logs.py), whose code the main
    process does not load: it outlives a release."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["exception"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)


class Lines(Logger):
    """Not by `logconfig_dict`, which switches the access log on, with every query string in it."""

    def setup(self, cfg: object) -> None:
        super().setup(cfg)
        if not sys.stderr.isatty():
            for handler in self.error_log.handlers:
                handler.setFormatter(Line())


logger_class = Lines


def post_worker_init(worker: object) -> None:
    """Leave Ctrl-C to the main process. A terminal sends it to the workers as well, and a worker
    that is told twice to quit may lock itself up (about once in fifty times) and hold the stop.

    Then tell systemd: what serves the release before this one is stopped only after that."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if systemd_listens_at:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as link:
            link.sendto(b"READY=1", systemd_listens_at.replace("@", "\0", 1))
