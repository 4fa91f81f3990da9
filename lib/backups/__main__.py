"""python -m lib.backups keep           archive the files once a day, and copy away what is new
    python -m lib.backups drill          restore, and compare every table with the live database
    python -m lib.backups drill --at "2026-11-21 10:04:30+01:00"   restore to then, and count
    python -m lib.backups open FOLDER --identity KEY   decrypt what was copied back from away

Exit status 0: done, or equal; 1: not.
"""

import argparse
import fcntl
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

from lib.backups.drill import as_text, drill
from lib.backups.keeping import NotCopied, keep, open_copies
from lib.backups.places import BackupPlaces, as_text_of


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m lib.backups", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("keep")
    drilled = commands.add_parser("drill")
    drilled.add_argument("--at", type=datetime.fromisoformat, metavar="MOMENT")
    drilled.add_argument("--json", action="store_true")
    opened = commands.add_parser("open")
    opened.add_argument("folder", type=Path)
    opened.add_argument("--identity", type=Path, required=True)
    options = parser.parse_args()
    if options.command == "open":
        return _open(options.folder, options.identity)
    places = BackupPlaces.of()
    places.ours.mkdir(parents=True, exist_ok=True)
    with (places.ours / f"{options.command}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if options.command == "keep":
            return _keep(places)
        return _drill(places, options.at, as_json=options.json)


def _keep(places: BackupPlaces) -> int:
    report = keep(places, datetime.now(UTC))
    print(report["problem"] or f"{report['copied']} files copied away.")
    return 1 if report["problem"] else 0


def _drill(places: BackupPlaces, at: datetime | None, *, as_json: bool) -> int:
    report = drill(places, at.astimezone(UTC) if at else None)
    if as_json:
        print(json.dumps(report, indent=2, default=as_text_of))
    else:
        print("\n".join(as_text(report)))
    is_good = not report["problem"] and (at is not None or report["is_equal"])
    return 0 if is_good else 1


def _open(folder: Path, identity: Path) -> int:
    try:
        print(f"{open_copies(folder, identity)} files decrypted.")
    except NotCopied as failed:
        print(failed)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
