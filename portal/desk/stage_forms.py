"""Acts on pictures and announcements: each is one press, and one more takes it back."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.desk.forms import ActForm
from streaming.announcements import announcing
from streaming.models import Announcement, Stream, Switch
from streaming.watching import switching


class RoomForm(ActForm, forms.Form):
    """In the room that the address names; for organizers, and for its helpers."""

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.room = self.rights.room(self.conference, slug)
        self.anchor = f"#room-{slug}"

    def do(self) -> str:
        return f"{self.room}: {self.switch()}"

    def switch(self) -> str:
        raise NotImplementedError


GONE = _("This stream is gone.")


class SwitchForm(RoomForm):
    stream = forms.ModelChoiceField(
        Stream.objects.none(), error_messages={"required": GONE, "invalid_choice": GONE}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["stream"]
        field.queryset = self.room.streams.filter(is_test=False).select_related("room")

    def switch(self) -> str:
        return switching.switch_to(self.cleaned_data["stream"], actor=self.actor)


class SwitchBackForm(RoomForm):
    def switch(self) -> str:
        return switching.switch_back(self.room, actor=self.actor)


SAY_IT = _("Say it in 1 to 200 characters.")


class SlateForm(RoomForm):
    words = forms.CharField(
        max_length=Switch._meta.get_field("slate").max_length,
        error_messages={"required": SAY_IT, "max_length": SAY_IT},
    )

    def switch(self) -> str:
        return switching.put_up_slate(self.room, self.cleaned_data["words"], actor=self.actor)


class SlateDownForm(RoomForm):
    def switch(self) -> str:
        return switching.take_down_slate(self.room, actor=self.actor)


class AnnouncingForm(ActForm):
    """For organizers."""

    anchor = "#announced"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.rights.is_organizer:
            raise PermissionDenied


class AnnounceForm(AnnouncingForm, forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """`until` is the button that was pressed."""

    until = forms.ChoiceField(
        choices=[
            ("10", _("10 min")),
            ("30", _("30 min")),
            ("60", _("1 h")),
            ("today", _("today")),
            ("open", _("until I end it")),
        ]
    )

    class Meta:
        model = Announcement
        fields = ("text", "urgency", "room", "is_public")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.conference = self.conference
        room: Any = self.fields["room"]
        room.queryset, room.empty_label = self.conference.rooms.all(), _("Everywhere")
        room.help_text = ""

    def do(self) -> str:
        until = self._ends_at(timezone.now())
        announcing.announce(self.instance, until=until, actor=self.actor)
        return gettext("Announced: %(text)s") % {"text": self.instance}

    def _ends_at(self, at: datetime) -> datetime | None:
        until: str = self.cleaned_data["until"]
        if until == "open":
            return None
        if until == "today":
            end: datetime = self.conference.day_window(self.conference.day_of(at))[1]
            return end
        return at + timedelta(minutes=int(until))


class EndAnnouncementForm(AnnouncingForm, forms.Form):
    def __init__(self, *args: Any, pk: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = self.conference.announcements.current_at(timezone.now())
        self.announcement = get_object_or_404(current, pk=pk)

    def do(self) -> str:
        announcing.end(self.announcement, actor=self.actor)
        return gettext("Ended: %(text)s") % {"text": self.announcement}
