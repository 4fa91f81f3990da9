"""A pytest plugin: the environment that the tests run in, and the servers they run against.

TEST_SERVICES=none tests the embedded default instead, SQLite and the in-process cache.
NO_SKIPS=1 (CI) makes a run fail in which a test was skipped.
"""

import contextlib
import os
from collections.abc import Iterator
from typing import Any

import pytest

from tools.process import interrupt_on_sigterm, temporary_directory
from tools.services import redis, services

servers = pytest.StashKey[contextlib.ExitStack]()

TEST_ENVIRONMENT = {
    "ENV_FILE": "",
    "SECRET_KEY": "only-for-tests-" * 4,
    "DEBUG": "off",
    "HTTPS": "off",
    "ALLOWED_HOSTS": "localhost,127.0.0.1,.localhost,.test,.example.com,.example.org",
    "TRUSTED_PROXIES": "0",
    "ADMIN_PATH": "admin/",
    "EMAIL_URL": "memorymail://",
    "DEFAULT_FROM_EMAIL": "Front Row <noreply@example.com>",
    "RELEASE": "test",
    "SIGN_INS_PER_SECOND": "0",
}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    # The processes of pytest-xdist inherit the environment of the one that started them.
    if "PYTEST_XDIST_WORKER" not in os.environ:
        interrupt_on_sigterm()
        stack = early_config.stash[servers] = contextlib.ExitStack()
        early_config.add_cleanup(stack.close)
        os.environ.update(TEST_ENVIRONMENT)
        directory = stack.enter_context(temporary_directory())
        for name in ("STATIC_ROOT", "MEDIA_ROOT"):
            folder = directory / name
            folder.mkdir()
            os.environ[name] = str(folder)
        # tools.stack.Template
        template = directory / "template"
        template.mkdir(0o711)
        os.environ["STACK_TEMPLATE"] = str(template)
        os.environ["EMERGENCY_FILE"] = str(directory / "emergency.txt")
        if os.environ.get("TEST_SERVICES") == "none":
            os.environ["DATABASE_URL"] = f"sqlite:///{directory}/front-row.sqlite3"
            os.environ["REDIS_URL"] = ""
        else:
            os.environ.update(stack.enter_context(services()))
    return (yield)


def pytest_addoption(parser: pytest.Parser) -> None:
    hold = "fail where something takes longer than promised (make bench); for a machine without other work"
    parser.addoption("--hold-promises", action="store_true", help=hold)


class Promises:
    """What is promised in seconds. Tests note how long it took; the bench insists on it."""

    def __init__(self, config: pytest.Config) -> None:
        self.are_held: bool = config.getoption("--hold-promises")
        self.measured: list[str] = []

    def check(self, what: str, seconds: float, most: float) -> None:
        self.measured.append(f"{what:50}{seconds:8.3f} s of {most:g} s")
        if self.are_held and seconds > most:
            pytest.fail(f"{what}: {seconds:.3f} s, promised are {most:g} s")


promises_key = pytest.StashKey[Promises]()


@pytest.fixture
def promises(request: pytest.FixtureRequest) -> Promises:
    return request.config.stash.setdefault(promises_key, Promises(request.config))


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    if config.getoption("--hold-promises") and (kept := config.stash.get(promises_key, None)):
        terminalreporter.section("what was promised")
        for line in kept.measured:
            terminalreporter.line(line)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_setupnodes(config: pytest.Config, specs: list[Any]) -> None:
    """A Redis for each process of pytest-xdist, as each has a database: they empty it and count."""
    stack = config.stash[servers]
    for spec in specs if os.environ["REDIS_URL"] else ():
        directory = stack.enter_context(temporary_directory())
        spec.env["REDIS_URL"] = stack.enter_context(redis(directory))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Of files with tests in the browser those begin first that wait for what takes its time, so that
    none of them is left for the end, when the other processes have nothing to do."""
    timed = {item.path for item in items if item.get_closest_marker("timed")}
    items.sort(key=lambda item: bool(item.get_closest_marker("browser")) and item.path not in timed)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if os.environ.get("NO_SKIPS") and reporter and reporter.stats.get("skipped"):
        reporter.ensure_newline()
        reporter.write_line("NO_SKIPS is set, and tests were skipped:", red=True)
        for report in reporter.stats["skipped"]:
            reporter.write_line(f"  {report.nodeid}: {report.longrepr[2]}")
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
