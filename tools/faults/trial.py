"""One fault under load."""

import time

from tools.faults.fault import Fault
from tools.faults.load import Load
from tools.faults.machines import Machines
from tools.faults.outcome import Outcome


def try_fault(
    fault: Fault, machines: Machines, load: Load, seconds: float, warm_up: float, after: float
) -> Outcome:
    """`warm_up`: until every page is warm; `after`: until it is seen whether all is well again."""
    load.samples.clear()
    with fault.before(machines), load.running():
        time.sleep(warm_up)
        began_at = time.monotonic()
        with fault.cause(machines):
            time.sleep(seconds)
            ended_at = time.monotonic()
        time.sleep(after)
    return Outcome.of(fault.words, load.samples, began_at, ended_at)
