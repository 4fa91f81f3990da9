"""Single words and texts of a file: cleaned, and no longer than the database takes."""

import re

from lib.text import one_line, to_html, without_controls
from schedule.feeds.formats.problems import Problems

MAX_TEXT_CHARS = 64_000  # the longest real text has 30,485

_code = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Words:
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
