"""What the shared cache should have forgotten and could not, because it was away.

A process remembers such keys by itself and makes up for them (lib/redis_cache.py), but not beyond its
end. The rows are for the others, and for who comes after it: what the cache says of these keys counts
for nobody.

The other way round, a session that ends while the database is away leaves its row there. Until that is
deleted the shared cache says in the session's place that it has ended (tickets/accounts/sessions.py).
"""

from collections.abc import Collection
from contextlib import suppress

from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import models, transaction

from lib.cached import OnceASecond
from lib.steady.patience import bearable

# Keys of sessions whose rows this process deletes when the database is back.
_lost_rows: set[str] = set()
MAX_LOST_ROWS = 10_000


class LostDelete(models.Model):
    key = models.CharField(max_length=250)

    class Meta:
        verbose_name = "lost delete"
        verbose_name_plural = "lost deletes"

    def __str__(self) -> str:
        return f"lost delete {self.pk}"


def delete_for_good(keys: Collection[str]) -> None:
    """From the shared cache, at the latest when it is back."""
    if not _delete(keys):
        LostDelete.objects.bulk_create([LostDelete(key=key) for key in keys])


def is_deleted(key: str) -> bool:
    """Whatever the cache says. A cache in the memory of this process is never away."""
    return hasattr(cache, "delete_surely") and key in _lost_deletes()


def delete_row_later(session_key: str) -> None:
    """Within a second of the database being back. Should this process end before, whoever comes with the
    session still finds in the cache that it has ended, and deletes the row.
    """
    if len(_lost_rows) < MAX_LOST_ROWS:
        _lost_rows.add(session_key)


def _delete_lost_rows() -> None:
    if lost := set(_lost_rows):
        rows = Session.objects.filter(pk__in=lost)
        rows._raw_delete(rows.db)
        _lost_rows.difference_update(lost)


def _delete(keys: Collection[str]) -> bool:
    """Whether it could be done."""
    if not hasattr(cache, "delete_surely"):
        cache.delete_many(keys)
        return True
    return bool(cache.delete_surely(keys))


def _read_and_make_up() -> frozenset[str]:
    """Whoever reads them tries them again: when the cache is back, no row is left a second later."""
    _delete_lost_rows()
    key_of = dict(LostDelete.objects.values_list("pk", "key"))
    keys = frozenset(key_of.values())
    if keys and _delete(keys):
        with suppress(*bearable()), transaction.atomic():
            LostDelete.objects.filter(pk__in=key_of).delete()
    return keys


_lost_deletes = OnceASecond(_read_and_make_up)
