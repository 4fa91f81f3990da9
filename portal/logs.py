import json
import logging
import re
from datetime import UTC, datetime

from django.core.exceptions import BadRequest, PermissionDenied, SuspiciousOperation
from django.http.multipartparser import MultiPartParserError

# Looser than any standard on purpose: a false alarm costs a word, a miss costs a person.
# It begins where a word does, or a long word would be tried from each of its letters.
_WORD = r"[^\s@<>\"'(),;:=/?&]"
_EMAIL = re.compile(rf"(?<!{_WORD}){_WORD}+(?:@|%40){_WORD}+")
# A personal link is a key to the door; so is what nginx or a shop calls us by.
_SECRET_PATH = re.compile(r"(/(?:t|hooks/[\w-]+|wall|my/agenda)/)[^/\s\"']+")

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
        if record.exc_info and is_ours:
            entry["exception"] = scrub(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def scrub(text: str) -> str:
    return _SECRET_PATH.sub(r"\1***", _EMAIL.sub("***", text))
