"""What somebody may do in one conference beyond watching, and where that can come from.

The table below is the only place that says what a role may do. Room helpers (Room.helpers) and chairs
(Talk.chairs) are not in it: what they may do hangs on their rooms and talks (schedule/site/rights.py).
docs/roles.md tells people the same.
"""

from collections.abc import Iterable, Mapping

from django.db import models
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from tickets.models.people import User

# What opens the help desk. It stands for no model: who has it changes tickets by the acts there alone.
USE_HELPDESK = "tickets.use_helpdesk"

LOOK = ("view",)
WRITE = ("view", "add", "change")
ALL = ("view", "add", "change", "delete")


def _actions(models: Mapping[str, Iterable[str]]) -> frozenset[str]:
    names = ((model.split("."), action) for model, actions in models.items() for action in actions)
    return frozenset(f"{app}.{action}_{model}" for (app, model), action in names)


class Role(models.Model):
    """What somebody may do in one conference."""

    class Kind(models.TextChoices):
        ORGANIZER = "organizer", _("organizer")
        MODERATOR = "moderator", _("moderator")
        HELPDESK = "helpdesk", _("help desk")

    user = models.ForeignKey(User, models.CASCADE, related_name="roles")
    conference = models.ForeignKey(Conference, models.CASCADE, related_name="roles")
    kind = models.CharField(_("role"), max_length=10, choices=Kind)

    class Meta:
        verbose_name = _("role")
        verbose_name_plural = _("roles")
        constraints = [
            models.UniqueConstraint(fields=["user", "conference", "kind"], name="role_once")
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.get_kind_display()}"


PERMISSIONS: Mapping[str, frozenset[str]] = {
    Role.Kind.ORGANIZER: frozenset({USE_HELPDESK})
    | _actions(
        {
            "schedule.conference": ("view", "change"),
            "schedule.feed": ALL,
            "schedule.feeditem": LOOK,
            "schedule.room": WRITE,
            "schedule.speaker": ALL,
            "schedule.talk": WRITE,
            "schedule.track": ALL,
            "streaming.announcement": ALL,
            "streaming.ingest": ALL,
            "streaming.recording": ALL,
            "streaming.stream": ALL,
            "streaming.streamaccount": ALL,
            "streaming.streamhost": ALL,
            "tickets.ban": ALL,
            "tickets.claim": WRITE,
            "tickets.grant": ALL,
            "tickets.manydevices": LOOK,
            "tickets.product": ALL,
            "tickets.role": ALL,
            "tickets.shop": ALL,
            "tickets.syncrun": LOOK,
            "tickets.ticket": WRITE,
            "tickets.upload": WRITE,
            "tickets.user": WRITE,
        }
    ),
    Role.Kind.MODERATOR: _actions({"streaming.announcement": WRITE}),
    # They find people and let them in; they shut nobody out, and change nothing that a shop says.
    Role.Kind.HELPDESK: frozenset({USE_HELPDESK})
    | _actions(
        {
            "tickets.claim": LOOK,
            "tickets.grant": LOOK,
            "tickets.ticket": LOOK,
            "tickets.user": LOOK,
        }
    ),
}
# Superusers have them in every conference.
EVERY_PERMISSION: frozenset[str] = frozenset().union(*PERMISSIONS.values())
# The relations of a person from which rights come, in any conference.
SOURCES = ("roles", "helped_rooms", "chaired_talks")
# Who is admitted to all of the conference.
ADMITTED_EVERYWHERE = (Role.Kind.ORGANIZER, Role.Kind.MODERATOR)
