"""A fault on the real processes makes its alert ring, and nothing rings before it."""

import contextlib
import time

import pytest

from tools.faults.faults import FAULTS
from tools.faults.machines import Machines
from tools.faults.prometheus import ask, prometheus
from tools.faults.ringing import quick_rules, ringing
from tools.stack import Stack

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.walk]

# No probe has looked at a stream of this site yet.
UNTRIED = {"StreamStillUnknown"}
TRIES = 300


def wait_until(is_so):
    for _try in range(TRIES):
        if is_so():
            return
        time.sleep(0.2)
    pytest.fail("It did not come about.")


def test_postgresql_that_is_stopped_rings(template, tmp_path):
    with (
        Stack(template=template) as site,
        contextlib.closing(Machines(site)) as machines,
        prometheus(tmp_path / "prometheus", site.log.parent / "app.sock", quick_rules()) as url,
    ):
        wait_until(lambda: ask(url, "count_over_time(front_row_database_up[15s]) > 3"))
        assert ringing(url) <= UNTRIED
        with FAULTS["postgres-stopped"].cause(machines):
            wait_until(lambda: "DatabaseAway" in ringing(url))
