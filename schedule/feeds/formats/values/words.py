"""Single values of a file: texts, codes, kinds, languages and links, cleaned, and no longer than the
database takes.
"""

import re
from urllib.parse import urljoin, urlsplit

from django.conf.locale import LANG_INFO

from lib.text import one_line, to_html, without_controls
from schedule.feeds.formats.problems import Problems

MAX_TEXT_CHARS = 64_000  # the longest real text has 30,485
MAX_LINK_CHARS = 2000
# A guess from the words that conferences use; organizers may correct it.
KINDS = ("keynote", "talk", "workshop", "panel", "break", "social")

_code = re.compile(r"[A-Za-z0-9_-]{1,40}")


class TextReader:
    def __init__(self, problems: Problems) -> None:
        self.problems = problems

    def line(self, text: str, max_chars: int, location: str) -> str:
        """A title or name."""
        return self._checked(one_line(text), text, max_chars, location)

    def html(self, text: str, location: str) -> str:
        return to_html(self._checked(text, text, MAX_TEXT_CHARS, location))

    def _checked(self, clean: str, text: str, max_chars: int, location: str) -> str:
        if len(without_controls(text)) != len(text.replace("\r\n", "\n")):
            self.problems.add("control-characters", location, repr(without_controls(text)[:60]))
        if len(clean) > max_chars:
            self.problems.add("cut", location, clean)
            return clean[:max_chars].rstrip()
        return clean


def read_code(text: str, problems: Problems, location: str) -> str:
    """A code fit for an address, else ""."""
    code = text.strip()
    if code and not _code.fullmatch(code):
        problems.add("bad-code", location, code)
        return ""
    return code


def says_yes(text: str) -> bool:
    """Of what nobody may get wrong, like an opt-out: all that is not plainly a no."""
    return text.strip().casefold() not in ("", "0", "false", "no", "none", "null", "-")


# The first that fits counts: "Keynote panel" is a keynote.
_by_type = [
    ("keynote", re.compile(r"keynote", re.IGNORECASE)),
    ("workshop", re.compile(r"workshop|tutorial|hands.on|sprint", re.IGNORECASE)),
    ("panel", re.compile(r"panel|podium|round ?table", re.IGNORECASE)),
    ("break", re.compile(r"\b(break|lunch|pause|coffee|tea)\b", re.IGNORECASE)),
    ("social", re.compile(r"social|party|concert|dinner|dj.?set|performance|musi[ck]", re.IGNORECASE)),
]  # fmt: skip
_break_title = re.compile(
    r"((morning|afternoon|coffee|tea|lunch|short|long)\W*)*(break|lunch|coffee|tea|pause)\W*",
    re.IGNORECASE,
)


def kind_of(type_name: str, title: str, *, has_speakers: bool) -> str:
    if not has_speakers and _break_title.fullmatch(title):
        return "break"
    return next((kind for kind, words in _by_type if words.search(type_name)), "talk")


_language_codes = {
    info[name].casefold(): code
    for code, info in reversed(LANG_INFO.items())
    for name in ("name", "name_local")
    if name in info
}


def language_code(text: str) -> str:
    """The code of "German" or "Deutsch"; anything else as it is."""
    return _language_codes.get(text.strip().casefold(), text)


def absolute_link(address: str, base: str) -> str:
    """Only full http and https addresses leave here: "" for others, and relative without a base."""
    if not address:
        return ""  # the base itself is not what was meant
    try:
        address = urljoin(base, one_line(address).replace(" ", "%20"))
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return ""
    if parts.scheme not in ("http", "https") or not host or len(address) > MAX_LINK_CHARS:
        return ""
    return address


def host_of(address: str) -> str:
    return urlsplit(address).hostname or address
