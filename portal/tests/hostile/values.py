"""What is sent in the place of each parameter: of each kind of mistake and of malice one."""

from collections.abc import Iterator
from itertools import cycle, islice

# In a query a server in front cuts longer ones off (deploy/nginx.conf); in a body it does not.
LONG_IN_QUERY = b"x" * 8_000
LONG_IN_BODY = b"x" * 1_000_000

# Each names another kind of parsing that breaks.
ALWAYS = {
    "empty": b"",
    "NUL": b"a\0b",
    "a word": b"foo",
    "too many digits": b"9" * 5_000,
    "larger than a column": b"9" * 19,
    "the first year": b"0001-01-01T00:00",
}
IN_TURN = {
    "NUL alone": b"\0",
    "the last year": b"9999-12-31T23:59",
    "the first day": b"0001-01-01",
    "the last day": b"9999-12-31",
    "a day that is none": b"2026-02-31T25:61",
    "negative": b"-1",
    "very negative": b"-" + b"9" * 30,
    "huge": b"9" * 400,
    "zero": b"0",
    "fraction": b"1.5",
    "infinite": b"1e999",
    "not a number": b"nan",
    "digits of another kind": "²٣".encode(),
    "half a surrogate": b"\xed\xa0\x80",
    "no UTF-8": b"\xff\xfe\x80",
    "lines": b"a\r\nSet-Cookie: a=b",
    "odd spaces": "\u2028\u202e\ufeff\u00a0".encode(),
    "JSON": b'{"a": [1, null]}',
    "JSON list": b'[["a"], 1]',
    "half a surrogate in JSON": rb'{"id": "\ud800"}',
    "NUL in JSON": rb'["\u0000"]',
    "no number in JSON": b"[NaN, Infinity]",
    "deep JSON": b"[" * 4_000,
    "a key": b'{"id": 1, "rawId": "a", "type": "public-key", "response": {"a": []}}',
    "a list": b"1,2,,x",
    "other host": b"//evil.example/",
    "no URL": b"http://[",
    "no port": b"http://a:b/",
    "a path": b"../../../etc/passwd",
    "percent": b"%s%(a)s%",
    "braces": b"{{ a }}{0}{",
    "backslash": b"\\",
    "brackets": b"([*?",
    "markup": b"'\"><script>",
    "a zone": b"../../etc/localtime",
    "several codes": b"a:b:c",
}


class Deck:
    """Deals the values: each parameter gets those of ALWAYS, and of the others the next few, so that
    each is tried often and the walk stays short. The same every time."""

    def __init__(self, in_turn: int) -> None:
        self._rest = cycle(IN_TURN.items())
        self._in_turn = in_turn

    def deal(self) -> Iterator[tuple[str, bytes]]:
        yield from ALWAYS.items()
        yield from islice(self._rest, self._in_turn)
