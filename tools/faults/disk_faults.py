"""A disk that is full, under one of those who write. Needs root: the disk is a small tmpfs."""

import contextlib
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from tools.faults.fault import Fault
from tools.faults.machines import Machines
from tools.process import NotStarted, run

FILLING = "filling"


@contextlib.contextmanager
def disk(folder: Path, megabytes: int) -> Iterator[None]:
    """A disk of its own at `folder`, with what was in it."""
    if os.geteuid() != 0:
        raise NotStarted("Only root can mount the small disk that becomes full: run it with sudo.")
    aside = folder.with_name(f"{folder.name}.aside")
    owner, mode = folder.stat(), folder.stat().st_mode & 0o7777
    folder.rename(aside)
    folder.mkdir()
    options = f"size={megabytes}m,mode={mode:o},uid={owner.st_uid},gid={owner.st_gid}"
    run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder])
    run(["cp", "-a", f"{aside}/.", folder])
    shutil.rmtree(aside)
    try:
        yield
    finally:
        # What still has files open there keeps them: a lazy end, of a disk that nobody needs again.
        run(["cp", "-a", folder, aside])
        run(["umount", "--lazy", folder])
        folder.rmdir()
        aside.rename(folder)


@contextlib.contextmanager
def full(folder: Path) -> Iterator[None]:
    filling = folder / FILLING
    with contextlib.suppress(OSError), filling.open("wb", buffering=0) as file:
        while True:
            file.write(bytes(4096))
    try:
        yield
    finally:
        filling.unlink()


def _media(machines: Machines) -> Path:
    return Path(machines.site.env["MEDIA_ROOT"])


def _cache(machines: Machines) -> Path:
    return machines.site.log.parent / "nginx" / "cache"


def _data(machines: Machines) -> Path:
    return Path(f"/proc/{machines.postgres}/cwd").readlink()


def media_disk(machines: Machines) -> AbstractContextManager[None]:
    return disk(_media(machines), 16)


def cache_disk(machines: Machines) -> AbstractContextManager[None]:
    return disk(_cache(machines), 16)


@contextlib.contextmanager
def database_disk(machines: Machines) -> Iterator[None]:
    data = _data(machines)
    with contextlib.ExitStack() as stack:
        with machines.stopped("postgres", signal.SIGINT):
            stack.enter_context(disk(data, 400))
        try:
            yield
        finally:
            with machines.stopped("postgres", signal.SIGINT):
                stack.close()


def media_full(machines: Machines) -> AbstractContextManager[None]:
    return full(_media(machines))


def cache_full(machines: Machines) -> AbstractContextManager[None]:
    return full(_cache(machines))


def database_full(machines: Machines) -> AbstractContextManager[None]:
    return full(_data(machines))


FAULTS = {
    "disk-full-database": Fault("the database's disk full", database_full, before=database_disk),
    "disk-full-media": Fault("the disk of uploads full", media_full, before=media_disk),
    "disk-full-nginx": Fault("the disk of nginx' cache full", cache_full, before=cache_disk),
}
