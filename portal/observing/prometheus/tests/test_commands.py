"""The commands of timers are counted, whatever becomes of them."""

import re
from unittest import mock

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError

from lib.counting import counts
from lib.counting.acts import TIMED
from lib.counting.counts import totals

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def from_nought():
    counts._pending.clear()


def runs():
    """By command and outcome, of those that have given their counts."""
    begin = "front_row_commands_total|"
    return {key.removeprefix(begin): number for key, number in totals().items() if begin in key}


def test_what_goes_well_is_given_at_the_end():
    call_command("housekeeping", "--dry-run")
    # To give them away is a round trip, which waits to be given itself.
    assert not [key for key in counts._pending if "commands" in key]
    assert runs() == {"housekeeping|ok": 1}


@pytest.mark.parametrize(
    ("command", "place", "error"),
    [
        ("sync_tickets", "tickets.management.commands.sync_tickets._chosen", CommandError),
        ("import_schedule", "schedule.management.commands.import_schedule.check_due", OSError),
        ("housekeeping", "portal.management.commands.housekeeping.timetable", SystemExit),
        ("alarm", "lib.counting.commands.BaseCommand.execute", SystemCheckError),
    ],
)
def test_what_fails_is_counted_as_that(command, place, error):
    with mock.patch(place, side_effect=error("no")), pytest.raises(error):
        call_command(command)
    assert runs() == {f"{command}|failed": 1}


def test_a_probe_that_sees_a_stream_stand_still_has_done_its_work():
    seen = mock.Mock(is_due=True)
    seen.health.is_playing = False
    with (
        mock.patch(
            "streaming.management.commands.probe_streams.check_streams", return_value=[seen]
        ),
        pytest.raises(SystemExit) as ended,
    ):
        call_command("probe_streams")
    assert ended.value.code == 1
    assert runs() == {"probe_streams|ok": 1}


def test_each_command_of_a_timer_is_one_of_them():
    units = (settings.BASE_DIR / "deploy" / "systemd").glob("*.timer")
    texts = [unit.with_suffix(".service").read_text() for unit in units]
    commands = re.findall(r"manage\.py (\w+)", "".join(texts))
    assert {*commands} == {*TIMED}
