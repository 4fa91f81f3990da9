"""How long processes have run, by the scheduler's own clock, and what memory ours had. One that ends
meanwhile, as PostgreSQL's helpers do, has run for no time, has no children and no name.
"""

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path


def cpu_seconds(root: int) -> float:
    """What a process and its children have run so far (counted in nanoseconds)."""
    total = 0
    for pid in [root, *children(root)]:
        with contextlib.suppress(*_ENDED):
            for task in Path(f"/proc/{pid}/task").iterdir():
                total += int((_read(task / "schedstat") or "0").split()[0])
    return total / 1e9


def children(pid: int) -> Iterator[int]:
    """With their children."""
    for child in _read(Path(f"/proc/{pid}/task/{pid}/children")).split():
        yield int(child)
        yield from children(int(child))


def name_of(pid: int) -> str:
    return _read(Path(f"/proc/{pid}/comm")).strip()


def peak_megabytes() -> float:
    """The most memory that this process has had. `getrusage` counts who started it as well."""
    status = _read(Path("/proc/self/status"))
    [kilobytes] = re.findall(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)
    return int(kilobytes) / 1024


_ENDED = (FileNotFoundError, ProcessLookupError)


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except _ENDED:
        return ""
