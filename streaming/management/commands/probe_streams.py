import json

from django.core.management.base import CommandError, CommandParser
from django.utils import timezone
from django.utils.translation import gettext as _

from lib.counting.commands import CountedCommand, Noticed
from schedule.models import Conference
from streaming.probes.check_streams import CheckedStream, check_streams, count_viewers


class Command(CountedCommand):
    help = (
        "Look whether every stream that should play now is playing, and count who watches, for the"
        " desk. Every 20 seconds by a timer. Exit status 0: all play; 1: one that should does not."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--conference", metavar="SLUG", help="default: all")
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *, conference: str | None, **options: object) -> None:
        conferences = Conference.objects.order_by("slug")
        if conference is not None:
            conferences = conferences.filter(slug=conference)
            if not conferences:
                raise CommandError(_("There is no conference “%(slug)s”.") % {"slug": conference})
        at = timezone.now()
        watching = count_viewers(conferences, at)
        checked = check_streams(conferences, at)
        if options["json"]:
            report = {
                "at": at.isoformat(),
                "streams": [_as_dict(each) for each in checked],
                "viewers": [
                    {"conference": room.conference.slug, "room": room.slug, "viewers": number}
                    for room, number in watching.items()
                ],
            }
            self.stdout.write(json.dumps(report, indent=2, ensure_ascii=False))
        else:
            self._report(checked)
        if any(each.is_due and not each.health.is_playing for each in checked):
            raise Noticed(1)

    def _report(self, checked: list[CheckedStream]) -> None:
        for each in checked:
            mark = "+" if each.health.is_playing else "-" if each.is_due else " "
            words = each.health.problem or _("plays")
            self.stdout.write(f"{mark} {each.stream.room}, {each.stream}: {words}")
        if not checked:
            self.stdout.write(_("Nothing should play now."))


def _as_dict(each: CheckedStream) -> dict[str, object]:
    stream, health = each.stream, each.health
    return {
        "conference": stream.room.conference.slug,
        "room": stream.room.slug,
        "stream": stream.pk,
        "kind": stream.kind,
        "role": stream.role,
        "is_due": each.is_due,
        "is_playing": health.is_playing,
        "problem": health.problem,
        "moved_at": health.moved_at.isoformat() if health.moved_at else None,
    }
