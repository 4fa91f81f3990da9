"""Where lines of the log go. It is read while the settings are made, so it imports nothing of ours."""

import sys
from typing import Any


def log_settings(level: str, *, debug: bool) -> dict[str, Any]:
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "json": {"()": "portal.observing.logs.JsonFormatter"},
            "words": {"()": "portal.observing.logs.WordsFormatter"},
        },
        "handlers": {
            "stderr": {
                "class": "logging.StreamHandler",
                "formatter": "words" if debug or sys.stderr.isatty() else "json",
            }
        },
        "root": {"handlers": ["stderr"], "level": level},
        # Django's own handlers would print a second time, and mail.
        "loggers": {
            "django": {"handlers": [], "propagate": True},
            # Of its processes that answer; the one that starts them writes lines of its own.
            "gunicorn.error": {"handlers": [], "propagate": True},
            # Two lines for each mail otherwise.
            "django.tasks": {"level": "WARNING"},
        },
    }
