"""Each act of the desk is one form: who may, what is typed or pressed, and the function that does
it, of the app whose rows it changes. Here are those on the programme: what is typed names a plan,
which is made anew when it is applied.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, ClassVar, cast

from django import forms
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import QueryDict
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schedule.changes.run_of_show import acts
from schedule.changes.run_of_show.proposal import ActRefused, Proposal, apply
from schedule.changes.run_of_show.run_sheet import RunSheet, SheetTalk
from schedule.models import Room
from schedule.site.rights import DeskRights
from schedule.site.scoped_admin import VenueTimeField
from tickets.admission.request import DeskRequest

MAX_MINUTES = 12 * 60


class ActForm(forms.BaseForm):
    """Raises PermissionDenied, at the latest when it does its act, for those who may not. `anchor`:
    where on the desk it leads back to.
    """

    anchor = ""

    def __init__(self, *args: Any, request: DeskRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.conference, self.rights, self.actor = request.conference, request.rights, request.user

    def do(self) -> str:
        """What was done, in words; "" where there was nothing to do. Raises ActRefused."""
        raise NotImplementedError

    def log(self, row: models.Model, words: str, flag: int = CHANGE) -> None:
        """The row's history in the admin says who did what."""
        LogEntry.objects.log_actions(self.actor.pk, [row], flag, words, single_object=True)


class ProgrammeForm(ActForm, forms.Form):
    """Organizers may do all of it; `is_for_helpers`: so may helpers, with the talks of their rooms."""

    act: ClassVar[str]
    label: ClassVar[str | Promise]
    is_for_helpers: ClassVar[bool] = False

    def __init__(self, *args: Any, sheet: RunSheet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet = sheet

    @classmethod
    def is_for(cls, rights: DeskRights, room: int | None) -> bool:
        return rights.is_organizer or (cls.is_for_helpers and rights.covers(room))

    def plan(self, sheet: RunSheet) -> Proposal:
        """Raises ActRefused, and PermissionDenied for what is for others."""
        raise NotImplementedError

    def do(self) -> str:
        """Raises PlanChanged when it would not do what was looked at."""
        digest = self.data.get("digest", "")
        done, change = apply(self.conference, self.plan, actor=self.actor, digest=digest)
        return done.summary if change else ""

    def chosen_talk(self, sheet: RunSheet, name: str = "talk") -> SheetTalk:
        talk = sheet.by_code.get(self.cleaned_data[name])
        if talk is None:
            raise ActRefused(_("This talk is not in the programme any more."))
        if not self.is_for(self.rights, talk.room):
            raise PermissionDenied
        return talk


class OneTalkForm(ProgrammeForm):
    talk = forms.CharField(widget=forms.HiddenInput)


class ShiftForm(OneTalkForm):
    act = "shift"
    label = gettext_lazy("Shift from here on")
    is_for_helpers = True
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), min_value=-MAX_MINUTES, max_value=MAX_MINUTES, initial=10
    )

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.shift(sheet, self.chosen_talk(sheet), self.cleaned_data["minutes"])


class ExtendTalkForm(OneTalkForm):
    act = "extend"
    label = gettext_lazy("Extend")
    is_for_helpers = True
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), min_value=1, max_value=MAX_MINUTES, initial=5
    )

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.extend(sheet, self.chosen_talk(sheet), self.cleaned_data["minutes"])


class EndForm(OneTalkForm):
    """A form without `at` ends the talk now."""

    act = "end"
    label = gettext_lazy("End early")
    is_for_helpers = True
    at = VenueTimeField(label=gettext_lazy("At"), required=False)

    def __init__(self, data: QueryDict | None = None, **kwargs: Any) -> None:
        filled: Mapping[str, object] | None = data
        if data is not None and not data.get("at"):
            filled = {**data.dict(), "at": timezone.now().replace(second=0, microsecond=0)}
        super().__init__(filled, **kwargs)

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.end_early(sheet, self.chosen_talk(sheet), self.cleaned_data["at"])


