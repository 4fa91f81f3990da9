"""One form for each act. What is typed names a plan; the plan is made anew when it is applied."""

from datetime import timedelta
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schedule.changes.run_of_show import acts
from schedule.changes.run_of_show.proposal import ActRefused, Proposal
from schedule.changes.run_of_show.run_sheet import RunSheet, SheetTalk
from schedule.site.rights import DeskRights

MAX_MINUTES = 12 * 60


class At(forms.DateTimeField):
    """In the conference's zone, which the admin's pages are in (portal/admin.py)."""

    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})


class ActForm(forms.Form):
    act: ClassVar[str]
    label: ClassVar[str | Promise]

    def __init__(self, *args: Any, sheet: RunSheet, reach: DeskRights, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sheet, self.reach = sheet, reach

    def plan(self, sheet: RunSheet) -> Proposal:
        """Raises ActRefused, and PermissionDenied for what is out of reach."""
        raise NotImplementedError

    def reached(self, sheet: RunSheet, name: str = "talk") -> SheetTalk:
        talk = sheet.by_code.get(self.cleaned_data[name])
        if talk is None:
            raise ActRefused(_("This talk is not in the programme any more."))
        if not self.reach.may(self.act, talk.room):
            raise PermissionDenied
        return talk


class OneTalkForm(ActForm):
    talk = forms.CharField(widget=forms.HiddenInput)


class ShiftForm(OneTalkForm):
    act = "shift"
    label = gettext_lazy("Shift from here on")
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), min_value=-MAX_MINUTES, max_value=MAX_MINUTES, initial=10
    )

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.shift(sheet, self.reached(sheet), self.cleaned_data["minutes"])


class ExtendForm(OneTalkForm):
    act = "extend"
    label = gettext_lazy("Extend")
    minutes = forms.IntegerField(
        label=gettext_lazy("Minutes"), min_value=1, max_value=MAX_MINUTES, initial=5
    )

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.extend(sheet, self.reached(sheet), self.cleaned_data["minutes"])


class EndForm(OneTalkForm):
    """Without `at`: now."""

    act = "end"
    label = gettext_lazy("End early")
    at = At(label=gettext_lazy("At"), required=False)

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        if data is not None and not data.get("at"):
            data = {**data.dict(), "at": timezone.now().replace(second=0, microsecond=0)}
        super().__init__(data, **kwargs)

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.end_early(sheet, self.reached(sheet), self.cleaned_data["at"])


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
                days.setdefault(day, []).append((talk.code, self._said(talk)))
        self.fields["other"].choices = list(days.items())  # type: ignore[attr-defined]  # ChoiceField

    def _said(self, talk: SheetTalk) -> str:
        start = date_format(timezone.localtime(talk.starts_at), "H:i")
        return f"{start} {self.sheet.rooms[talk.room or 0].name}: {talk.title}"

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.swap(sheet, self.reached(sheet), self.reached(sheet, "other"))


class RoomChoice(forms.ChoiceField):
    def offer(self, sheet: RunSheet) -> None:
        in_order = sorted(sheet.rooms.values(), key=lambda room: (room.position, room.name))
        self.choices = [(room.slug, room.name) for room in in_order]


class InRoomForm(ActForm):
    room = RoomChoice(label=gettext_lazy("Room"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        room_field: Any = self.fields["room"]
        room_field.offer(self.sheet)

    def chosen_room(self, sheet: RunSheet) -> Any:
        slug = self.cleaned_data["room"]
        room = next((room for room in sheet.rooms.values() if room.slug == slug), None)
        if room is None:
            raise ActRefused(_("This room is gone."))
        if not self.reach.may(self.act, room.pk):
            raise PermissionDenied
        return room


class MoveForm(OneTalkForm, InRoomForm):
    act = "move"
    label = gettext_lazy("Move to another room")

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.move(sheet, self.reached(sheet), self.chosen_room(sheet))


class CancelForm(OneTalkForm):
    act = "cancel"
    label = gettext_lazy("Cancel")

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.cancel(sheet, self.reached(sheet))


class RestoreForm(OneTalkForm):
    act = "restore"
    label = gettext_lazy("Restore")

    def plan(self, sheet: RunSheet) -> Proposal:
        return acts.restore(sheet, self.reached(sheet))


class BreakForm(InRoomForm):
    act = "break"
    label = gettext_lazy("Add a break")
    at = At(label=gettext_lazy("At"))
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


FORMS: dict[str, type[ActForm]] = {
    form.act: form
    for form in (
        ShiftForm,
        ExtendForm,
        EndForm,
        SwapForm,
        MoveForm,
        CancelForm,
        RestoreForm,
        BreakForm,
    )
}


def forms_for(talk: SheetTalk, sheet: RunSheet, reach: DeskRights) -> list[ActForm]:
    """What can be done with this talk, each form filled in as far as possible."""
    if talk.is_canceled:
        names = ["restore"]
    elif talk.room is None:
        names = ["move", "cancel"]
    else:
        names = ["shift", "extend", "end", "swap", "move", "cancel", "break"]
    initial: dict[str, Any] = {"talk": talk.code, "at": talk.ends_at - timedelta(minutes=5)}
    if talk.room is not None:
        initial["room"] = sheet.rooms[talk.room].slug
    after = {**initial, "at": talk.ends_at}
    return [
        FORMS[name](
            sheet=sheet,
            reach=reach,
            initial=after if name == "break" else initial,
            auto_id=f"{name}_%s",
        )
        for name in names
        if reach.may(name, talk.room)
    ]
