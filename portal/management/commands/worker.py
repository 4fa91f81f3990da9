import signal
import threading

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation import gettext as _

from lib.counting.counts import flush, flush_every_second
from portal.worker import QUEUES, run


class Command(BaseCommand):
    help = (
        "Do what pages leave for later: mails (--queue mail) and all else (--queue default). Runs"
        " until SIGTERM, and then finishes what it is doing. Several may run; killed, it loses"
        " nothing. Exit status 0."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--queue", choices=[*QUEUES, "all"], default="all")
        parser.add_argument(
            "--threads", type=int, default=1, help="how much it does at once (mail: 4)"
        )

    def handle(self, *, queue: str, threads: int, **_options: object) -> None:
        if not settings.HAS_WORKER:
            raise CommandError(
                _("HAS_WORKER is off: tasks are run by the pages that ask for them.")
            )
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: stop.set())
        flush_every_second()
        run(QUEUES if queue == "all" else [queue], threads, stop)
        flush()
