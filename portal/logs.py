import json
import logging
import re
from datetime import UTC, datetime

# Looser than any standard on purpose: a false alarm costs a word, a miss costs a person.
_EMAIL = re.compile(r"[^\s@<>\"'(),;:=/?&]+(?:@|%40)[^\s@<>\"'(),;:=/?&]+")
# A personal link is a key to the door; so is what nginx or a shop calls us by.
_SECRET_PATH = re.compile(r"(/(?:t|hooks/[\w-]+|wall|my/agenda)/)[^/\s\"']+")


class JsonFormatter(logging.Formatter):
    """One JSON object a line, without e-mail addresses and secret paths."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": scrub(record.getMessage()),
        }
        if record.exc_info:
            entry["exception"] = scrub(self.formatException(record.exc_info))
        return json.dumps(entry, ensure_ascii=False)


def scrub(text: str) -> str:
    return _SECRET_PATH.sub(r"\1***", _EMAIL.sub("***", text))
