"""What people did to the programme, and how it is undone. Imports are undone where they are made: one
of them is a whole programme.
"""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from portal.desk.forms import ActForm
from schedule.changes.recorder import UndoRefused
from schedule.changes.removals import RemovalsRefused
from schedule.changes.run_of_show.proposal import ActRefused
from schedule.changes.undoing import UndoPlan, undo_as_seen
from schedule.models import Change, Conference, Talk
from schedule.models.changes import ChangeQuerySet
from schedule.site.rights import DeskRights
from tickets.models import User

LAST_CHANGES = 10


def _changes(conference: Conference, rights: DeskRights, user: User) -> ChangeQuerySet:
    """Helpers see, and undo, what they did themselves."""
    changes = Change.objects.filter(conference=conference).of_people()
    return changes if rights.is_organizer else changes.filter(actor=user)


def last_changes(conference: Conference, rights: DeskRights, user: User) -> ChangeQuerySet:
    changes = _changes(conference, rights, user).newest_first()
    return changes.select_related("actor", "undone_by")[:LAST_CHANGES]


class UndoForm(ActForm, forms.Form):
    digest = forms.CharField(required=False)
    accept_removals = forms.BooleanField(required=False)

    def __init__(self, *args: Any, pk: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.rights.runs_show:
            raise PermissionDenied
        changes = _changes(self.conference, self.rights, self.actor)
        self.change = get_object_or_404(changes, pk=pk)
        rooms = self.change.fields.values_list("talk__room", flat=True).distinct()
        if not all(self.rights.covers(room) for room in rooms):
            raise PermissionDenied

    def clean(self) -> None:
        if not self.change.can_be_undone:
            raise ValidationError(_("This is undone already."))

    @cached_property
    def plan(self) -> UndoPlan:
        return UndoPlan.of(self.change, timezone.now())

    def do(self) -> str:
        """Raises PlanChanged when it would not do what was looked at."""
        summary = _("Undone: %(what)s") % {"what": self.change}
        try:
            undo_as_seen(
                self.change,
                actor=self.actor,
                summary=summary,
                digest=self.cleaned_data["digest"],
                accepts_removals=self.cleaned_data["accept_removals"],
                at=timezone.now(),
            )
        except RemovalsRefused as refused:
            text = _("Nothing was undone. %(reasons)s If that is right, tick the box.")
            raise ActRefused(text % {"reasons": refused}) from None
        except UndoRefused as changed:
            fields = {field.name: field.verbose_name for field in Talk._meta.fields}
            what = "; ".join(f"{each.talk}: {fields[each.field]}" for each in changed.fields)
            text = _("Not undone, because this has changed since: %(what)s.") % {"what": what}
            raise ActRefused(text) from None
        return summary
