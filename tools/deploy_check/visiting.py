"""Many open pages on the installed site, and what came of each of their requests.

Each is a browser as far as the server sees it: a session, one TLS connection that is kept and made anew when
the server has closed it, `/live.json` every ten seconds, a pulse that is posted every half minute, and now and then
another page. A thousand of them ask for about 170 things a second.
"""

import asyncio
import json
import random
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import NamedTuple
from urllib.parse import urlencode

from tools.deploy_check.machine import Machine
from tools.deploy_check.site import SITE
from tools.process import NotStarted

PAGES = ("/lobby/", "/schedule/", "/me.json", "/speakers/")
# Between two requests of one page; of each six, three are for live.json and two are posts.
PAUSE_SECONDS = 6
TURN = ("/live.json", "/pulse/", "/live.json", "page", "/live.json", "/pulse/")
PATIENCE_SECONDS = 60
CERTIFICATE = "etc/nginx/front-row-tls/current/fullchain.pem"

# Run in the site: sessions of people with a ticket each.
_PEOPLE = """
import json
from schedule.models import Conference
from tickets.models import Claim, Product, Ticket, User
from tools.bench.sessions import session_key_of
here = Conference.objects.get()
product, _made = Product.objects.get_or_create(
    conference=here, name="Open page", defaults={{"scopes": ["conference"]}}
)
keys = []
for number in range({count}):
    user, made = User.objects.get_or_create(email=f"page-{{number}}@people.example.com")
    if made:
        ticket = Ticket.objects.create(
            conference=here, code=user.email, product=product, holder_email=user.email
        )
        Claim.objects.create(ticket=ticket, user=user)
    keys.append(session_key_of(user, here))
print(json.dumps(keys))
"""


class Sample(NamedTuple):
    """`status` 0: no answer."""

    path: str
    seconds: float
    status: int


class Figures:
    """Of what was asked in one part of the time."""

    def __init__(self, samples: list[Sample]) -> None:
        self.samples = samples
        self.failed = [sample for sample in samples if sample.status != 200]
        self.longest = max((sample.seconds for sample in samples), default=0.0)

    def __str__(self) -> str:
        waited = sorted(sample.seconds for sample in self.samples)
        most = waited[int(len(waited) * 0.95)] if waited else 0.0
        return (
            f"{len(self.samples)} requests, {len(self.failed)} failed, 95 of 100 within {most:.2f} s,"
            f" longest {self.longest:.2f} s"
        )


class Visits:
    def __init__(self) -> None:
        self.samples: list[Sample] = []

    @contextmanager
    def counted(self, part: str) -> Iterator[Figures]:
        """What is yielded is filled, and printed, at the end of the block."""
        first, figures = len(self.samples), Figures([])
        began = time.monotonic()
        yield figures
        figures.__init__(self.samples[first:])  # type: ignore[misc]  # filled where it was given
        print(f"{time.monotonic() - began:6.1f} s  {part}: {figures}", flush=True)


@contextmanager
def visiting(machine: Machine, pages: int) -> Iterator[Visits]:
    said = machine.run("front-row", "shell", "-v", "0", "-c", _PEOPLE.format(count=pages))
    keys = json.loads(said.splitlines()[-1])
    visits, is_over = Visits(), threading.Event()
    context = ssl.create_default_context(cafile=machine.root / CERTIFICATE)
    with machine.network():
        thread = threading.Thread(
            target=lambda: asyncio.run(_visit(keys, context, visits, is_over))
        )
        thread.start()
    try:
        yield visits
        if not thread.is_alive():
            raise NotStarted("the visitors have gone before the end")
    finally:
        is_over.set()
        thread.join()


async def _visit(
    keys: list[str], context: ssl.SSLContext, visits: Visits, is_over: threading.Event
) -> None:
    pages = [asyncio.create_task(_Page(key, context, visits).stay_open()) for key in keys]
    while not is_over.is_set() and not any(page.done() for page in pages):
        await asyncio.sleep(0.2)
    for page in pages:
        page.cancel()
    for ended in await asyncio.gather(*pages, return_exceptions=True):
        if isinstance(ended, Exception):
            raise ended


class _Page:
    def __init__(self, key: str, context: ssl.SSLContext, visits: Visits) -> None:
        self._cookie = f"__Host-sessionid={key}"
        self._context, self._visits = context, visits
        self._token = ""
        self._link: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def stay_open(self) -> None:
        # They have not all been opened in the same second.
        await asyncio.sleep(random.uniform(0, PAUSE_SECONDS))  # noqa: S311
        head, body = await self._ask("/me.json")
        self._token = json.loads(body)["csrf_token"]
        for line in head.split("\r\n"):
            if line.lower().startswith("set-cookie: ") and "csrf" in line:
                self._cookie += "; " + line.partition(": ")[2].partition(";")[0]
        number = random.randrange(len(TURN))  # noqa: S311
        while True:
            began = time.monotonic()
            path = TURN[number % len(TURN)]
            path = random.choice(PAGES) if path == "page" else path  # noqa: S311
            status = 0
            with suppress(OSError, asyncio.IncompleteReadError, TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    head, _body = await self._ask(path)
                status = int(head.split(" ", 2)[1])
            if not status:
                self._link = None
            self._visits.samples.append(Sample(path, time.monotonic() - began, status))
            number += 1
            await asyncio.sleep(random.uniform(0.5, 1.5) * PAUSE_SECONDS)  # noqa: S311

    async def _ask(self, path: str) -> tuple[str, bytes]:
        """Head and body of the answer."""
        if self._link is None or self._link[0].at_eof():
            if self._link:
                self._link[1].close()
            self._link = await asyncio.open_connection(
                "127.0.0.1", 443, ssl=self._context, server_hostname=SITE
            )
        reader, writer = self._link
        form = urlencode({"csrfmiddlewaretoken": self._token}) if path == "/pulse/" else ""
        lines = [f"{'POST' if form else 'GET'} {path} HTTP/1.1", f"Host: {SITE}"]
        lines += [f"Cookie: {self._cookie}", f"Origin: https://{SITE}", f"Referer: https://{SITE}/"]
        if form:
            lines += ["Content-Type: application/x-www-form-urlencoded"]
            lines += [f"Content-Length: {len(form)}"]
        writer.write(("\r\n".join(lines) + f"\r\n\r\n{form}").encode())
        await writer.drain()
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        return head, await self._body(reader, head.lower())

    async def _body(self, reader: asyncio.StreamReader, head: str) -> bytes:
        if "transfer-encoding: chunked" not in head:
            length = head.partition("content-length: ")[2].partition("\r\n")[0]
            return await reader.readexactly(int(length or 0))
        body = b""
        while size := int(await reader.readline(), 16):
            body += (await reader.readexactly(size + 2))[:size]
        await reader.readline()
        return body
