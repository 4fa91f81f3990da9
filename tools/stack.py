"""The production shape on this machine: nginx, gunicorn on a unix socket, workers, PostgreSQL, Redis.

    python -m tools.stack [--port 8000] [--workers 2] [--tls] [-- DEMO ARGUMENTS…]

Uses deploy/*.conf and deploy/gunicorn.conf.py as they are, with a demo conference; where nginx has
its RTMP module, with our own origin of streams. All that is written goes to a temporary directory.
Tests and `make bench` use it as `with Stack() as site:`.
"""

import argparse
import contextlib
import fcntl
import json
import os
import secrets
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import IO, Any, Self, cast
from urllib.parse import urlsplit

from tools.nginx import nginx
from tools.origin import Origin, rtmp_module
from tools.process import (
    NotStarted,
    answers,
    interrupt_on_sigterm,
    on_free_port,
    run,
    running,
    temporary_directory,
)
from tools.services import postgres, services

PROJECT = Path(__file__).resolve().parent.parent
QUEUES = ("mail", "default")
# In one process, whose start is a third of the work of each.
FOUND = """
from django.core.management import call_command
call_command("migrate", verbosity=0)
call_command("collectstatic", interactive=False, verbosity=0)
call_command("demo")
"""
# Each line is a program, which finds nothing kept of the ones before it.
CONSOLE = """
import json, sys, traceback
from django.db import connections
from lib import cached
for line in sys.stdin:
    here, failure = {}, ""
    try:
        exec(json.loads(line), here)
    except Exception:
        failure = traceback.format_exc()
    connections.close_all()
    cached.clear()
    print(json.dumps([here.get("answer"), failure]), flush=True)
"""


