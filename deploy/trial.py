"""Whether a release that has just begun to serve is clearly worse than the one beside it, for those who visit
meanwhile. Both take requests from the one socket, whoever is quicker, so a slow database or a busy
machine shows in both. nginx' access log says of each request which release has answered, how, and how soon.

The new one is clearly worse when

- it fails: at least 5 of at least 20 requests got a 5xx, and its share of them is above the old one's by
  more than three times what chance alone would make of it (the standard error of the difference of
  two shares). An old one that hardly got any meanwhile counts as if it had answered 20. Looked at every
  second;
- it is slow: at the end, with at least 100 requests to each since they know each other's caches (10 s), the
  95th of 100 waited more than twice as long as with the old one, and a quarter of a second more.

A request that got no answer from the app (502, 504) names no release. It counts as the new one's: the old
one alone had been well. With fewer requests than that nothing is said against a release.
"""

import json
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO, NamedTuple

FEWEST, FEWEST_FAILED, STANDARD_ERRORS = 20, 5, 3
FEWEST_TIMED, TIMES_SLOWER, SECONDS_SLOWER = 100, 2, 0.25
NO_ANSWER = (502, 504)


class Answer(NamedTuple):
    """`release` is empty when no app has answered, or one that does not name itself."""

    release: str
    status: int
    seconds: float

    @classmethod
    def of_line(cls, line: str) -> "Answer | None":
        """None for what nginx has answered without the app, or with what another release had said before."""
        try:
            logged = json.loads(line)
            if logged["cache"] in ("HIT", "STALE", "UPDATING"):
                return None
            # Of several instances that were asked in turn, the last one's.
            status = int(logged["app_status"].split(",")[-1])
            seconds = float(logged["app_seconds"].split(",")[-1])
        except (ValueError, KeyError, TypeError, AttributeError):
            return None
        return cls(str(logged.get("release", "")), status, seconds)


class Answers:
    """Of one release, or of all besides it."""

    def __init__(self) -> None:
        self.all = self.failed = 0
        self.seconds: list[float] = []

    def add(self, answer: Answer, *, is_timed: bool) -> None:
        self.all += 1
        self.failed += answer.status >= 500
        if is_timed:
            self.seconds.append(answer.seconds)

    @property
    def most_seconds(self) -> float:
        """What 95 of 100 did not wait longer for."""
        return sorted(self.seconds)[math.ceil(len(self.seconds) * 0.95) - 1]

    def __str__(self) -> str:
        waited = f", 95 of 100 within {self.most_seconds:.2f} s" if self.seconds else ""
        return f"{self.failed} of {self.all} failed{waited}"


class Trial:
    def __init__(self, release: str) -> None:
        self.release = release
        self.new, self.old = Answers(), Answers()

    def add(self, answer: Answer, *, is_timed: bool = True) -> None:
        """`is_timed`: not while the new release does everything for the first time."""
        is_lost = not answer.release and answer.status in NO_ANSWER
        side = self.new if is_lost or answer.release == self.release else self.old
        side.add(answer, is_timed=is_timed and not is_lost)

    @property
    def has_visitors(self) -> bool:
        return bool(self.new.all or self.old.all)

    @property
    def fails(self) -> bool:
        new, old = self.new, self.old
        if new.all < FEWEST or new.failed < FEWEST_FAILED:
            return False
        old_all = max(old.all, FEWEST)
        share = (new.failed + old.failed) / (new.all + old_all)
        standard_error = math.sqrt(share * (1 - share) * (1 / new.all + 1 / old_all))
        return new.failed / new.all - old.failed / old_all > STANDARD_ERRORS * standard_error

    @property
    def is_slow(self) -> bool:
        new, old = self.new, self.old
        if min(len(new.seconds), len(old.seconds)) < FEWEST_TIMED:
            return False
        slowest = max(old.most_seconds * TIMES_SLOWER, old.most_seconds + SECONDS_SLOWER)
        return new.most_seconds > slowest

    def __str__(self) -> str:
        return f"{self.new}; with the one beside it {self.old}"


class Log:
    """The lines that are written from now on, also when the file is rotated meanwhile."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file = self._open()
        if self._file:
            self._file.seek(0, os.SEEK_END)
        self._rest = b""

    @property
    def is_there(self) -> bool:
        return self._file is not None

    def new_lines(self) -> Iterator[str]:
        while self._file:
            *lines, self._rest = (self._rest + self._file.read()).split(b"\n")
            yield from (line.decode(errors="replace") for line in lines)
            if self._is_the_one_there(self._file):
                return
            self._file.close()
            self._file, self._rest = self._open(), b""

    def close(self) -> None:
        if self._file:
            self._file.close()

    def _open(self) -> IO[bytes] | None:
        try:
            return self.path.open("rb")
        except OSError:
            return None

    def _is_the_one_there(self, file: IO[bytes]) -> bool:
        try:
            return os.path.samestat(os.fstat(file.fileno()), self.path.stat())
        except FileNotFoundError:  # between two of them
            return True
