"""Every alert was tried: promtool sees it ring, and sees it silent when all is well."""

import re
import shutil
import subprocess

import pytest
from django.conf import settings

from lib.counting.counts import Counted
from portal.observing.prometheus.state import GAUGES

FOLDER = settings.BASE_DIR / "deploy" / "prometheus"
RULES = re.split(r"^  - alert: ", (FOLDER / "alerts.yml").read_text(), flags=re.MULTILINE)[1:]
ALERTS = {rule.split()[0]: rule for rule in RULES}
SYMPTOMS = [name for name in ALERTS if not name.endswith("Unknown")]
CASES = re.split(r"^  - eval_time: ", (FOLDER / "alerts_test.yml").read_text(), flags=re.MULTILINE)[
    1:
]


@pytest.mark.walk
@pytest.mark.services
def test_promtool_agrees():
    assert shutil.which("promtool"), "promtool is in Debian's package prometheus"
    promtool = ["promtool", "test", "rules", "alerts_test.yml", "alerts_days_test.yml"]
    done = subprocess.run(promtool, cwd=FOLDER, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ALERTS)
def test_each_has_a_case_in_which_it_rings_and_one_in_which_not(name):
    mine = [case for case in CASES if re.search(rf"alertname: {name}$", case, re.MULTILINE)]
    assert {"exp_alerts: []" in case for case in mine} == {True, False}


@pytest.mark.parametrize("name", SYMPTOMS)
def test_each_has_a_twin_for_numbers_that_are_missing(name):
    assert "absent(" in ALERTS[f"{name}Unknown"]


@pytest.mark.parametrize("name", ALERTS)
def test_each_says_what_is_wrong_and_what_to_do(name):
    assert re.search(r"^ +summary: \S", ALERTS[name], re.MULTILINE)
    assert re.search(r"^ +todo: \S", ALERTS[name], re.MULTILINE)
    assert re.search(r"^ +severity: (page|ticket)$", ALERTS[name], re.MULTILINE)


@pytest.mark.parametrize("name", ALERTS)
def test_each_asks_for_numbers_that_there_are(name):
    ours = {
        *Counted.all,
        *(gauge.name for gauge in GAUGES),
        "front_row_database_up",
        "front_row_cache_up",
    }
    asked = re.findall(r"front_row_\w+", ALERTS[name])
    assert asked
    assert {word.removesuffix("_bucket") for word in asked} <= ours


def test_the_docs_list_each_alert():
    text = (settings.BASE_DIR / "docs" / "monitoring.md").read_text()
    assert re.findall(r"^\| `(\w+)` \| (?:page|ticket) \|", text, re.MULTILINE) == SYMPTOMS
