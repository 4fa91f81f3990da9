"""A bare Debian 13 below var/deploy-check, and beside it what an installation would download.

The machine that is made of it has no network. So the packages of Debian lie in apt's cache, and those
of PyPI in a folder that pip is told of; both are fetched once for each lock file and list.
"""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

from tools.process import run
from tools.stack import PROJECT

HOME = PROJECT / "var" / "deploy-check"
SUITE = "trixie"
# An authority for certificates, for tests: who wants one of its own plays it (certificates.py).
AUTHORITY = "pebble"
# What a rented server has from the start.
BARE = ("systemd", "systemd-sysv", "dbus", "ca-certificates", "iproute2", "git", "openssh-server")
VARIABLES = PROJECT / "deploy" / "roles" / "base" / "defaults" / "main.yml"
LOCK = PROJECT / "requirements.lock"
WHEELS = "var/cache/wheels"
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")


def make_root(folder: Path) -> None:
    """A fresh one, there."""
    base = _base()
    shutil.rmtree(folder, ignore_errors=True)
    run(["cp", "--archive", "--reflink=auto", base, folder])
    # As if just fetched, or the playbook would want to fetch them again.
    (folder / "var/lib/apt/lists").touch()


def _base() -> Path:
    base, stamp = HOME / "base", HOME / "stamp"
    packages = [*BARE, "ansible-core", "python3-apt", "systemd-timesyncd", AUTHORITY, *_packages()]
    content = "\n".join([SUITE, *packages, LOCK.read_text(), Path(__file__).read_text()])
    digest = hashlib.sha256(content.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return base
    stamp.unlink(missing_ok=True)
    shutil.rmtree(base, ignore_errors=True)
    HOME.mkdir(parents=True, exist_ok=True)
    print("Making a bare Debian 13 …", flush=True)
    included = f"--include={','.join((*BARE, 'python3-venv'))}"
    run(["mmdebstrap", "--variant=minbase", included, SUITE, base])
    shutil.copy("/etc/resolv.conf", base / "etc/resolv.conf")
    print("Fetching packages …", flush=True)
    fetch = ["apt-get", "-qy", "install", "--no-install-recommends", "--download-only"]
    run(["chroot", base, "apt-get", "-q", "update"])
    run(["chroot", base, *fetch, *packages])
    _fetch_wheels(base)
    (base / "etc/resolv.conf").unlink()
    (base / "etc/machine-id").write_text("")
    stamp.write_text(digest)
    return base


def _packages() -> list[str]:
    """The list `packages`; there is no other one in that file."""
    return re.findall(r"^  - ([a-z0-9.-]+)$", VARIABLES.read_text(), re.MULTILINE)


def _fetch_wheels(base: Path) -> None:
    """For its own Python, and the newest Ansible with them."""
    wheels = base / WHEELS
    wheels.mkdir(parents=True)
    shutil.copy(LOCK, wheels)
    # This machine may reach PyPI through one that has an authority of its own.
    shutil.copy(CERTIFICATES, base / CERTIFICATES.relative_to("/"))
    pip = f"/opt/venv/bin/pip download -q -d /{WHEELS}"
    script = f"""
        set -e
        python3 -m venv /opt/venv
        {pip} --only-binary=:all: --require-hashes -r /{WHEELS}/{LOCK.name}
        {pip} --only-binary=:all: ansible-core
        rm -r /opt/venv
    """
    # A folder of wheels that this machine has is not in there.
    variables = {name: value for name, value in os.environ.items() if name != "PIP_FIND_LINKS"}
    subprocess.run(["chroot", base, "sh", "-c", script], check=True, env=variables)
    (base / "etc/pip.conf").write_text(f"[global]\nno-index = true\nfind-links = /{WHEELS}\n")
