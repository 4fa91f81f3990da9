"""What reads deploy/ without running it: ansible-lint and gixy, in an environment of their own."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

from tools.deploy_check.machine import Machine
from tools.deploy_check.root import HOME
from tools.deploy_check.site import SITE
from tools.process import NotStarted, run
from tools.stack import PROJECT

# They want newer or older packages than the project has, so they are not in its lock file. gixy-ng is the
# fork of gixy that is maintained.
LINTERS = ("ansible-lint==26.10.1", "gixy-ng==0.2.59")
ENVIRONMENT = HOME / "lint"
DEPLOY = PROJECT / "deploy"
TEMPLATES = "/root/front-row/deploy/roles/nginx/templates"
OTHER = "var/tmp/other-nginx"


def lint_playbook() -> None:
    _make_environment()
    _run("ansible-lint", "--offline", "-q", "--strict", "playbook.yml", "tasks", folder=DEPLOY)


def lint_nginx(machine: Machine) -> None:
    """Act: what the playbook has written for nginx, as gixy sees it, and as it would be for the nginx of this
    machine. Its own nginx has tested it in the playbook.
    """
    _make_environment()
    written = HOME / "nginx-as-written.conf"
    written.write_text(machine.run("nginx", "-T", "-q"))
    _run("gixy", "-l", str(written), folder=HOME)
    if not (nginx := shutil.which("nginx")):
        raise NotStarted("The nginx of this machine is missing: apt install nginx")
    said = subprocess.run([nginx, "-v"], capture_output=True, text=True, check=True).stderr
    version = said.split("/")[1].split()[0]
    machine.run("cp", "--archive", "--no-target-directory", "/etc/nginx", f"/{OTHER}")
    for name in ("site.conf", "catch-all.conf"):
        template = f"src={TEMPLATES}/{name}.j2 dest=/{OTHER}/front-row/{name}"
        variables = f"--extra-vars={json.dumps(_variables(version))}"
        machine.run(
            "ansible", "localhost", "--module-name=template", f"--args={template}", variables
        )
    # Where it looks for its files, this once.
    test = 'mount --bind "$0" /etc/nginx && exec "$1" -t -q'
    run(["unshare", "--mount", "sh", "-c", test, machine.root / OTHER, nginx])
    print(f"         nginx -t by {version} as well", flush=True)


def _variables(version: str) -> dict[str, object]:
    """What the role says of an nginx of that version."""
    numbers = tuple(map(int, version.split(".")))
    return {
        "nginx_addresses": ["", "[::]:"],
        "nginx_new_http2": numbers >= (1, 25, 1),
        "site_hosts": [SITE],
        "environment_variables": {},
    }


def _make_environment() -> None:
    stamp, wanted = ENVIRONMENT / "stamp", "\n".join((sys.version, *LINTERS))
    digest = hashlib.sha256(wanted.encode()).hexdigest()
    if stamp.exists() and stamp.read_text() == digest:
        return
    _run(sys.executable, "-m", "venv", "--clear", str(ENVIRONMENT), folder=PROJECT)
    _run("pip", "install", "--quiet", *LINTERS, folder=PROJECT)
    stamp.write_text(digest)


def _run(program: str, *arguments: str, folder: Path) -> None:
    path = f"{ENVIRONMENT / 'bin'}:{os.environ['PATH']}"
    done = subprocess.run(
        [ENVIRONMENT / "bin" / program, *arguments],
        cwd=folder,
        env=os.environ | {"PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise NotStarted(f"{program} {' '.join(arguments)}:\n{(done.stdout + done.stderr)[-6000:]}")