class Template:
    """What stacks begin with that have the usual demo and no variables that ask for other tables: the
    database and the static files, made in `folder` by whoever is the first to ask. The others wait
    for it, in other processes as well.

    secret_key   seals what is secret in the demo
    demo_output  what `manage.py demo` said
    """

    def __init__(self, folder: Path) -> None:
        self.static = folder / "static"
        self.cluster = folder / "cluster"
        made = folder / "made.json"
        with (folder / "lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not made.exists():
                made.write_text(json.dumps(self._make(folder)))
        self.secret_key, self.demo_output = json.loads(made.read_text())

    def _make(self, folder: Path) -> tuple[str, str]:
        env = os.environ | environment(folder)
        make_folders(folder, "mail", "media", "static")
        with contextlib.ExitStack() as stack:
            url = on_free_port(stack, partial(postgres, folder))
            env |= {"DATABASE_URL": url, "REDIS_URL": ""}
            demo_output = manage(env, "shell", "--no-imports", "--command", FOUND)
        data = folder / f"postgres-{urlsplit(url).port}"
        data.rename(self.cluster)
        Path(f"{data}.password").rename(f"{self.cluster}.password")
        return env["SECRET_KEY"], demo_output


class Stack:
    """A running installation for as long as a `with` block lasts.

    url          where nginx answers, without a slash at the end
    env          the environment variables that the app runs with
    certificate  with TLS, what vouches for it
    mail_dir     where each mail becomes a file
    gunicorn     the main process; its children are the workers
    nginx        the same
    background   the workers of the queues "mail" and "default"
    log          what gunicorn and the app wrote
    origin       where encoders send to, if it was asked for
    demo_output  what `manage.py demo` said, with how to sign in
    """

    url: str
    env: dict[str, str]
    certificate: Path
    mail_dir: Path
    gunicorn: subprocess.Popen[bytes]
    nginx: subprocess.Popen[bytes]
    background: list[subprocess.Popen[bytes]]
    log: Path
    origin: Origin | None
    demo_output: str = ""

    def __init__(
        self,
        *,
        demo: Sequence[str] | None = (),
        app: str = "portal.wsgi:application",
        workers: int | None = None,
        port: int | None = None,
        background: bool = False,
        variables: Mapping[str, str] | None = None,
        origin: bool = False,
        tls: bool = False,
        template: Template | None = None,
    ) -> None:
        """`demo` are arguments for `manage.py demo`, None leaves the database empty; `workers` is
        the number of cores unless given, `port` any free one. With `background` mails and the
        like are left to workers. `variables` win over `env`; `origin` needs nginx' RTMP module.
        With `tls` it is as on a real host, by a certificate that only certificate.pem vouches for.
        With `template` it starts sooner.
        """
        self._demo = demo
        self._app = app
        self._workers = workers or os.cpu_count() or 1
        self._port = port
        self._has_workers = background
        self._variables = dict(variables or {})
        self._has_origin = origin
        self._has_tls = tls
        self._template = template

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._directory = stack.enter_context(temporary_directory())
            self.certificate = self._directory / "certificate.pem"
            self.mail_dir = self._directory / "mail"
            self.log = self._directory / "gunicorn.log"
            template = self._template
            if template:
                (self._directory / "static").symlink_to(template.static)
                make_folders(self._directory, "mail", "media")
            else:
                make_folders(self._directory, "mail", "media", "static")
            servers = stack.enter_context(services(template.cluster if template else None))
            self.origin = Origin(self._directory) if self._has_origin else None
            servers |= self.origin.variables if self.origin else {}
            self.env = os.environ | self._environment() | servers | self._variables
            if template is None:
                self.manage("migrate", "--verbosity", "0")
                self.manage("collectstatic", "--no-input", "--verbosity", "0")
            self.gunicorn = stack.enter_context(gunicorn(self._directory, self._app, self.env))
            start_nginx = partial(
                nginx,
                self._directory,
                self.env["ADMIN_PATH"],
                origin=self.origin,
                tls=self._has_tls,
            )
            if self._port:
                self.url, self.nginx = stack.enter_context(start_nginx(self._port))
            else:
                self.url, self.nginx = on_free_port(stack, start_nginx)
            self.background = [
                stack.enter_context(worker(self._directory, queue, self.env))
                for queue in QUEUES
                if self._has_workers
            ]
            self.env["PORT"] = self.url.rpartition(":")[2]
            self.env.setdefault("LOOPBACK_URL", self.url)
            if template is not None:
                self.demo_output = template.demo_output
            elif self._demo is not None:
                self.demo_output = self.manage("demo", *self._demo)
            self._console: Callable[[str], Any] | None = None
            self._exit = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    def manage(self, *arguments: str) -> str:
        """What `manage.py ARGUMENTS` wrote to stdout; raises NotStarted when it fails."""
        return manage(self.env, *arguments)

    def run(self, code: str) -> Any:
        """What the Python code, run inside the installation, has put into `answer`. By one process
        for all of it: starting `manage.py shell` costs a second of the processor each time."""
        if self._console is None:
            self._console = self._exit.enter_context(console(self.env))
        return self._console(code)

    def _environment(self) -> dict[str, str]:
        of_its_own = {
            "HTTPS": "on" if self._has_tls else "off",
            "WEB_CONCURRENCY": str(self._workers),
            "HAS_WORKER": "on" if self._has_workers else "off",
        }
        if self._template:
            of_its_own["SECRET_KEY"] = self._template.secret_key
        return environment(self._directory) | of_its_own


def environment(directory: Path) -> dict[str, str]:
    """Of an installation that writes there (make_folders)."""
    return {
        "ENV_FILE": "",
        "SECRET_KEY": secrets.token_urlsafe(50),
        "DEBUG": "off",
        "HTTPS": "off",
        "ALLOWED_HOSTS": "localhost,127.0.0.1,.localhost",
        "TRUSTED_PROXIES": "1",
        "ADMIN_PATH": "admin/",
        "EMAIL_URL": f"filemail://{directory}/mail",
        "DEFAULT_FROM_EMAIL": "Front Row <noreply@localhost>",
        "STATIC_ROOT": str(directory / "static"),
        "MEDIA_ROOT": str(directory / "media"),
        "EMERGENCY_FILE": str(directory / "emergency.txt"),
        "RELEASE": "",
    }


def make_folders(directory: Path, *names: str) -> None:
    for folder in names:
        (directory / folder).mkdir()
        (directory / folder).chmod(0o755)  # nginx reads as another user


def manage(env: Mapping[str, str], *arguments: str) -> str:
    """What `manage.py ARGUMENTS` wrote to stdout; raises NotStarted when it fails."""
    command = [sys.executable, "manage.py", *arguments]
    return run(command, cwd=PROJECT, env=env, umask=0o022).decode()


@contextlib.contextmanager
def gunicorn(
    directory: Path, app: str, env: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Serve `app` on the unix socket app.sock in `directory`, as deploy/gunicorn.conf.py says."""
    address = directory / "app.sock"
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py", app]
    with running(
        command,
        directory / "gunicorn.log",
        lambda _: answers(str(address)),
        cwd=PROJECT,
        env={**env, "GUNICORN_BIND": f"unix:{address}"},
    ) as process:
        yield process


@contextlib.contextmanager
def worker(
    directory: Path, queue: str, env: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    log = directory / f"worker-{queue}.log"
    command = [sys.executable, "manage.py", "worker", "--queue", queue]

    def is_ready(_: object) -> bool:
        return "is ready" in log.read_text()

    with running(command, log, is_ready, cwd=PROJECT, env=env) as process:
        yield process


@contextlib.contextmanager
def console(env: Mapping[str, str]) -> Iterator[Callable[[str], Any]]:
    command = [sys.executable, "manage.py", "shell", "--no-imports", "--command", CONSOLE]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=PROJECT, env=env, **pipes) as process:
        programs, answers = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)

        def run(code: str) -> Any:
            programs.write(json.dumps(code) + "\n")
            programs.flush()
            answer, failure = json.loads(answers.readline())
            if failure:
                raise RuntimeError(failure)
            return answer

        try:
            yield run
        finally:
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.stack", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--port", type=int, help="any free one unless given")
    parser.add_argument("--tls", action="store_true", help="with a certificate of its own making")
    parser.add_argument("--workers", type=int, help="as many as there are cores unless given")
    parser.add_argument("demo", nargs="*", help="arguments for manage.py demo")
    options = parser.parse_args()
    interrupt_on_sigterm()
    print("Starting PostgreSQL, Redis, gunicorn, workers and nginx …", flush=True)
    with Stack(
        demo=options.demo,
        background=True,
        workers=options.workers,
        port=options.port,
        variables={"EMAIL_URL": "consolemail://"},
        origin=rtmp_module() is not None,
        tls=options.tls,
    ) as site:
        print(site.demo_output)
        if site.origin:
            print(f"Encoders send to {site.origin.rtmp_url}; the keys are in the rooms' forms.")
        print(f"Front Row is on {site.url}/. Ctrl-C stops it.", flush=True)
        # What the app and the workers write, login codes among it.
        logs = [site.log, *site.log.parent.glob("worker-*.log")]
        subprocess.run(["tail", "-q", "-n", "+1", "-f", *logs], check=False)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print()
    except NotStarted as error:
        sys.exit(str(error))
