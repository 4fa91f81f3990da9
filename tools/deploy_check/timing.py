"""How long each step takes, said as soon as it is done."""

import time
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def timed(step: str) -> Iterator[None]:
    start = time.monotonic()
    yield
    print(f"{time.monotonic() - start:6.1f} s  {step}", flush=True)
