"""What a thread is doing: answering a request, or a task that one has left for later. All lines of the log
about it have one number, which nginx has given it.
"""

import re
import secrets
import time
import uuid
from collections.abc import Callable
from contextvars import ContextVar

from django.http import HttpRequest, HttpResponse
from django.tasks import TaskResult
from django.tasks.signals import task_finished, task_started

# As nginx makes them. What is none is not taken over from whoever sent it.
_REQUEST_ID = re.compile(r"[0-9a-f]{32}")
# What a person reads out to the help desk; it begins the whole number, and the ids of the tasks that the
# request has left for later.
SPOKEN_LENGTH = 12


class Doing:
    __slots__ = ("began", "request", "request_id", "task")

    def __init__(self, request_id: str, request: HttpRequest | None = None, task: str = "") -> None:
        self.request_id = request_id
        self.request = request
        self.task = task
        self.began = time.monotonic()


_now: ContextVar[Doing | None] = ContextVar("doing", default=None)


def doing(request: HttpRequest | None = None) -> Doing | None:
    """Django logs a refusal when its middleware has ended, so the request remembers it too."""
    return getattr(request, "doing", None) or _now.get()


class DoingMiddleware:
    """Comes first, so that everything is told which request it is about."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
        began = Doing(request_id, request)
        vars(request)["doing"] = began
        token = _now.set(began)
        try:
            return self.get_response(request)
        finally:
            _now.reset(token)


def new_task_id() -> uuid.UUID:
    """Begins as the request does that leaves the task for later, so that one search finds both."""
    now = _now.get()
    spoken = now.request_id[:SPOKEN_LENGTH] if now else ""
    return uuid.UUID(spoken + secrets.token_hex(16)[len(spoken) :])


def connect() -> None:
    task_started.connect(_task_started)
    task_finished.connect(_task_finished)


def _task_started(task_result: TaskResult[..., object], **_signal: object) -> None:
    """In the thread of the worker. Without one the task is part of the request that asks for it."""
    if _now.get() is None:
        spoken = str(task_result.id).replace("-", "")[:SPOKEN_LENGTH]
        _now.set(Doing(spoken, task=task_result.task.module_path))


def _task_finished(**_signal: object) -> None:
    now = _now.get()
    if now is not None and now.task:
        _now.set(None)
