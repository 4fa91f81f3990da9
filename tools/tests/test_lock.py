import ast
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions

import pytest

from tools import lock
from tools.lock import LOCKS, PROJECT, stale_locks

RUNS = ["portal", "streaming", "tickets", "schedule", "lib"]
# Named in commands and settings, not imported.
PROGRAMS_AND_DRIVERS = {"gunicorn", "psycopg2-binary"}


@pytest.fixture
def folder(tmp_path):
    for path in [*PROJECT.glob("requirements*.txt"), *PROJECT.glob("requirements*.lock")]:
        shutil.copy(path, tmp_path)
    return tmp_path


def change(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


def test_the_locks_are_up_to_date():
    assert stale_locks(PROJECT) == []


@pytest.mark.parametrize(
    ("file", "old", "new", "stale"),
    [
        (
            "requirements.txt",
            "Django==",
            "Django==0.",
            ["requirements.lock", "requirements-dev.lock"],
        ),
        ("requirements.txt", "[mfa,", "[", ["requirements.lock", "requirements-dev.lock"]),
        ("requirements.txt", "qrcode==", "#", ["requirements.lock", "requirements-dev.lock"]),
        ("requirements-dev.txt", "ruff==", "ruff==0.", ["requirements-dev.lock"]),
        ("requirements.lock", "\nasgiref==", "\nasgiref==0.", ["requirements-dev.lock"]),
        ("requirements.txt", "# PostgreSQL", "# the truth", []),
    ],
)
def test_what_changes_makes_locks_stale(folder, file, old, new, stale):
    change(folder / file, old, new)
    assert stale_locks(folder) == stale


def test_a_missing_lock_is_stale(folder):
    (folder / "requirements.lock").unlink()
    assert stale_locks(folder) == list(LOCKS)


def test_the_check_fails_and_says_what_to_do(folder, monkeypatch, capsys):
    monkeypatch.setattr(lock, "PROJECT", folder)
    monkeypatch.setattr(sys, "argv", ["lock", "--check"])
    assert lock.main() == 0
    change(folder / "requirements-dev.txt", "ruff==", "ruff==0.")
    assert lock.main() == 1
    assert (
        "requirements-dev.lock:1: not made from the present requirements-dev.txt and"
        in capsys.readouterr().out
    )


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_has_a_hash_for_everything_and_nothing_of_the_machine_that_made_it(name):
    text = (PROJECT / name).read_text()
    entries = re.split(r"\n(?=[a-z])", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE))
    assert len(entries) > 30
    for entry in entries:
        assert re.fullmatch(r"[a-z][^\n]+==[^\n]+ \\\n(    --hash=sha256:\w{64}( \\)?\n?)+", entry)
    assert "/" not in text


def listed():
    lines = (PROJECT / "requirements.txt").read_text().splitlines()
    return {re.split(r"[\[=]", line)[0] for line in lines if not line.startswith("#")}


def imported():
    packages = packages_distributions()
    paths = [path for folder in RUNS for path in (PROJECT / folder).rglob("*.py")]
    for path in paths:
        if "tests" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.level == 0:
                names = [node.module]
            for name in names:
                yield from packages.get(name.partition(".")[0], [])


@pytest.mark.slow
def test_what_runs_lists_what_it_imports_and_imports_what_it_lists():
    # cryptography is what the extra of PyJWT is.
    assert "PyJWT[crypto]" in (PROJECT / "requirements.txt").read_text()
    assert listed() == (set(imported()) | PROGRAMS_AND_DRIVERS) - {"cryptography"}
    assert 12 <= len(listed()) <= 18


@pytest.mark.slow
def test_time_zones_are_there_where_the_system_has_none():
    done = subprocess.run(
        [sys.executable, "-c", "import zoneinfo; print(zoneinfo.ZoneInfo('Europe/Berlin'))"],
        env={"PYTHONTZPATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "Europe/Berlin\n"
    assert "\ntzdata==" in (PROJECT / "requirements.lock").read_text()
