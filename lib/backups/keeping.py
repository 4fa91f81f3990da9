"""Every few minutes: archives the files once a day, and copies away what is new, sealed to a key of which
this machine has the public half only. Whoever takes over the machine cannot read what was copied away.
"""

import subprocess
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from lib.backups.places import STAMP, BackupPlaces, archived_at, write_report

SEALED = ".age"
# Until it is whole.
PART = ".part"
ARCHIVE_EVERY = timedelta(hours=20)
ARCHIVES_KEPT = 7
# Nothing is removed from away unless a base backup has come in this time: what is there is then the last.
FRESH = timedelta(days=2)
REPORT = "kept.json"


class NotCopied(Exception):
    """Says what age or rclone said."""


def keep(places: BackupPlaces, at: datetime) -> dict[str, Any]:
    problem, copied = "", 0
    try:
        archive_files(places, at)
    except OSError as failed:
        # The database's own backups leave the machine all the same.
        problem = str(failed)
    if places.away:
        try:
            copied = copy_away(places)
            remove_old(places, at)
        except NotCopied as failed:
            problem = str(failed)
    bases, dumps, archives = places.whole("backup"), places.whole("dump"), places.archives()
    report = {
        "at": at,
        "base_at": bases[-1].ended_at if bases else None,
        "base_bytes": bases[-1].bytes if bases else 0,
        "dump_at": dumps[-1].ended_at if dumps else None,
        "files_at": archived_at(archives[-1]) if archives else None,
        "is_copied_away": bool(places.away),
        "copied": copied,
        "problem": problem,
    }
    write_report(places.ours / REPORT, report)
    return report


def archive_files(places: BackupPlaces, at: datetime) -> None:
    there = places.archives()
    if there and at - archived_at(there[-1]) < ARCHIVE_EVERY:
        return
    archive = places.ours / "files" / f"{at.strftime(STAMP)}.tar.gz"
    archive.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    # The next try takes the place of one that failed.
    part = archive.with_name(f"unfinished{PART}")
    names = [str(path.relative_to("/")) for path in places.files if path.exists()]
    command = ["tar", "--create", "--gzip", f"--file={part}", "--directory=/", *names]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    # 1: a file has changed while it was read, which the next day's archive has whole.
    if done.returncode > 1:
        raise OSError(f"tar: {done.stderr.strip()}")
    part.replace(archive)
    for old in places.archives()[:-ARCHIVES_KEPT]:
        old.unlink()


def copy_away(places: BackupPlaces) -> int:
    """What is not there yet. How many files that were."""
    listed = _said(
        ["rclone", "lsf", "--recursive", "--files-only", places.away], missing_is_empty=True
    )
    there = set(listed.splitlines())
    new = [(path, name) for path, name in places.to_copy() if name + SEALED not in there]
    for path, name in new:
        _copy(path, f"{places.away}/{name}{SEALED}", places.keys)
    return len(new)


def _copy(path: Path, to: str, keys: Path) -> None:
    """Without a sealed copy on this disk. What has its name is whole."""
    sealing = ["age", "--encrypt", f"--recipients-file={keys}", str(path)]
    sending = ["rclone", "rcat", to + PART]
    with (
        subprocess.Popen(sealing, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as age,
        subprocess.Popen(sending, stdin=age.stdout, stderr=subprocess.PIPE) as rclone,
    ):
        if age.stdout:
            age.stdout.close()  # so that age learns of it when rclone has ended
        said = rclone.communicate()[1], age.communicate()[1]
    # When rclone ends early, age fails too, and rclone knows why.
    for name, process, words in (("rclone", rclone, said[0]), ("age", age, said[1])):
        if process.returncode:
            raise NotCopied(f"{name}: {_last_line(words.decode(errors='replace'))}")
    _said(["rclone", "moveto", to + PART, to])


def remove_old(places: BackupPlaces, at: datetime) -> None:
    bases = places.whole("backup")
    if bases and at - bases[-1].ended_at < FRESH:
        _said(["rclone", "delete", f"--min-age={places.away_days}d", places.away])


def open_copies(folder: Path, identity: Path) -> int:
    """Beside each sealed file in the folder the file itself. How many that were."""
    sealed = sorted(folder.rglob(f"*{SEALED}"))
    for path in sealed:
        plain = path.with_name(path.name.removesuffix(SEALED))
        _said(["age", "--decrypt", f"--identity={identity}", f"--output={plain}", str(path)])
    return len(sealed)


def _said(command: Iterable[str], *, missing_is_empty: bool = False) -> str:
    done = subprocess.run([*command], capture_output=True, text=True, check=False)
    # rclone's 3: there is no such folder, as before the first copy.
    if done.returncode and not (missing_is_empty and done.returncode == 3):
        raise NotCopied(f"{next(iter(command))}: {_last_line(done.stderr)}")
    return done.stdout


def _last_line(said: str) -> str:
    return said.strip().rpartition("\n")[2][:300]
