"""The likeliest faults, a few seconds each, on the real processes under a light load. Each row of
docs/reliability.md is measured at length by `make faults`.
"""

import contextlib
from collections import Counter

import pytest

from tools.faults.faults import FAULTS
from tools.faults.load import KINDS, Load
from tools.faults.machines import Machines
from tools.faults.trial import try_fault
from tools.stack import Stack

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.timed, pytest.mark.walk]

# What open pages ask for. A sign-in needs the database.
OPEN = {"page", "live.json", "pulse", "playback", "me.json"}
# What goes on during each fault. Those after which Redis is empty, and nothing warm, come last.
GOES_ON = {
    "postgres-frozen": OPEN,
    "postgres-stopped": OPEN,
    "postgres-locked": OPEN,
    "background-frozen": {*KINDS},
    "app-worker-killed": {*KINDS},
    "redis-frozen": {*KINDS},
    "redis-killed": {*KINDS},
    "both-away": {"live.json"},
}
WARM_UP, SECONDS = 3.0, 2.2
# Nothing else needs a while: the breaker looks again so often.
AFTER = {"postgres-frozen": 3.5, "postgres-stopped": 3.5, "postgres-locked": 3.5, "both-away": 4.0}
# What is promised: how long one waits, and when all is well again.
MOST_SECONDS, HEALED_IN = 2.0, 3.0
# What a process has in hand when it is killed is lost with it.
LOST = {"app-worker-killed": 2}
# A page that says so and tries again; or nobody answered at all.
REFUSALS = {503}
UNANSWERED = {0, 502, 504}


def check(name, load, outcome, promises):
    failed = sum(outcome.served[kind].failed for kind in GOES_ON[name])
    seen = Counter((sample.kind, sample.status) for sample in load.samples if not sample.is_good)
    assert failed <= LOST.get(name, 0), seen
    assert outcome.strangers == 0, "somebody without a ticket got in"
    allowed = REFUSALS | (UNANSWERED if name in LOST else set())
    assert {status for _kind, status in seen} <= allowed, seen
    ends = max(sample.began_at for sample in load.samples)
    last = [sample for sample in load.samples if sample.began_at > ends - 0.5]
    assert all(sample.is_good for sample in last), f"it is not well again: {seen}"
    longest = max(outcome.served[kind].longest for kind in GOES_ON[name] & OPEN)
    promises.check(f"{name}: who watches waits", longest, MOST_SECONDS)
    promises.check(f"{name}: healed", outcome.heals_in, HEALED_IN)


def test_what_is_promised(subtests, promises):
    """In one test, because the site is the same: it has to be well again before the next fault."""
    with (
        Stack(demo=("--talks", "20", "--people", "20"), background=True) as site,
        contextlib.closing(Machines(site)) as machines,
    ):
        load, warm_up = Load(site), WARM_UP
        for name in GOES_ON:
            with subtests.test(name):
                outcome = try_fault(
                    FAULTS[name], machines, load, SECONDS, warm_up, AFTER.get(name, 0.6)
                )
                warm_up = 0.2
                check(name, load, outcome, promises)
