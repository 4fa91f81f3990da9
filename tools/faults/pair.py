"""Two app servers behind one nginx, each with a way of its own to PostgreSQL and to Redis."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from tools.faults.link import Link
from tools.faults.machines import Machines
from tools.stack import gunicorn

# nginx takes what it has in hand to its end before it has all of the new configuration.
RELOAD_SECONDS = 1.0


class AppServer:
    """`database` and `redis` are its ways to them."""

    def __init__(self, machines: Machines, directory: Path) -> None:
        directory.mkdir()
        self._machines, self.directory = machines, directory
        database, redis = urlsplit(machines.database_url), urlsplit(machines.redis_url)
        self.database = Link((database.hostname or "", database.port or 0), ("127.0.0.1", 0))
        self.redis = Link(redis.path, str(directory / "redis.sock"))
        self._stack = contextlib.ExitStack()
        for link in (self.database, self.redis):
            self._stack.enter_context(link)
        self._variables = {
            "DATABASE_URL": machines.database_url.replace(
                f":{database.port}/", f":{self.database.address[1]}/"
            ),
            "REDIS_URL": machines.redis_url.replace(redis.path, str(self.redis.address)),
            "WEB_CONCURRENCY": "1",
        }
        self._process = contextlib.ExitStack()
        self.start()

    def close(self) -> None:
        self._process.close()
        self._stack.close()

    def start(self) -> None:
        env = self._machines.site.env | self._variables
        self.process: subprocess.Popen[bytes] = self._process.enter_context(
            gunicorn(self.directory, "portal.wsgi:application", env)
        )

    def stop(self) -> None:
        """After what it has in hand."""
        self._process.close()


@contextlib.contextmanager
def pair(machines: Machines) -> Iterator[None]:
    """`machines.pair` are the two, in the place of the one that was there."""
    directory = machines.site.log.parent
    upstream = directory / "nginx" / "front-row" / "upstream.conf"
    before = upstream.read_text()
    with contextlib.ExitStack() as stack:
        for name in ("a", "b"):
            server = AppServer(machines, directory / f"{name}{time.monotonic_ns()}")
            stack.callback(server.close)
            machines.pair.append(server)
        stack.callback(machines.pair.clear)
        addresses = [
            f"    server unix:{server.directory}/app.sock max_fails=1 fail_timeout=5s;"
            for server in machines.pair
        ]
        upstream.write_text("\n".join(["upstream app {", *addresses, "}", ""]))
        _reload(machines)
        try:
            yield
        finally:
            upstream.write_text(before)
            _reload(machines)


def _reload(machines: Machines) -> None:
    machines.site.nginx.send_signal(signal.SIGHUP)
    time.sleep(RELOAD_SECONDS)
