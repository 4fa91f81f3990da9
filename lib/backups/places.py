"""Where things are, as the environment says (deploy/roles/backups), and what lies there."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple, Self

STAMP = "%Y-%m-%dT%H%M%SZ"
SEGMENT = re.compile(r"[0-9A-F]{24}\.gz|[0-9A-F]{8}\.history(\.gz)?")


class BaseBackup(NamedTuple):
    """A whole copy of the cluster, which is consistent from `ended_at` on."""

    folder: Path
    ended_at: datetime

    @property
    def bytes(self) -> int:
        return sum(each.stat().st_size for each in self.folder.iterdir())


class BackupPlaces(NamedTuple):
    """`cluster` is filled by Debian's units, `ours` by this package. `away` is where rclone copies to;
    "": nowhere.
    """

    cluster: Path
    ours: Path
    files: tuple[Path, ...]
    keys: Path
    away: str
    away_days: int
    database: str

    @classmethod
    def of(cls, variables: Mapping[str, str] = os.environ) -> Self:
        return cls(
            cluster=Path(variables["BACKUP_CLUSTER"]),
            ours=Path(variables["BACKUP_FOLDER"]),
            files=tuple(
                Path(each) for each in variables.get("BACKUP_FILES", "").split(":") if each
            ),
            keys=Path(variables.get("BACKUP_KEYS", "/etc/front-row/backup-keys")),
            away=variables.get("BACKUP_AWAY", ""),
            away_days=int(variables.get("BACKUP_AWAY_DAYS", "30")),
            database=variables.get("BACKUP_DATABASE", "frontrow"),
        )

    @property
    def wal(self) -> Path:
        return self.cluster / "wal"

    def whole(self, suffix: str) -> list[BaseBackup]:
        """The oldest first, without those that were interrupted: they have no status."""
        found = []
        for folder in sorted(self.cluster.glob(f"*.{suffix}")):
            status = folder / "status"
            if status.exists():
                # What it says of the end, each version of Debian writes in another way.
                ended_at = datetime.fromtimestamp(status.stat().st_mtime, UTC)
                found.append(BaseBackup(folder, ended_at))
        return found

    def archives(self) -> list[Path]:
        """Of the files, the oldest first."""
        return sorted(self.ours.glob("files/*.tar.gz"))

    def to_copy(self) -> Iterator[tuple[Path, str]]:
        """All that is finished, each with its name away. What a base backup needs comes before it."""
        for path in self.archives():
            yield path, f"files/{path.name}"
        for path in sorted(self.wal.glob("*")):
            if SEGMENT.fullmatch(path.name):
                yield path, f"wal/{path.name}"
        for backup in (*self.whole("backup"), *self.whole("dump")):
            for path in sorted(backup.folder.iterdir()):
                yield path, f"{backup.folder.name}/{path.name}"


def archived_at(archive: Path) -> datetime:
    return datetime.strptime(archive.name.removesuffix(".tar.gz"), STAMP).replace(tzinfo=UTC)


def write_report(path: Path, report: Mapping[str, Any]) -> None:
    """Whole or not at all, since doctor reads it at any time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_text(json.dumps(report, indent=2, default=as_text_of))
    part.chmod(0o644)
    part.replace(path)


def as_text_of(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
