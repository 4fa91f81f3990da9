"""A pretix from PyPI on this machine, in an environment of its own below var/try-pretix."""

import contextlib
import os
import shutil
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any, Self

from tools.process import answers, on_free_port, run, running
from tools.stack import PROJECT
from tools.try_pretix.talk import Talk

HOME = PROJECT / "var" / "try-pretix"
PYTHON = HOME / "venv" / "bin" / "python"
# A database as pretix' migrations make it; they take more than a minute.
EMPTY_DATABASE = HOME / "empty.sqlite3"
CONFIG = """
[pretix]
instance_name = trial
url = {url}
datadir = {folder}
registration = off
loglevel = ERROR
# Without it pretix calls no webhook on this machine.
allow_http_to_private_networks = on
[django]
secret = trial
[database]
backend = sqlite3
name = {folder}/pretix.sqlite3
"""
SELL = "import django; django.setup(); from tools.try_pretix import seller; seller.main()"


def install(version: str) -> str:
    """Whatever is there of that version already is taken as it is. Returns which one it is."""
    stamp = HOME / "version"
    if not stamp.exists() or not _fits(stamp.read_text(), version):
        shutil.rmtree(HOME, ignore_errors=True)
        HOME.mkdir(parents=True)
        wanted = f"pretix=={version}" if version else "pretix"
        print(f"Installing {wanted} …", flush=True)
        run([sys.executable, "-m", "venv", HOME / "venv"])
        run([PYTHON, "-m", "pip", "install", "--quiet", wanted])
        print("Making its database …", flush=True)
        with tempfile.TemporaryDirectory() as folder:
            environment = configured(Path(folder), "http://localhost")
            run([PYTHON, "-m", "pretix", "migrate"], env=environment, cwd=folder)
            shutil.move(Path(folder) / "pretix.sqlite3", EMPTY_DATABASE)
        tell = "from importlib.metadata import version; print(version('pretix'), end='')"
        stamp.write_bytes(run([PYTHON, "-c", tell]))
    return stamp.read_text()


def _fits(installed: str, version: str) -> bool:
    return not version or installed == version


def configured(folder: Path, url: str) -> dict[str, str]:
    """The environment of a pretix that keeps all it writes in that folder."""
    config = folder / "pretix.cfg"
    config.write_text(CONFIG.format(url=url, folder=folder))
    return {
        "PATH": os.environ["PATH"],
        "PRETIX_CONFIG_FILE": str(config),
        "DJANGO_SETTINGS_MODULE": "pretix.settings",
        "PYTHONPATH": str(PROJECT),
    }


class Pretix:
    """A running pretix for as long as a `with` block lasts, and somebody in it who sells."""

    url: str

    def __enter__(self) -> Self:
        with contextlib.ExitStack() as stack:
            self._folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            shutil.copy(EMPTY_DATABASE, self._folder / "pretix.sqlite3")
            self.url = on_free_port(stack, self._server)
            talk = Talk([PYTHON, "-c", SELL], cwd=self._folder, env=self._environment)
            self.ask = stack.enter_context(talk).ask
            self._exit = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._exit.close()

    @contextlib.contextmanager
    def _server(self, port: int) -> Any:
        url = f"http://127.0.0.1:{port}"
        self._environment = configured(self._folder, url)
        command = [PYTHON, "-m", "pretix", "runserver", "--noreload", f"127.0.0.1:{port}"]
        is_ready = partial(answers, ("127.0.0.1", port))
        with running(
            command,
            self._folder / "pretix.log",
            lambda _: is_ready(),
            env=self._environment,
            cwd=self._folder,
        ):
            yield url
