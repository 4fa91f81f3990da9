"""What people noticed of one fault."""

import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tools.faults.load import KINDS, Sample

# Who waits longer has noticed.
SLOW_SECONDS = 2.0


class Served(NamedTuple):
    """The requests of one kind."""

    asked: int
    failed: int
    median: float
    longest: float

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> "Served":
        seconds = [sample.seconds for sample in samples] or [0.0]
        failed = sum(not sample.is_good for sample in samples)
        return cls(len(samples), failed, statistics.median(seconds), max(seconds))

    def __str__(self) -> str:
        return f"{self.failed}/{self.asked} · {self.median:.2f} / {self.longest:.1f}"


class Outcome(NamedTuple):
    """`strangers` is how many requests let somebody in who may not be. `heals_in`: seconds from the
    end of the fault to that of the last request that failed or was slow.
    """

    words: str
    seconds: float
    served: dict[str, Served]
    strangers: int
    heals_in: float

    @classmethod
    def of(
        cls, words: str, samples: Iterable[Sample], began_at: float, ended_at: float
    ) -> "Outcome":
        """What was asked from the beginning of the fault on, until it is healed."""
        asked = [sample for sample in samples if sample.began_at >= began_at]
        during = [sample for sample in asked if sample.began_at < ended_at]
        bad = [s for s in asked if s.kind in KINDS and (not s.is_good or s.seconds > SLOW_SECONDS)]
        last = max((sample.began_at + sample.seconds for sample in bad), default=ended_at)
        return cls(
            words,
            ended_at - began_at,
            {kind: Served.of([s for s in during if s.kind == kind]) for kind in KINDS},
            sum(sample.kind == "stranger" and sample.status == 200 for sample in asked),
            max(last - ended_at, 0.0),
        )

    def row(self) -> str:
        cells = [f"{self.words}, {self.seconds:.0f} s", *map(str, self.served.values())]
        return f"| {' | '.join(cells)} | {self.strangers} | {self.heals_in:.1f} |"


HEAD = (
    f"| fault | {' | '.join(KINDS)} | let in wrongly | healed after, s |\n"
    f"|---|{'---|' * len(KINDS)}---|---|"
)
