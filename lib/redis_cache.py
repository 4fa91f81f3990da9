"""Redis that may be away: it then costs speed and nothing else."""

from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import Any

from django.core.cache.backends.locmem import LocMemCache
from django_redis.cache import RedisCache
from django_redis.client import DefaultClient
from django_redis.exceptions import ConnectionInterrupted
from redis.exceptions import RedisError

from lib.counting.acts import REDIS
from lib.steady.breaker import Breaker

# How long Redis is left alone after a failure, so that a frozen one delays one request, not all.
OPEN_SECONDS = 5.0
# Rate limits: they go on in this process, because a limiter that loses its store must neither
# refuse everybody (as allauth's does: its lock is an `add`) nor stop limiting.
LOCAL_PREFIX = "allauth:"
MAX_LOCAL = 20_000
# What could not be deleted is deleted later: a signed-out session must not come back.
MAX_LOST_DELETES = 10_000


class QuickClient(DefaultClient):
    """Reads what was pickled without trying first whether a page is a number."""

    def decode(self, value: object) -> object:
        if isinstance(value, bytes) and value.startswith(b"\x80"):  # how every pickle begins
            return self._serializer.loads(value)
        return super().decode(value)

    def run_script(self, keys: Sequence[str], lua: str, arguments: Sequence[str | float]) -> object:
        script = self.get_client(write=True).register_script(lua)
        return script(keys=[self.make_key(key) for key in keys], args=arguments)


def _steady(operation: str, without: object) -> Callable[..., Any]:
    """A method of the cache that answers `without` while Redis is away."""

    def method(cache: "SteadyRedisCache", key: object, *args: object, **named: object) -> Any:
        return cache.ask(operation, without, key, *args, **named)

    return method


class KnownOfRedis:
    """What the threads of a process know of one Redis. Django makes a cache for each thread; were this
    its own, each of them would wait for a frozen Redis until it has found out by itself.
    """

    def __init__(self) -> None:
        self.breaker = Breaker("Redis", OPEN_SECONDS)
        self.lost_deletes: set[tuple[str, int | None]] = set()


@cache
def known_of(_server: str) -> KnownOfRedis:
    return KnownOfRedis()


class SteadyRedisCache(RedisCache[Any]):
    """While Redis is away, reads miss and writes are dropped, after one short wait."""

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        known = known_of(server)
        self.breaker, self._lost_deletes = known.breaker, known.lost_deletes
        self.local = LocMemCache(f"beside {server}", {"OPTIONS": {"MAX_ENTRIES": MAX_LOCAL}})

    set = _steady("set", None)
    add = _steady("add", False)
    touch = _steady("touch", False)
    has_key = _steady("has_key", False)
    # What the script answers, in one round trip once Redis knows it. None: Redis is away.
    run_script = _steady("run_script", None)

    def get(self, key: str, default: object = None, *args: object, **named: object) -> Any:
        return self.ask("get", default, key, default, *args, **named)

    def get_many(self, keys: Collection[str], *args: object, **named: object) -> Any:
        return self.ask("get_many", {}, keys, *args, **named)

    def delete(self, key: str, version: int | None = None, **named: object) -> bool:
        deleted = self.ask("delete", None, key, version=version, **named)
        if deleted is None:
            self._remember_delete([key], version)
        return bool(deleted)

    def delete_many(
        self, keys: Collection[str], version: int | None = None, **named: object
    ) -> Any:
        deleted = self.ask("delete_many", None, keys, version=version, **named)
        if deleted is None:
            self._remember_delete(keys, version)
        return deleted or 0

    def delete_surely(self, keys: Collection[str]) -> bool:
        """False: Redis is away. It is made up for later, unless this process ends before."""
        if self.ask("delete_many", None, keys) is not None:
            return True
        self._remember_delete(keys, None)
        return False

    def ask(
        self, operation: str, without: object, key: object, *args: object, **named: object
    ) -> Any:
        if self.breaker.lets_through():
            try:
                for lost in tuple(self._lost_deletes):
                    self.client.delete(lost[0], version=lost[1])
                    self._lost_deletes.discard(lost)
                answer = getattr(self.client, operation)(key, *args, **named)
            except (ConnectionInterrupted, RedisError) as error:
                self.breaker.failed(error)
                REDIS.add("failed")
            else:
                self.breaker.worked()
                REDIS.add("ok")
                return answer
        if isinstance(key, str) and key.startswith(LOCAL_PREFIX):
            return getattr(self.local, operation)(key, *args, **named)
        return without

    def _remember_delete(self, keys: Collection[str], version: int | None) -> None:
        if len(self._lost_deletes) < MAX_LOST_DELETES:
            self._lost_deletes.update((key, version) for key in keys)
