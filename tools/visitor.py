"""A person with a browser, as far as coming in needs one: cookies, forms, and patience in a line."""

import http.client
import re
import time
from dataclasses import dataclass, field
from itertools import count
from urllib.parse import urlencode

from tools.process import NotStarted

_numbers = count(1)
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')


def own_address() -> str:
    """One of this machine's that nobody else comes from."""
    high, low = divmod(next(_numbers), 250)
    return f"127.1.{high % 250}.{low + 1}"


@dataclass
class Answer:
    status: int
    location: str
    text: str


@dataclass
class Visitor:
    """`waited` counts how often a page asked to come back later. `address` is where the visitor comes
    from, any of 127.0.0.0/8 on Linux, since nginx counts by it.
    """

    host: str
    address: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    waited: int = 0

    def __post_init__(self) -> None:
        self._connection = http.client.HTTPConnection(
            self.host, timeout=60, source_address=(self.address, 0) if self.address else None
        )
        self._token = ""

    def get(self, path: str) -> Answer:
        answer = self._ask("GET", path)
        if found := _TOKEN.search(answer.text):
            self._token = found[1]
        return answer

    def post(self, path: str, **fields: str) -> Answer:
        """The form of the page that was seen last."""
        return self._ask("POST", path, urlencode({"csrfmiddlewaretoken": self._token, **fields}))

    def submit(self, path: str, **fields: str) -> Answer:
        """Open the page with the form and send it, in line if there is one. Raises NotStarted when
        the answer leads nowhere.
        """
        self.get(path)
        while True:
            answer = self.post(path, **fields)
            if answer.status == 302:
                return answer
            if answer.status != 503:
                raise NotStarted(f"POST {path.split('/')[1]} answered {answer.status}")
            while answer.status == 503:
                self.waited += 1
                time.sleep(float(self._retry_after or 1))
                answer = self.get(path)

    def close(self) -> None:
        self._connection.close()

    def _ask(self, method: str, path: str, body: str | None = None) -> Answer:
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        headers["Accept-Encoding"] = "gzip" if path == "/lobby/" else "identity"
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._connection.request(method, path, body, headers)
        response = self._connection.getresponse()
        content = response.read()
        for line in response.headers.get_all("Set-Cookie") or []:
            name, _, value = line.partition(";")[0].partition("=")
            self.cookies[name] = value
        self._retry_after = response.headers["Retry-After"]
        text = "" if path == "/lobby/" else content.decode()
        return Answer(response.status, response.headers["Location"] or "", text)
