"""What is sent in the place of each parameter: of each kind of mistake and of malice one."""

from itertools import cycle, islice

LONG = b"x" * 1_000_000

# Each has been an error of ours. Views of our own get all of them for each parameter.
USUAL = {
    "empty": b"",
    "NUL": b"a\0b",
    "a word": b"foo",
    "too many digits": b"9" * 5_000,
    "larger than a column": b"9" * 19,
    "the first year": b"0001-01-01T00:00",
}
OTHERS = {
    "the last year": b"9999-12-31T23:59",
    "NUL alone": b"\0",
    "the first day": b"0001-01-01",
    "the last day": b"9999-12-31",
    "the last year alone": b"9999",
    "the year 0": b"0",
    "a day that is none": b"2026-02-31T25:61",
    "negative": b"-1",
    "very negative": b"-" + b"9" * 30,
    "huge": b"9" * 400,
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
    "deep JSON": b"[" * 100_000,
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
    "several codes": b"a:b:c",
}

_PART = b'--x\r\nContent-Disposition: form-data; name="next"\r\n\r\n%s\r\n--x--\r\n'
_PARTS = "multipart/form-data; boundary=x"
_FORM = "application/x-www-form-urlencoded"
# Content type and body.
BODIES = [
    ("application/json", b'{"a": 1}'),
    ("application/json", b"\xff"),
    ("text/plain; charset=utf-7", b"+2AA-"),
    ("multipart/form-data", b"a=1"),
    (_PARTS, b""),
    (_PARTS, b"--x\r\n"),
    (_PARTS, _PART % b"\0"),
    (_PARTS, _PART.replace(b"next", b"a\0") % b"1"),
    (f"{_PARTS}; charset=utf-7", _PART % b"+2AA-"),
    (f"{_PARTS}; charset=rot13", _PART % b"x"),
    (f"{_PARTS}; charset=idna", _PART % b"\xff"),
    ("multipart/form-data; boundary=\xff", b"--x"),
    ("multipart/form-data; boundary=" + "x" * 300, b"--x"),
    (f"{_FORM}; charset=utf-16", b"a=1"),
    (f"{_FORM}; charset=hex", b"a=1"),
    (_FORM, b"&".join(b"a=1" for _ in range(1_100))),
    ("", b"a=1"),
    ("///", b"a=1"),
]
METHODS = ["HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "PROPFIND"]

FILE_NAMES = [
    b"",
    b"a",
    b".",
    b"..",
    b"a\0.csv",
    b"../../a.csv",
    b"C:\\a.xlsx",
    b"a" * 300 + b".csv",
    b"\xff\xfe.csv",
    ("\U0001f600" * 80 + ".xlsx").encode(),
    b"a.xlsx",
    b"a.xml",
    b"a.json",
    b"a.ics",
    b"a.vtt",
    b"a.png",
]
FILES = [
    b"",
    b"\0",
    b"\xff\xfe\0",
    b"code,email\nA,\0\n",
    b"{",
    b"<a",
    b"PK\x03\x04",
    rb'{"a": "\ud800\u0000"}',
    b'{"schedule": {"conference": {"days": [{"rooms": {"a": [{"id": 1e999}]}}]}}}',
]


class Deck[T]:
    """Deals in turn, so that each is tried often and the walk stays short. The same every time."""

    def __init__(self, cards: list[T]) -> None:
        self._cards = cycle(cards)

    def deal(self, number: int) -> list[T]:
        return list(islice(self._cards, number))
