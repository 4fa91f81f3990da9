"""The lock files: the versions that requirements*.txt name, all that these need, and their hashes.

    python -m tools.lock              makes them, and keeps what is locked where it still fits
    python -m tools.lock --upgrade    takes the newest of what requirements*.txt do not pin
    python -m tools.lock --check      fails when requirements*.txt have changed since

They fit every Python and system that Front Row runs on. pip installs nothing from them that has
another hash or is not listed. The head of each says which lines it was made from, so that checking
needs no network.
"""

import argparse
import hashlib
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# Each with what it is made from. The tests run on the versions that production has.
LOCKS = {
    "requirements.lock": ["requirements.txt"],
    "requirements-dev.lock": ["requirements-dev.txt", "requirements.txt", "requirements.lock"],
}
OLDEST_PYTHON = "3.12"


def stale_locks(folder: Path) -> list[str]:
    """Those that are missing, or were made from other lines than stand there now."""
    return [
        lock
        for lock in LOCKS
        if not all((folder / name).is_file() for name in [lock, *LOCKS[lock]])
        or _origin(folder, lock) not in (folder / lock).read_text()
    ]


def make_locks(folder: Path, *, upgrade: bool) -> None:
    for lock, (requirements, *others) in LOCKS.items():
        constraints = [f"--constraint={name}" for name in others if name.endswith(".lock")]
        command = [sys.executable, "-m", "uv", "pip", "compile", requirements, *constraints]
        command += ["--quiet", "--universal", f"--python-version={OLDEST_PYTHON}"]
        command += ["--generate-hashes", "--no-strip-extras", "--annotation-style=line"]
        command += [f"--custom-compile-command=make lock, {_origin(folder, lock)}"]
        command += [f"--output-file={lock}", *(["--upgrade"] if upgrade else [])]
        subprocess.run(command, cwd=folder, check=True)


def _origin(folder: Path, lock: str) -> str:
    """Comments and empty lines do not count."""
    lines = [
        line
        for name in LOCKS[lock]
        for text in (folder / name).read_text().splitlines()
        if (line := text.partition("#")[0].strip())
    ]
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    return f"from {', '.join(LOCKS[lock])} with sha256 {digest}"


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tools.lock", description="Makes the lock files."
    )
    parser.add_argument("--check", action="store_true", help="only say whether they are up to date")
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions")
    options = parser.parse_args()
    if not options.check:
        make_locks(PROJECT, upgrade=options.upgrade)
    stale = stale_locks(PROJECT)
    for lock in stale:
        print(f"{lock}:1: not made from the present {' and '.join(LOCKS[lock])}; run `make lock`")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
