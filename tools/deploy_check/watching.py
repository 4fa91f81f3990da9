"""Act: what was installed does its work. The organizer takes the first password, a second factor and the
steps of the guides; then the holder of a ticket watches, in a real browser, and nobody else does.
"""

import base64
import csv
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from playwright.sync_api import Browser, Page

from tickets.mail.tests.fake_relay import FakeRelay, fake_relay
from tools.browser import chromium, wait_until
from tools.deploy_check.machine import Machine
from tools.deploy_check.site import SITE
from tools.process import NotStarted

# As the inventory of this check has them.
ORGANIZER, RELAY_PORT = "you@example.org", 2525
HOLDER, STRANGER = "ada@example.com", "sam@example.net"
CERTIFICATE = "etc/nginx/front-row-tls/current/fullchain.pem"
STREAM = f"https://{SITE}/static/demo/picture.m3u8"
ROOM = "Main hall"
PLAYS = "() => document.querySelector('#player video')?.currentTime > 1"


def watch(machine: Machine) -> None:
    with machine.network(), fake_relay(RELAY_PORT) as relay, browser_for(machine) as browser:
        bring_programme(machine)
        with page_of(browser) as page:
            set_stream(page, machine)
        bring_ticket(machine)
        link = mailed(relay, HOLDER, rf"https://{re.escape(SITE)}/\S+")
        with page_of(browser) as page:
            room = come_in_and_watch(page, link)
        with page_of(browser) as page:
            see_nobody_else_in(page, room, relay)


@contextmanager
def browser_for(machine: Machine) -> Iterator[Browser]:
    """It finds the site at the machine itself, and trusts its certificate and no other one."""
    certificate = x509.load_pem_x509_certificate((machine.root / CERTIFICATE).read_bytes())
    encoding, form = serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    digest = hashes.Hash(hashes.SHA256())
    digest.update(certificate.public_key().public_bytes(encoding, form))
    key = base64.b64encode(digest.finalize()).decode()
    with chromium(
        f"--host-resolver-rules=MAP {SITE} 127.0.0.1",
        f"--ignore-certificate-errors-spki-list={key}",
    ) as browser:
        yield browser


@contextmanager
def page_of(browser: Browser) -> Iterator[Page]:
    """Of somebody who has not been here before."""
    context = browser.new_context(base_url=f"https://{SITE}")
    yield context.new_page()
    context.close()


def bring_programme(machine: Machine) -> None:
    """One talk, which is on."""
    now = datetime.now(UTC)
    talk = ["NOW", "How stars begin", _hours(now, -1), _hours(now, 2), ROOM]
    header = ["code", "title", "start", "end", "room"]
    _import(machine, "import_schedule", [header, talk])


def bring_ticket(machine: Machine) -> None:
    _import(machine, "import_tickets", [["code", "email"], ["T-1", HOLDER]])
    machine.run("front-row", "send_links")


def _hours(now: datetime, hours: int) -> str:
    return (now + timedelta(hours=hours)).isoformat(timespec="minutes")


def _import(machine: Machine, command: str, rows: list[list[str]]) -> None:
    file = Path("var/tmp") / f"{command}.csv"
    with (machine.root / file).open("w", newline="") as output:
        csv.writer(output).writerows(rows)
    machine.run("front-row", command, f"/{file}")


def set_stream(page: Page, machine: Machine) -> None:
    """As the superuser whom the playbook has made, who needs a second factor first."""
    password = (machine.root / "etc/front-row/first-password").read_text().strip()
    page.goto("/accounts/login/password/?next=/admin/")
    page.get_by_label("E-mail").fill(ORGANIZER)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/accounts/2fa/")
    page.goto("/accounts/2fa/totp/activate/")
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Confirm").click()
    secret = base64.b32decode(page.locator("#authenticator_secret").input_value())
    app = TOTP(secret, 6, hashes.SHA1(), 30)  # noqa: S303 - as authenticator apps do
    page.get_by_label("Authenticator code").fill(app.generate(int(time.time())).decode())
    page.get_by_role("button", name="Activate").click()
    page.goto("/admin/streaming/stream/rooms/")
    page.get_by_label(f"{ROOM}: Primary").fill(STREAM)
    page.locator("[name=adds_hosts]").first.check()
    page.get_by_role("button", name="Show what would change").first.click()
    page.get_by_role("button", name="Apply").click()
    page.locator(".messagelist .success").wait_for()


def mailed(relay: FakeRelay, address: str, pattern: str) -> str:
    """What of a mail to that address is like the pattern."""
    found: list[str] = []

    def has_come() -> bool:
        bodies = [_text(mail) for mail in relay.received if address in mail["To"]]
        found.extend(match[0] for body in bodies if (match := re.search(pattern, body)))
        return bool(found)

    wait_until(has_come, f"a mail to {address}")
    return found[-1]


def _text(mail: EmailMessage) -> str:
    body: Any = mail.get_body(("plain",))
    return str(body.get_content())


def come_in_and_watch(page: Page, link: str) -> str:
    """Returns the address of the room, when more than a second of its picture was seen."""
    page.goto(link)
    page.get_by_role("button", name="Come in").click()
    page.wait_for_url("**/lobby/")
    page.get_by_role("link", name=ROOM).first.click()
    page.wait_for_url("**/rooms/*/")
    page.wait_for_function(PLAYS)
    return page.url


def see_nobody_else_in(page: Page, room: str, relay: FakeRelay) -> None:
    """Neither who is not signed in nor who has no ticket gets the page or the address of a stream."""
    page.goto(room)
    see_refused(page, f"{room}playback.json", 401)
    page.get_by_label("E-mail").fill(STRANGER)
    page.get_by_role("button", name="Send").click()
    page.locator("input[autocomplete=one-time-code]").fill(mailed(relay, STRANGER, r"\d{4}-\d{4}"))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(room)
    see_refused(page, f"{room}playback.json", 403)
    see_refused(page, room, 403)


def see_refused(page: Page, address: str, status: int) -> None:
    ask = (
        "async (address) => { const r = await fetch(address); return [r.status, await r.text()]; }"
    )
    answered, text = page.evaluate(ask, address)
    if answered != status or "m3u8" in text:
        raise NotStarted(f"A stranger asked for {address}: {answered}\n{text[:2000]}")
