import json
import logging
import re
from datetime import UTC, datetime

from django.contrib.auth import SESSION_KEY
from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http import HttpRequest
from django.http.multipartparser import MultiPartParserError

# Looser than any standard on purpose: a false alarm costs a word, a miss costs a person.
# It begins where a word does, or a long word would be tried from each of its letters.
_WORD = r"[^\s@<>\"'(),;:=/?&]"
_EMAIL = re.compile(rf"(?<!{_WORD}){_WORD}+(?:@|%40){_WORD}+")
# A personal link is a key to the door; so is what nginx or a shop calls us by.
_SECRET_PATH = re.compile(r"(/(?:t|hooks/[\w-]+|wall|my/agenda)/)[^/\s\"']+")
# nginx' are so long.
REQUEST_ID_LENGTH = 32

# Of a message, which may hold what somebody sent.
MAX_LENGTH = 4_000
# What a visitor did wrong, which Django answers with 400 or 403.
_OF_VISITORS = (SuspiciousOperation, BadRequest, PermissionDenied, MultiPartParserError)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, without e-mail addresses and secret paths. A traceback is for mistakes
    of ours: nobody can fill the log with them, nor with errors, by asking for nonsense.
    """

    def format(self, record: logging.LogRecord) -> str:
        error = record.exc_info[1] if record.exc_info else None
        is_ours = not isinstance(error, _OF_VISITORS)
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower() if is_ours else "warning",
            "logger": record.name,
            "message": scrub(record.getMessage()[:MAX_LENGTH]),
        }
        request = getattr(record, "request", None)
        if isinstance(request, HttpRequest):
            entry |= _asked(request)
        if record.exc_info and is_ours:
            entry["exception"] = scrub(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def _asked(request: HttpRequest) -> dict[str, str]:
    """What finds the line of nginx' log about the same request, and whose session it was: only when
    the request has read that already, for a line of the log asks no database.
    """
    session = getattr(request, "session", None)
    known = vars(session).get("_session_cache", {}) if session else {}
    return {
        "request_id": scrub(request.headers.get("X-Request-ID", ""))[:REQUEST_ID_LENGTH],
        "method": request.method or "",
        "person": str(known.get(SESSION_KEY, "")),
    }


def scrub(text: str) -> str:
    return _SECRET_PATH.sub(r"\1***", _EMAIL.sub("***", text))
