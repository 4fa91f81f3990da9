"""Django's sessions (cached_db), written once in a request instead of two or three times.

Signing in makes a session twice: one that waits for the code, and a new one for who came in. Django
looks each time whether its random key is taken, writes it empty, and writes it again at the end.
"""

from django.contrib.sessions.backends import cached_db
from django.contrib.sessions.backends.base import VALID_KEY_CHARS, UpdateError
from django.core.cache import cache
from django.utils.crypto import get_random_string


class SessionStore(cached_db.SessionStore):
    _is_new = False

    def create(self) -> None:
        """Written by the next save(), at the latest when the request ends."""
        self._session_key = self._get_new_session_key()
        self._session_cache = getattr(self, "_session_cache", {})
        self._is_new = True
        self.modified = True

    def save(self, must_create: bool = False) -> None:
        """Raises UpdateError when another request has ended the session meanwhile."""
        if self.session_key is None:
            self.create()
        data = dict(self.items())
        row = self.create_model_instance(data)
        if must_create or self._is_new:
            row.save(force_insert=True)
            self._is_new = False
        else:
            rows = self.model.objects.filter(pk=row.pk)
            values = {"session_data": row.session_data, "expire_date": row.expire_date}
            if not rows.update(**values):
                raise UpdateError
        cache.set(self.cache_key, data, self.get_expiry_age())

    def delete(self, session_key: str | None = None) -> None:
        if key := session_key or self.session_key:
            # Nothing hangs on a session, so delete() would only add a transaction.
            rows = self.model.objects.filter(pk=key)
            rows._raw_delete(rows.db)
            cache.delete(self.cache_key_prefix + key)

    def _get_new_session_key(self) -> str:
        """It has 165 random bits, so nobody has it already."""
        return get_random_string(32, VALID_KEY_CHARS)
