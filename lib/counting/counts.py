"""Counts of all processes of a site together, which go on when one of them starts anew.

Each process adds up in its memory and gives to Redis once a second what has come to it since, so that
counting costs a request no round trip. While Redis is away a process keeps what it has counted, and gives
it later; a process that is killed loses a second. Without Redis there is one process, and its cache holds
the counts.

Everything is a whole number, because those add up without rounding: times are in microseconds.
"""

import threading
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, ClassVar

from django.core.cache.backends.base import BaseCache

from lib.redis_scripts import RedisScript

FLUSH_SECONDS = 1.0
MICROSECONDS = 1_000_000
KEY = "counts"
# A month, so that the counts outlive the conference.
KEPT_SECONDS = 30 * 24 * 3600
# Of labels and their values. Bounded by the code, and by this where the code forgets it.
MOST_COUNTS = 2_000
# Stands between a name and the values of its labels, in which it cannot stand.
BETWEEN = "|"

_pending: Counter[str] = Counter()
_lock = threading.Lock()


class Counted:
    """One thing that is counted. `labels` are names, and their values come from a short list: never a
    person's data, never what a request holds. `known`: the values that are said to be 0 before the first of
    them is counted, because Prometheus sees a number rise, but not one that appears.
    """

    all: "ClassVar[dict[str, Counted]]" = {}

    def __init__(
        self,
        name: str,
        words: str,
        labels: Sequence[str] = (),
        known: Iterable[tuple[str, ...]] = (),
    ) -> None:
        self.name, self.words, self.labels = name, words, tuple(labels)
        self.known = tuple(known)
        self.all[name] = self

    def add(self, *values: str, number: int = 1) -> None:
        key = BETWEEN.join((self.name, *values))
        with _lock:
            _pending[key] += number


class Timed(Counted):
    """How long something takes: a count for each of the `edges`, in seconds, and one for what is longer."""

    def __init__(
        self, name: str, words: str, labels: Sequence[str], edges: Sequence[float]
    ) -> None:
        super().__init__(name, words, labels)
        self.edges = tuple(edges)
        self.names = (*(str(edge) for edge in edges), "+Inf")

    def took(self, seconds: float, *values: str) -> None:
        bucket = self.names[sum(seconds > edge for edge in self.edges)]
        start = BETWEEN.join((self.name, *values))
        with _lock:
            _pending[f"{start}{BETWEEN}{bucket}"] += 1
            _pending[f"{start}{BETWEEN}sum"] += int(seconds * MICROSECONDS)


def flush() -> None:
    """Give what this process has counted to all. A second try after an answer that was lost counts
    twice, which is seldom and small.
    """
    with _lock:
        mine = dict(_pending)
        _pending.clear()
    if mine and not _ADD([KEY], *(part for pair in mine.items() for part in pair)):
        with _lock:
            _pending.update(mine)


def totals() -> Mapping[str, int]:
    """All counts by name and labels, joined by BETWEEN. While Redis is away: none, rather than those of
    one process, which would look as if all had begun anew.
    """
    flush()
    flat = _READ([KEY])
    return {name.decode(): int(number) for name, number in zip(flat[::2], flat[1::2], strict=True)}


def flush_every_second() -> None:
    """For a process that serves. Call it after the fork."""
    threading.Thread(target=_flush_for_ever, name="counts", daemon=True).start()


def _flush_for_ever() -> None:
    rest = threading.Event()
    while True:
        rest.wait(FLUSH_SECONDS)
        flush()


def _add(kept: BaseCache, _now: float, keys: list[str], *pairs: Any) -> int:
    counts: dict[str, int] = kept.get(keys[0], {})
    for name, number in zip(pairs[::2], pairs[1::2], strict=True):
        if name in counts or len(counts) < MOST_COUNTS:
            counts[name] = counts.get(name, 0) + int(number)
    kept.set(keys[0], counts, KEPT_SECONDS)
    return 1


def _read(kept: BaseCache, _now: float, keys: list[str]) -> list[bytes]:
    """As Redis answers: names and numbers in turn, in bytes."""
    pairs = kept.get(keys[0], {}).items()
    return [str(part).encode() for pair in pairs for part in pair]


_ADD = RedisScript(
    _add,
    f"local most, seconds = {MOST_COUNTS}, {KEPT_SECONDS}",
    """
for i = 2, #ARGV, 2 do
  if redis.call('HEXISTS', KEYS[1], ARGV[i]) == 1 or redis.call('HLEN', KEYS[1]) < most then
    redis.call('HINCRBY', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
redis.call('EXPIRE', KEYS[1], seconds)
return 1
""",
    away=0,
)
_READ: RedisScript[list[bytes]] = RedisScript(
    _read, "return redis.call('HGETALL', KEYS[1])", away=[]
)
