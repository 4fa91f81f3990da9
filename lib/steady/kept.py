"""What was worked out once and is kept beyond its time, for as long as what it is made of is away."""

import time
from typing import Any, NamedTuple

from django.core.cache import cache

# As long as people may be served with it while the database is away.
SPARE_SECONDS = 600.0
# By how much the clocks of two machines may differ.
DRIFT_SECONDS = 5.0


class Kept(NamedTuple):
    """`made_at` is when it began to be made, of the clock of who made it; it is right for so many
    `seconds` from then, and is of no use to anybody from `ends_at` on.
    """

    value: Any
    made_at: float
    seconds: float
    ends_at: float

    @property
    def is_fresh(self) -> bool:
        return -DRIFT_SECONDS <= time.time() - self.made_at < self.seconds

    @property
    def is_over(self) -> bool:
        return time.time() >= self.ends_at

    @classmethod
    def read(cls, found: Any) -> "Kept | None":
        """Of what the cache has."""
        return cls(*found) if found else None


def keep(
    key: str, value: Any, seconds: float, *, made_at: float, spare: float = SPARE_SECONDS
) -> None:
    """`made_at`: from before the first row of it was read. What took long to read is older for it."""
    ends_at = made_at + seconds + spare
    cache.set(key, (value, made_at, seconds, ends_at), max(ends_at - time.time(), 0.0))


def keep_on(key: str, kept: Kept, seconds: float) -> None:
    """Nobody tries to make it anew for so long. It does not live longer by that."""
    now = time.time()
    again = kept._replace(seconds=now - kept.made_at + seconds)
    cache.set(key, tuple(again), max(kept.ends_at - now, 0.0))
