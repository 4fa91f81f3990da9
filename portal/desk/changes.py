"""What was done to the programme, and how it is undone."""

from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _

from portal.desk.forms import ActForm
from schedule.changes.recorder import UndoRefused, undo
from schedule.changes.run_of_show.proposal import ActRefused
from schedule.models import Change, Conference, Talk
from schedule.models.changes import ChangeQuerySet
from schedule.site.rights import DeskRights
from tickets.models import User

LAST_CHANGES = 10


def _changes(conference: Conference, rights: DeskRights, user: User) -> ChangeQuerySet:
    """Helpers see, and undo, what they did themselves."""
    changes = Change.objects.filter(conference=conference)
    return changes if rights.is_organizer else changes.filter(actor=user)


def last_changes(conference: Conference, rights: DeskRights, user: User) -> ChangeQuerySet:
    changes = _changes(conference, rights, user).newest_first()
    return changes.select_related("actor", "undone_by")[:LAST_CHANGES]


class UndoForm(ActForm, forms.Form):
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
        if not Change.objects.can_be_undone().filter(pk=self.change.pk).exists():
            raise ValidationError(_("This is undone already."))

    def do(self) -> str:
        summary = _("Undone: %(what)s") % {"what": self.change}
        try:
            undo(self.change, actor=self.actor, summary=summary[:300])
        except UndoRefused as changed:
            fields = {field.name: field.verbose_name for field in Talk._meta.fields}
            what = "; ".join(f"{each.talk}: {fields[each.field]}" for each in changed.fields)
            text = _("Not undone, because this has changed since: %(what)s.") % {"what": what}
            raise ActRefused(text) from None
        return summary
