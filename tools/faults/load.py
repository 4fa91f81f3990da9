"""A light load of people who are signed in, and what came of each of their requests.

About ten requests a second, sent when they are due whether or not the ones before were answered: a
site that makes everybody wait is asked as often as one that does not.
"""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import cycle
from typing import NamedTuple
from urllib.parse import urlencode

from tools.process import NotStarted
from tools.stack import Stack
from tools.visitor import Visitor, own_address

EVERY_SECONDS = 0.1
# Beyond it whoever waits has gone.
PATIENCE_SECONDS = 60
WATCHERS, NEWCOMERS = 8, 1500
PAGES = ("/lobby/", "/schedule/", "/rooms/main/")
# What open pages ask for, in the measure in which they do, and one sign-in a second.
TURN: tuple[str, ...] = (
    "live.json",
    "page",
    "playback",
    "live.json",
    "pulse",
    "page",
    "stranger",
    "sign-in",
)
TURN += ("live.json", "page", "playback", "me.json")
KINDS = ("page", "live.json", "pulse", "playback", "me.json", "sign-in")

# Run in the settings of the site: the sessions of those who watch, of somebody without a ticket, and
# the links of those who will come.
_PEOPLE = f"""
import json
from secrets import token_hex
from schedule.models import Conference
from tickets.models import User
from tools.bench.people import hide_the_programme, newcomers, session_cookies
from tools.bench.sessions import session_key_of
hide_the_programme()
here = Conference.objects.get()
stranger = session_key_of(User.objects.create_user(f"{{token_hex(6)}}@example.com"), here)
print(json.dumps([session_cookies({WATCHERS}), stranger, newcomers({NEWCOMERS})]))
"""


class Sample(NamedTuple):
    """One request. `status` 0: no answer. `began_at` is of the monotonic clock."""

    kind: str
    began_at: float
    seconds: float
    status: int
    is_good: bool


@dataclass(frozen=True)
class Person:
    """Somebody whose page is open: with what their browser sends."""

    host: str
    headers: dict[str, str]
    token: str
    address: str = field(default_factory=own_address)

    @classmethod
    def of(cls, host: str, cookie: str) -> "Person":
        name, _, value = cookie.partition("=")
        visitor = Visitor(host, own_address(), {name: value})
        token = json.loads(visitor.get("/me.json").text)["csrf_token"]
        visitor.close()
        cookies = "; ".join(f"{name}={value}" for name, value in visitor.cookies.items())
        return cls(host, {"Cookie": cookies, "Accept-Encoding": "gzip"}, token)

    def ask(self, path: str, form: dict[str, str] | None = None) -> int:
        link = http.client.HTTPConnection(
            self.host, timeout=PATIENCE_SECONDS, source_address=(self.address, 0)
        )
        try:
            if form is None:
                link.request("GET", path, headers=self.headers)
            else:
                body = urlencode({"csrfmiddlewaretoken": self.token, **form})
                kind = {"Content-Type": "application/x-www-form-urlencoded"}
                link.request("POST", path, body, self.headers | kind)
            answer = link.getresponse()
            answer.read()
            return answer.status
        finally:
            link.close()


class Load:
    """`samples` grows while it runs."""

    def __init__(self, site: Stack) -> None:
        self.host = site.url.removeprefix("http://")
        said = json.loads(site.manage("shell", "-v", "0", "-c", _PEOPLE).splitlines()[-1])
        cookies, stranger, newcomers = said
        self._people = cycle([Person.of(self.host, cookie) for cookie in cookies])
        self._stranger = Person.of(self.host, f"sessionid={stranger}")
        self._links = iter([link for _address, link in newcomers])
        self._pages = cycle(PAGES)
        self.samples: list[Sample] = []

    @contextmanager
    def running(self) -> Iterator[None]:
        """At the end all that was asked has been answered, or nobody waits any more."""
        is_over = threading.Event()
        with ThreadPoolExecutor(max_workers=400) as pool:
            clock = threading.Thread(target=self._tick, args=(pool, is_over))
            clock.start()
            try:
                yield
                if not clock.is_alive():
                    raise NotStarted(
                        "the load ended before the fault: it has no more links to sign in by"
                    )
            finally:
                is_over.set()
                clock.join()

    def _tick(self, pool: ThreadPoolExecutor, is_over: threading.Event) -> None:
        next_at = time.monotonic()
        for kind in cycle(TURN):
            pool.submit(self._ask, kind, *self._errand(kind))
            next_at += EVERY_SECONDS
            if is_over.wait(max(next_at - time.monotonic(), 0)):
                return

    def _errand(self, kind: str) -> tuple[Callable[[], int], tuple[int, ...]]:
        """What is asked, and which answers are right."""
        person = next(self._people)
        match kind:
            case "page":
                path = next(self._pages)
                return lambda: person.ask(path), (200,)
            case "pulse":
                return lambda: person.ask("/pulse/", {"room": "main"}), (200,)
            case "playback":
                return lambda: person.ask("/rooms/main/playback.json"), (200,)
            case "sign-in":
                link = next(self._links)
                return lambda: self._sign_in(link), (302,)
            case "stranger":
                return lambda: self._stranger.ask("/rooms/main/playback.json"), (403,)
        return lambda: person.ask(f"/{kind}"), (200,)

    def _sign_in(self, link: str) -> int:
        visitor = Visitor(self.host, own_address())
        try:
            seen = visitor.get(link)
            return visitor.post(link).status if seen.status == 200 else seen.status
        finally:
            visitor.close()

    def _ask(self, kind: str, errand: Callable[[], int], right: tuple[int, ...]) -> None:
        began_at, status = time.monotonic(), 0
        try:
            status = errand()
        except (OSError, http.client.HTTPException):
            pass
        seconds = time.monotonic() - began_at
        self.samples.append(Sample(kind, began_at, seconds, status, status in right))
