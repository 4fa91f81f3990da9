"""Commands that timers run, counted by how they end."""

from typing import Any

from django.core.management.base import BaseCommand

from lib.counting.counts import Counted, flush

# Of deploy/systemd.
TIMED = ("alarm", "housekeeping", "import_schedule", "probe_streams", "sync_tickets")
COMMANDS = Counted(
    "front_row_commands_total",
    "Runs of the commands of timers, and how they ended: ok or failed.",
    ("command", "outcome"),
    [(command, outcome) for command in TIMED for outcome in ("ok", "failed")],
)


class Noticed(SystemExit):
    """The command has done its work. Its exit status tells what it saw."""


class CountedCommand(BaseCommand):
    """It is over soon, so it gives its counts when it ends. While Redis is away they are lost."""

    def execute(self, *args: Any, **options: Any) -> str | None:
        outcome = "failed"
        try:
            output = super().execute(*args, **options)
            outcome = "ok"
        except Noticed:
            outcome = "ok"
            raise
        finally:
            COMMANDS.add(type(self).__module__.rpartition(".")[2], outcome)
            flush()
        return output
