"""What a fault is."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import NamedTuple

from tools.faults.machines import Machines


@contextlib.contextmanager
def as_it_is(_machines: Machines) -> Iterator[None]:
    yield


class Fault(NamedTuple):
    """`words`: how the table calls it. It lasts as long as the block of `cause`: `seconds`, None as
    long as the others. `before`: what has to be so before people come, and until they have gone.
    """

    words: str
    cause: Callable[[Machines], AbstractContextManager[None]]
    seconds: float | None = None
    before: Callable[[Machines], AbstractContextManager[None]] = as_it_is
