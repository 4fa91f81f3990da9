"""Lines of the log: JSON for programs, words for whoever looks at a terminal. Neither has an address, a
query string or what opens a door in it.
"""

import hashlib
import json
import logging
import re
import sys
import threading
import time
import traceback
from collections import OrderedDict
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import NamedTuple, Self

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

from portal.observing.doing import doing

# Looser than any standard on purpose: a false alarm costs a word, a miss costs a person.
# It begins where a word does, or a long word would be tried from each of its letters.
_WORD = r"[^\s@<>\"'(),;:=/?&]"
_EMAIL = re.compile(rf"(?<!{_WORD}){_WORD}+(?:@|%40){_WORD}+")
# A personal link is a key to the door; so is what nginx or a shop calls us by.
_SECRET_PATH = re.compile(r"(/(?:t|hooks/[\w-]+|wall|my/agenda)/)[^/\s\"']+")
# Signatures, tokens and what somebody searched for are there.
_QUERY = re.compile(r"\?[^\s\"'<>?=]{1,200}=[^\s\"'<>]*")
# As a header, a cookie or a field of a form would be written down.
_NAMED_SECRET = re.compile(
    r"(?i)((?:sessionid|csrftoken|csrfmiddlewaretoken|token|secret|password|code(?==)|authorization)"
    r"[\"']?\s*[:=]\s*[\"']?(?:bearer |token |basic )?)[^\s\"',;&})]+"
)

# Of a message, which may hold what somebody sent.
MAX_LENGTH = 4_000
# Tracebacks that a process remembers to have told.
MOST_TRACEBACKS = 200
# Of a mistake that is kept, in signs and in lines of code.
MAX_TRACEBACK, MOST_FRAMES = 20_000, 30
# What a visitor did wrong, which Django answers with 400 or 403.
OF_VISITORS = (SuspiciousOperation, BadRequest, PermissionDenied, MultiPartParserError)

type ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]


class JsonFormatter(logging.Formatter):
    """One JSON object a line. A traceback is for mistakes of ours: nobody can fill the log with them,
    nor with errors, by asking for nonsense. It is told whole once by each process, and then by its
    digest and how often it was there.
    """

    def __init__(self) -> None:
        super().__init__()
        self._told = _Told()

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        is_ours = not is_of_visitor(error)
        entry: dict[str, object] = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower() if is_ours else "warning",
            "logger": record.name,
            "message": scrub(record.getMessage()[:MAX_LENGTH]),
            "release": settings.RELEASE,
            **about(record),
        }
        if record.exc_info and record.exc_info[0] and is_ours:
            digest = digest_of(record.exc_info)
            times = self._told.count(digest)
            entry |= {"traceback": digest, "times": times}
            if times == 1:
                entry["exception"] = scrub(self.formatException(record.exc_info))
            else:
                entry["error"] = record.exc_info[0].__qualname__
        return json.dumps(entry, ensure_ascii=False)


class MistakeSeen(NamedTuple):
    """A mistake of ours as it is kept: where it was, and nothing that somebody sent or is called."""

    kind: str
    traceback: str
    place: str
    request_id: str
    release: str

    @classmethod
    def of(cls, record: logging.LogRecord) -> Self:
        """Of a line of the log that has an error."""
        error = record.exc_info[1] if record.exc_info else None
        known = about(record)
        place = known.get("path") or known.get("task") or _command()
        return cls(
            kind=f"{type(error).__module__}.{type(error).__qualname__}",
            traceback=scrub("\n".join(_places(error)))[:MAX_TRACEBACK],
            place=str(place),
            request_id=str(known.get("request_id", "")),
            release=settings.RELEASE,
        )


def _places(error: BaseException | None) -> Iterator[str]:
    """Kinds and lines of code, of what led to the error as well, and none of the words."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        seen.append(error)
        hidden = None if error.__suppress_context__ else error.__context__
        error = error.__cause__ or hidden
    for each in reversed(seen):
        yield from (line.rstrip() for line in traceback.format_tb(each.__traceback__, -MOST_FRAMES))
        yield f"{type(each).__module__}.{type(each).__qualname__}"


def _command() -> str:
    """Of manage.py. What was typed after its name may hold an address."""
    program, *words = sys.argv or [""]
    return f"manage.py {words[0]}" if Path(program).name == "manage.py" and words else ""


class WordsFormatter(logging.Formatter):
    """For a terminal."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        return scrub(super().format(record))


class _Told:
    """How often each traceback was there; the rarest and oldest are forgotten."""

    def __init__(self) -> None:
        self._times: OrderedDict[str, int] = OrderedDict()
        self._lock = threading.Lock()

    def count(self, digest: str) -> int:
        with self._lock:
            self._times[digest] = self._times.pop(digest, 0) + 1
            if len(self._times) > MOST_TRACEBACKS:
                self._times.popitem(last=False)
            return self._times[digest]


def is_of_visitor(error: BaseException | None) -> bool:
    return isinstance(error, OF_VISITORS)


def digest_of(exc_info: ExcInfo) -> str:
    """The same for the same kind of error at the same place, whatever its text says."""
    kind, _error, where = exc_info
    places = [f"{each.f_code.co_filename}:{line}" for each, line in traceback.walk_tb(where)]
    told = "\n".join([f"{kind.__module__}.{kind.__qualname__}", *places])
    return hashlib.sha256(told.encode()).hexdigest()[:12]


def about(record: logging.LogRecord) -> dict[str, object]:
    """What finds the line of nginx' log about the same request, and whose session it was: only when the
    request has read that already, for a line of the log asks no database.
    """
    of_record = getattr(record, "request", None)
    now = doing(of_record if isinstance(of_record, HttpRequest) else None)
    if now is None:
        return {}
    about: dict[str, object] = {"request_id": now.request_id}
    if now.task:
        about["task"] = now.task
    if now.request is not None:
        about |= _asked(now.request)
    return about | {"seconds": round(time.monotonic() - now.began, 3)}


def _asked(request: HttpRequest) -> dict[str, object]:
    session = getattr(request, "session", None)
    known = vars(session).get("_session_cache", {}) if session else {}
    match = request.resolver_match
    return {
        "conference": getattr(getattr(request, "conference", None), "slug", ""),
        "method": request.method or "",
        "path": match.route if match else "",
        "person": str(known.get(SESSION_KEY, "")),
    }


def scrub(text: str) -> str:
    for pattern, instead in (
        (_SECRET_PATH, r"\1***"),
        (_QUERY, "?***"),
        (_EMAIL, "***"),
        (_NAMED_SECRET, r"\1***"),
    ):
        text = pattern.sub(instead, text)
    return text
