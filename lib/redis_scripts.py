"""A script that runs in Redis, and its double in Python for where there is no Redis.

Redis runs a script in one step and one round trip, so that many processes agree. The double gives the
same answers from what this process keeps, one call at a time.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

from django.core.cache import cache

_lock = threading.Lock()


class RedisScript[Answer]:
    """Called with keys and arguments. `lua` is told the time as its first argument, and `double` as
    in `double(kept, now, keys, *arguments)`, where `kept` is a cache. What they keep has to expire,
    but no answer may depend on whether it has. An answer is never nil.

    `away`: the answer while Redis is away. Without it the double goes on, for this process alone.
    """

    instances: "ClassVar[list[RedisScript[Any]]]" = []

    def __init__(
        self, double: Callable[..., Answer], *lua: str, away: Answer | None = None
    ) -> None:
        self.double, self.lua, self.away = double, "\n".join(lua), away
        self.instances.append(self)

    def __call__(self, keys: Sequence[str], *arguments: str | float) -> Answer:
        now = time.time()
        if (run_script := getattr(cache, "run_script", None)) is not None:
            answer: Answer | None = run_script(keys, self.lua, [now, *arguments])
            answer = self.away if answer is None else answer
            if answer is not None:
                return answer
        return self.here(now, keys, *arguments)

    def here(self, now: float, keys: Sequence[str], *arguments: str | float) -> Answer:
        with _lock:
            return self.double(getattr(cache, "local", cache), now, keys, *arguments)
