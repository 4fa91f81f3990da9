from typing import Any

from django.conf import settings
from django.core.management.base import CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from lib.counting.commands import CountedCommand
from portal.observing.alarms import look, told
from portal.observing.messengers import ping, tell


class Command(CountedCommand):
    help = (
        "Tells whom ALARMS_TO names what doctor finds broken, and what is well again. For a timer, every two"
        " minutes. Exit status 0: done; 1: somebody could not be told."
    )
    # Whatever is broken, it has to be told.
    requires_system_checks = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--test", action="store_true", help="only send a message to everybody")

    def handle(self, *, test: bool, **_options: Any) -> None:
        if not settings.ALARMS_TO:
            self.stdout.write(_("ALARMS_TO is empty, so nobody is told."))
        if test:
            words = _("Front Row: a test. Alarms come to you.")
            failed = tell(words, is_urgent=True)
        else:
            failed = self._round() if settings.ALARMS_TO else []
        if settings.ALARM_PING_URL and not failed and (problem := ping()):
            failed = [f"ALARM_PING_URL: {problem}"]
        for each in failed:
            self.stderr.write(each)
        if failed:
            raise SystemExit(1)

    def _round(self) -> list[str]:
        with told() as before:
            news = look(before.faults, timezone.now())
            words = news.words()
            failed = tell(words, is_urgent=bool(news.new)) if words else []
            # When nobody has heard it, the next round tells it again.
            if len(failed) < len(settings.ALARMS_TO):
                before.keep(news.faults)
            self.stdout.write(words or _("Nothing new."))
            return failed
