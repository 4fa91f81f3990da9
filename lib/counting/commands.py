"""Commands that timers run, counted by how they end."""

from typing import Any

from django.core.management.base import BaseCommand

from lib.counting.acts import COMMANDS
from lib.counting.counts import flush


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
