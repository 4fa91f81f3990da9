"""deploy/take-certificate.sh: certificate and key change at once."""

import subprocess

import pytest

from tools.stack import PROJECT

LIVE = "../../letsencrypt/live/front-row"


@pytest.fixture
def machine(tmp_path):
    """Its nginx has the certificate that we signed, and certbot has another one."""
    tls = tmp_path / "etc" / "nginx" / "front-row-tls"
    for folder in (tls / "self-signed", tls / LIVE):
        folder.mkdir(parents=True)
        for name in ("fullchain.pem", "privkey.pem"):
            (folder / name).write_text(folder.name)
    (tls / "current").symlink_to("self-signed")
    (tmp_path / "systemctl").write_text("#!/bin/sh\n")
    (tmp_path / "systemctl").chmod(0o755)
    return tmp_path


def what_nginx_has(machine):
    current = machine / "etc" / "nginx" / "front-row-tls" / "current"
    return {(current / name).read_text() for name in ("fullchain.pem", "privkey.pem")}


def take(machine, lines=None):
    """The script, or its first lines, as if it had been killed after them."""
    script = (PROJECT / "deploy" / "take-certificate.sh").read_text()
    script = script.replace("/etc/nginx", f"{machine}/etc/nginx")
    env = {"PATH": f"{machine}:/usr/bin:/bin"}
    part = "\n".join(script.splitlines()[:lines])
    subprocess.run(["sh", "-c", part], check=True, env=env)
    return len(script.splitlines())


def test_nginx_never_has_a_key_of_another_certificate(machine):
    for lines in range(1, take(machine, 1) + 1):
        take(machine, lines)
        assert len(what_nginx_has(machine)) == 1
    assert what_nginx_has(machine) == {"front-row"}


def test_again_after_it_was_killed(machine):
    (machine / "etc" / "nginx" / "front-row-tls" / "current.new").symlink_to("nowhere")
    for _time in range(2):
        take(machine)
        assert what_nginx_has(machine) == {"front-row"}