class SwapForm(OneTalkForm):
    act = "swap"
    label = gettext_lazy("Swap")
    other = forms.ChoiceField(label=gettext_lazy("With"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        days: dict[str, list[tuple[str, str]]] = {}
        today = self.sheet.conference.day_of(timezone.now())
        for talk in self.sheet.taking_place:
            if talk.room is not None and self.sheet.day_of(talk) >= today:
                day = date_format(self.sheet.day_of(talk), "l j F")
                start = date_format(timezone.localtime(talk.starts_at), "H:i")
                label = f"{start} {self.sheet.rooms[talk.room].name}: {talk.title}"
                days.setdefault(day, []).append((talk.code, label))
        cast(forms.ChoiceField, self.fields["other"]).choices = list(days.items())

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.swap(sheet, self.chosen_talk(sheet), self.chosen_talk(sheet, "other"))


class InRoomForm(ProgrammeForm):
    room = forms.ChoiceField(label=gettext_lazy("Room"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        in_order = sorted(self.sheet.rooms.values(), key=lambda room: (room.position, room.name))
        choices = [(room.slug, room.name) for room in in_order]
        cast(forms.ChoiceField, self.fields["room"]).choices = choices

    def chosen_room(self, sheet: RunSheet) -> Room:
        slug = self.cleaned_data["room"]
        room = next((room for room in sheet.rooms.values() if room.slug == slug), None)
        if room is None:
            raise ActRefused(_("This room is gone."))
        if not self.is_for(self.rights, room.pk):
            raise PermissionDenied
        return room


class MoveForm(OneTalkForm, InRoomForm):
    act = "move"
    label = gettext_lazy("Move to another room")

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.move(sheet, self.chosen_talk(sheet), self.chosen_room(sheet))


class CancelForm(OneTalkForm):
    act = "cancel"
    label = gettext_lazy("Cancel")

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.cancel(sheet, self.chosen_talk(sheet))


class RestoreForm(OneTalkForm):
    act = "restore"
    label = gettext_lazy("Restore")

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.restore(sheet, self.chosen_talk(sheet))


class BreakForm(InRoomForm):
    act = "break"
    label = gettext_lazy("Add a break")
    at = VenueTimeField(label=gettext_lazy("At"))
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), min_value=1, max_value=MAX_MINUTES, initial=15
    )
    title = forms.CharField(
        label=gettext_lazy("Title"), max_length=300, initial=gettext_lazy("Break")
    )

    def plan(self, sheet: RunSheet) -> Proposal:
        values = self.cleaned_data
        room = self.chosen_room(sheet)
        return acts.add_break(sheet, room, values["at"], values["minutes"], values["title"])


FORMS: dict[str, type[ProgrammeForm]] = {
    form.act: form
    for form in (
        ShiftForm,
        ExtendTalkForm,
        EndForm,
        SwapForm,
        MoveForm,
        CancelForm,
        RestoreForm,
        BreakForm,
    )
}


def forms_for(talk: SheetTalk, sheet: RunSheet, request: DeskRequest) -> list[ProgrammeForm]:
    """What can be done with this talk, each form filled in as far as possible."""
    if talk.is_canceled:
        names = ["restore"]
    elif talk.room is None:
        names = ["move", "cancel"]
    else:
        names = ["shift", "extend", "end", "swap", "move", "cancel", "break"]
    initial: dict[str, object] = {"talk": talk.code, "at": talk.ends_at - timedelta(minutes=5)}
    if talk.room is not None:
        initial["room"] = sheet.rooms[talk.room].slug
    after = {**initial, "at": talk.ends_at}
    return [
        FORMS[name](
            sheet=sheet,
            request=request,
            initial=after if name == "break" else initial,
            auto_id=f"{name}_%s",
        )
        for name in names
        if FORMS[name].is_for(request.rights, talk.room)
    ]
