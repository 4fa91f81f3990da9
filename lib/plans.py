"""A plan is shown before it is carried out, and is carried out only as it was shown.

A plan has a `digest` of what it would do. The page that shows the plan sends that digest back; who
applies makes the plan anew in the transaction that writes, and refuses where the two differ.
"""

import hashlib
import json
from typing import Any, Protocol


class Plan(Protocol):
    @property
    def digest(self) -> str:
        """The digest of what it would do and to what, as `digest_of` makes it."""


class PlanChanged(Exception):
    """What would happen now is not what was seen. Nothing was written. `plan` is what would happen
    now; None: nothing of that kind.
    """

    def __init__(self, plan: Any = None) -> None:
        super().__init__()
        self.plan = plan


def digest_of(value: object) -> str:
    """The digest of plain values. It is stored, so it stays the same for the same values."""
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def refuse_changed(plan: Plan, seen: str) -> None:
    """`plan` was made just now; `seen` is the digest of what was shown. Raises PlanChanged."""
    if plan.digest != seen:
        raise PlanChanged(plan)
