"""Act: the certificate that we signed gives way to one of an authority, which is renewed in time; visitors come
in all the while. The authority is pebble, which Let's Encrypt made for such tests, on the machine itself.
"""

import hashlib
import json
import shutil
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from tools.deploy_check.machine import Machine
from tools.deploy_check.root import AUTHORITY
from tools.deploy_check.site import INSTALL, INVENTORY, SITE, see_nothing_changed
from tools.process import NotStarted

HOME, PORT = "/etc/authority", 14000
KEY, CERTIFICATE, CONFIG = f"{HOME}/key.pem", f"{HOME}/certificate.pem", f"{HOME}/config.json"
SETTINGS = {
    "pebble": {
        "listenAddress": f"127.0.0.1:{PORT}",
        "managementListenAddress": "127.0.0.1:15000",
        "certificate": CERTIFICATE,
        "privateKey": KEY,
        # Where it looks for what proves that the name is ours.
        "httpPort": 80,
        "tlsPort": 443,
    }
}
WANTED = {
    "certificate": "acme",
    "acme_server": f"https://localhost:{PORT}/dir",
    "acme_server_ca": CERTIFICATE,
}
RENEWAL = "etc/letsencrypt/renewal/front-row.conf"
TRUST = "etc/systemd/system/certbot.service.d"
RENEWED_AT_ONCE = "renew_before_expiry = 3650 days\n"


def get_certificates(machine: Machine) -> None:
    with authority(machine), visiting(machine) as visitors:
        visitors.see_another_certificate()
        command = (INSTALL, f"/{INVENTORY}", f"--extra-vars={json.dumps(WANTED)}")
        machine.run(*command)
        visitors.see_another_certificate()
        see_nothing_changed(machine.run(*command))
        renew(machine)
        visitors.see_another_certificate()
    if visitors.failures:
        raise NotStarted(f"Visitors did not come in: {visitors.failures}")
    print(f"         visits meanwhile: {visitors.count}, none failed", flush=True)


def renew(machine: Machine) -> None:
    """As certbot's timer does it when the end is near."""
    renewal, folder = machine.root / RENEWAL, machine.root / TRUST
    settings = renewal.read_text()
    renewal.write_text(RENEWED_AT_ONCE + settings)
    folder.mkdir()
    trust = f"[Service]\nEnvironment=REQUESTS_CA_BUNDLE={CERTIFICATE}\n"
    (folder / "authority.conf").write_text(trust)
    machine.run("systemctl", "daemon-reload")
    machine.run("systemctl", "is-active", "certbot.timer")
    machine.run("systemctl", "start", "certbot.service")
    shutil.rmtree(folder)
    machine.run("systemctl", "daemon-reload")
    renewal.write_text(renewal.read_text().replace(RENEWED_AT_ONCE, ""))


@contextmanager
def authority(machine: Machine) -> Iterator[None]:
    machine.run("apt-get", "-qy", "install", "--no-install-recommends", AUTHORITY)
    machine.run("mkdir", "-p", HOME)
    (machine.root / CONFIG.lstrip("/")).write_text(json.dumps(SETTINGS))
    made = f"-x509 -newkey rsa:2048 -noenc -days 2 -subj /CN=localhost -keyout {KEY} -out {CERTIFICATE}"
    machine.run("openssl", "req", *made.split(), "-addext", "subjectAltName=DNS:localhost")
    # It sleeps and refuses now and then, for clients to be tried; ours is certbot.
    kind = ("--setenv=PEBBLE_VA_NOSLEEP=1", "--setenv=PEBBLE_WFE_NONCEREJECT=0")
    machine.run("systemd-run", "--quiet", "--unit=authority", *kind, "pebble", "-config", CONFIG)
    wait = f"until openssl s_client -connect 127.0.0.1:{PORT} </dev/null; do sleep 0.1; done"
    machine.run("timeout", "30", "sh", "-c", wait)
    try:
        yield
    finally:
        machine.run("systemctl", "stop", "authority.service")


class Visitors(Thread):
    """They come one after the other, each by a connection of its own."""

    def __init__(self, machine: Machine) -> None:
        super().__init__(daemon=True)
        self.count = 0
        self.failures: list[str] = []
        self.over = Event()
        self._machine = machine
        self._certificate = self._known = ""

    def run(self) -> None:
        with self._machine.network():
            while not self.over.is_set():
                try:
                    self._certificate = self._visit()
                except OSError as error:
                    self.failures.append(f"{type(error).__name__}: {error}")
                self.count += 1
                time.sleep(0.1)

    def see_another_certificate(self) -> None:
        """Than the last time; nginx reads it soon after it was told to."""
        deadline = time.monotonic() + 30
        while self._certificate == self._known:
            if time.monotonic() > deadline:
                raise NotStarted(f"nginx has not read the new certificate; {self.failures}")
            time.sleep(0.02)
        self._known = self._certificate

    def _visit(self) -> str:
        # Which authority vouches is not asked here: it is another one before and after.
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with (
            socket.create_connection(("127.0.0.1", 443), timeout=30) as link,
            context.wrap_socket(link, server_hostname=SITE) as secure,
        ):
            secure.sendall(f"GET / HTTP/1.0\r\nHost: {SITE}\r\n\r\n".encode())
            status = secure.recv(64).partition(b" ")[2][:3]
            if status != b"200":
                raise OSError(f"answered by {status!r}")
            return hashlib.sha256(secure.getpeercert(binary_form=True) or b"").hexdigest()[:12]


@contextmanager
def visiting(machine: Machine) -> Iterator[Visitors]:
    visitors = Visitors(machine)
    visitors.start()
    try:
        yield visitors
    finally:
        visitors.over.set()
        visitors.join()
