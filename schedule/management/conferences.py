"""The option --conference, the same for every command."""

from django.core.management.base import CommandError, CommandParser
from django.utils.translation import gettext as _

from schedule.models import Conference


def add_conference_option(parser: CommandParser) -> None:
    parser.add_argument("--conference", metavar="SLUG", help="needed if there are several")


def chosen_conference(slug: str | None) -> Conference:
    """None: the only one there is. Raises CommandError."""
    known = list(Conference.objects.order_by("slug"))
    chosen = [one for one in known if slug in (None, one.slug)]
    if len(chosen) == 1:
        return chosen[0]
    slugs = ", ".join(one.slug for one in known) or _("none")
    if slug is None and known:
        raise CommandError(
            _("Say which conference with --conference: %(slugs)s") % {"slugs": slugs}
        )
    raise CommandError(_("There is no such conference. There are: %(slugs)s") % {"slugs": slugs})
