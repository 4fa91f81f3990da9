"""How long processes have run, by the scheduler's own clock."""

from collections.abc import Iterator
from pathlib import Path


def cpu_seconds(root: int) -> float:
    """What a process and its children have run so far (counted in nanoseconds)."""
    total = 0
    for pid in [root, *children(root)]:
        for task in Path(f"/proc/{pid}/task").iterdir():
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def children(pid: int) -> Iterator[int]:
    """With their children."""
    for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
        yield int(child)
        yield from children(int(child))


def name_of(pid: int) -> str:
    return Path(f"/proc/{pid}/comm").read_text().strip()
