"""A machine of its own: systemd-nspawn boots a root with systemd as its first process. Its network is
its own too, with nothing in it but itself, so every port is free and nothing gets out.
"""

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

from tools.process import NotStarted, running
from tools.stack import PROJECT

BOOTED = (b"running", b"degraded")
TOOLS = ("git", "mmdebstrap", "systemd-nspawn", "nsenter", "unshare")


def why_not() -> str:
    """Why this machine cannot boot another one; empty when it can."""
    if os.geteuid() != 0:
        return "only root can boot a machine"
    if missing := [tool for tool in TOOLS if not shutil.which(tool)]:
        return f"{', '.join(missing)} is missing: apt install git mmdebstrap systemd-container"
    apart = ["unshare", "--mount", "--uts", "--ipc", "--net", "--pid", "--fork", "true"]
    tried = subprocess.run(apart, capture_output=True, text=True, check=False)
    if tried.returncode:
        return f"processes cannot be kept apart here: {tried.stderr}"
    commit = ["git", "-C", str(PROJECT), "rev-parse", "HEAD"]
    tried = subprocess.run(commit, capture_output=True, text=True, check=False)
    return (
        f"what is tried is a commit, and git gives none: {tried.stderr}" if tried.returncode else ""
    )


class Machine:
    """A booted root. `log` is what its console says."""

    def __init__(self, root: Path, nspawn: subprocess.Popen[bytes]) -> None:
        self.root = root
        self._nspawn = nspawn

    def run(self, *command: str, log: Path | None = None) -> str:
        """What the command wrote there as root; raises NotStarted with its end when it fails."""
        done = self._run(command)
        written = done.stdout.decode(errors="replace")
        if log:
            log.write_text(written)
        if done.returncode:
            raise NotStarted(f"{' '.join(command)} failed:\n{written[-6000:]}")
        return written

    @contextlib.contextmanager
    def network(self) -> Iterator[None]:
        """Within the block what this thread does, and what it starts, is in the machine's network."""
        with open("/proc/thread-self/ns/net") as ours, open(f"/proc/{self._leader}/ns/net") as its:
            os.setns(its.fileno(), os.CLONE_NEWNET)
            try:
                yield
            finally:
                os.setns(ours.fileno(), os.CLONE_NEWNET)

    def is_booted(self) -> bool:
        return bool(self._leader) and self._run(
            ["systemctl", "is-system-running"]
        ).stdout.strip() in (BOOTED)

    def _run(self, command: Sequence[str]) -> subprocess.CompletedProcess[bytes]:
        variables = ["HOME=/root", "LANG=C.UTF-8", "PATH=/usr/local/sbin:/usr/sbin:/usr/bin:/bin"]
        enter = ["nsenter", "--target", self._leader, "--mount", "--uts", "--ipc", "--net", "--pid"]
        return subprocess.run(
            ["env", "-i", *variables, *enter, "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )

    @property
    def _leader(self) -> str:
        """Its first process, as this machine numbers it."""
        pid = self._nspawn.pid
        with contextlib.suppress(FileNotFoundError):
            return Path(f"/proc/{pid}/task/{pid}/children").read_text().partition(" ")[0]
        return ""


@contextlib.contextmanager
def booted(root: Path) -> Iterator[Machine]:
    """For as long as the block lasts; it is shut down in order."""
    # Not registered with the systemd of this machine, which may have none.
    command = ["systemd-nspawn", "--register=no", "--keep-unit", "--boot", "--quiet"]
    command += [f"--directory={root}", "--private-network", "--console=pipe"]
    command += ["--hostname=front-row"]
    with running(
        command, root.with_suffix(".log"), lambda nspawn: Machine(root, nspawn).is_booted()
    ) as nspawn:
        yield Machine(root, nspawn)
