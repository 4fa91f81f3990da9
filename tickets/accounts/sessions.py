"""Django's sessions (cached_db), each of one conference, and written once in a request instead of
two or three times.

A session is of the conference on whose host it was made; a host without a conference has sessions of
its own. On any other host its cookie is worth nothing: the session is empty there, gets a key of its
own when something is written, and what was stored stays as it is.

A session ends SESSION_COOKIE_AGE after it got its key, which is when somebody signed in. Django's own
lives on by that time from each moment in which something is written to it.

Signing in makes a session twice: one that waits for the code, and a new one for who came in. Django
looks each time whether its random key is taken, writes it empty, and writes it again at the end.
"""

import contextlib
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.sessions import middleware
from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, UpdateError
from django.core.cache import cache
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest
from django.utils.crypto import get_random_string

from lib.steady.patience import bearable, impatient
from schedule.site.conferences import directory, host_of
from schedule.site.scoped_admin import conference_of
from tickets.models.lost_deletes import delete_for_good, delete_row_later, is_deleted

# Of a session: the primary key of its conference, or None.
CONFERENCE = "conference"
# What the cache has of a session that was ended while the database was away.
_ENDED = {"has_ended": True}
_KEY_LENGTH = 32


class SessionStore(cached_db.SessionStore):
    """`here` says for which conference a request is answered. Without it the store is not a
    visitor's but of code that ends or reads sessions, whosever they are.
    """

    _is_new = False

    def __init__(
        self, session_key: str | None = None, *, here: Callable[[], int | None] | None = None
    ) -> None:
        self._here = here
        super().__init__(session_key)

    def load(self) -> dict[str, Any]:
        cache_key = self.cache_key
        data: dict[str, Any] = super().load()
        if data == _ENDED:
            with contextlib.suppress(*bearable()), impatient():
                SessionStore().delete(self.session_key)
            self._session_key = None
            return {}
        is_here = self._here is None or (CONFERENCE in data and data[CONFERENCE] == self._here())
        if is_here and not is_deleted(cache_key):
            return data
        self._session_key = None
        return {}

    def create(self) -> None:
        """Written by the next save(), at the latest when the request ends."""
        self._session_key = self._get_new_session_key()
        self._session_cache = getattr(self, "_session_cache", {})
        self._is_new = True
        self.set_expiry(settings.SESSION_COOKIE_AGE)

    def set_expiry(self, value: datetime | timedelta | int | None) -> None:
        """Seconds are counted from now, once; in Django they are from whenever it is written."""
        super().set_expiry(timedelta(seconds=value) if isinstance(value, int) else value)

    def save(self, must_create: bool = False) -> None:
        """Raises UpdateError when another request has ended the session meanwhile."""
        self.items()  # loads it: a key of another conference's session is gone then
        if self.session_key is None:
            self.create()
        if self._here is not None:
            self[CONFERENCE] = self._here()
        data = dict(self.items())
        row = self.create_model_instance(data)
        if must_create or self._is_new:
            row.save(force_insert=True)
            self._is_new = False
        else:
            if has_ended(str(row.pk)):
                raise UpdateError
            rows = self.model.objects.filter(pk=row.pk)
            values = {"session_data": row.session_data, "expire_date": row.expire_date}
            if not rows.update(**values):
                raise UpdateError
        cache.set(self.cache_key, data, self.get_expiry_age())

    def clear(self) -> None:
        self.items()
        super().clear()

    def delete(self, session_key: str | None = None) -> None:
        """Raises OperationalError or InterfaceError while the database is away. The session has ended then
        as far as the cache can say so (has_ended), and its row is deleted later.
        """
        if session_key is None:
            self.items()
        if key := session_key or self.session_key:
            # Nothing hangs on a session, so delete() would only add a transaction.
            rows = self.model.objects.filter(pk=key)
            try:
                rows._raw_delete(rows.db)
            except (OperationalError, InterfaceError):
                _end_without_row(key)
                raise
            delete_for_good([self.cache_key_prefix + key])

    def _get_new_session_key(self) -> str:
        """It has 165 random bits, so nobody has it already."""
        return get_random_string(_KEY_LENGTH, VALID_KEY_CHARS)


def _end_without_row(key: str) -> None:
    # Somebody may have put anything into a cookie.
    if len(key) == _KEY_LENGTH:
        delete_row_later(key)
        cache.set(SessionStore.cache_key_prefix + key, _ENDED, settings.SESSION_COOKIE_AGE)


def has_ended(key: str) -> bool:
    """Whether it is known that it was ended while the database was away."""
    found: object = cache.get(SessionStore.cache_key_prefix + key)
    return found == _ENDED


class SessionMiddleware(middleware.SessionMiddleware):
    """Gives each request the session of its host's conference. Public pages still read none."""

    def process_request(self, request: HttpRequest) -> None:
        key = request.COOKIES.get(settings.SESSION_COOKIE_NAME)
        request.session = SessionStore(key, here=partial(_conference_id, request))


def _conference_id(request: HttpRequest) -> int | None:
    """Before the view is known nobody has set the request's conference."""
    if hasattr(request, "conference"):
        conference = conference_of(request)
    else:
        conference = directory().conference_at(host_of(request))
    return conference.pk if conference else None
