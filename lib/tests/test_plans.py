"""Plans are carried out as they were shown, or not at all."""

from dataclasses import dataclass

import pytest

from lib.plans import PlanChanged, digest_of, refuse_changed


@dataclass
class Moves:
    what: list[str]

    @property
    def digest(self):
        return digest_of(self.what)


def test_it_works():
    refuse_changed(Moves(["A"]), Moves(["A"]).digest)


@pytest.mark.parametrize("seen", [Moves(["B"]).digest, ""])
def test_another_plan_than_was_seen_is_refused(seen):
    now = Moves(["A"])
    with pytest.raises(PlanChanged) as refused:
        refuse_changed(now, seen)
    assert refused.value.plan is now


def test_the_order_of_names_does_not_count_and_that_of_values_does():
    assert digest_of({"a": 1, "b": [1, 2]}) == digest_of({"b": [1, 2], "a": 1})
    assert digest_of([1, 2]) != digest_of([2, 1])


def test_a_digest_that_is_stored_stays_the_same():
    stored = "47b0c733ea27bedbc41501e28d7903cf540a0c06a3a31707f56c11c503c87137"
    assert digest_of({"key": "1", "missing_since": None}) == stored
