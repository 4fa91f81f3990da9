"""Acts on pictures and announcements: each is one press, and one more takes it back."""

from datetime import datetime, timedelta
from typing import Any, cast

from django import forms
from django.contrib.admin.models import ADDITION
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.desk.forms import ActForm
from schedule.models import Room
from streaming.models import Announcement, Stream, Switch


class RoomActForm(ActForm, forms.Form):
    """An act in the room that the address names; for organizers, and for its helpers."""

    def __init__(self, *args: Any, slug: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.room = self.rights.room(self.conference, slug)
        self.anchor = f"#room-{slug}"

    @transaction.atomic
    def do(self) -> str:
        words = self.switch(timezone.now())
        self.log(self.room, words)
        return f"{self.room}: {words}"

    def switch(self, at: datetime) -> str:
        """Returns what it did. Open pages learn of it by the tag in /live.json."""
        raise NotImplementedError


GONE = _("This stream is gone.")


class SwitchForm(RoomActForm):
    """Everybody in the room sees this stream, until somebody switches back."""

    stream = forms.ModelChoiceField(
        Stream.objects.none(), error_messages={"required": GONE, "invalid_choice": GONE}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        streams = self.room.streams.filter(is_test=False)
        cast(forms.ModelChoiceField[Stream], self.fields["stream"]).queryset = streams

    def switch(self, at: datetime) -> str:
        stream = self.cleaned_data["stream"]
        Switch.objects.put_on(self.room, at=at, by=self.actor, stream=stream, slate="")
        return gettext("Switched to %(stream)s") % {"stream": stream}


class SwitchBackForm(RoomActForm):
    """The streams of the room say again what is shown."""

    def switch(self, at: datetime) -> str:
        Switch.objects.filter(room=self.room).delete()
        return gettext("Switched back to what was planned")


SAY_IT = _("Say it in 1 to 200 characters.")


class SlateForm(RoomActForm):
    """Words in the place of any picture. What was switched to comes back after them."""

    words = forms.CharField(
        max_length=Switch._meta.get_field("slate").max_length,
        error_messages={"required": SAY_IT, "max_length": SAY_IT},
    )

    def switch(self, at: datetime) -> str:
        words = self.cleaned_data["words"]
        Switch.objects.put_on(self.room, at=at, by=self.actor, slate=words)
        return gettext("Put up: %(words)s") % {"words": words}


class SlateDownForm(RoomActForm):
    def switch(self, at: datetime) -> str:
        Switch.objects.filter(room=self.room).take_down_slate(at=at, by=self.actor)
        return gettext("Took the words down")


class AnnouncingForm(ActForm):
    """An act of organizers and moderators."""

    anchor = "#announced"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.rights.may_announce:
            raise PermissionDenied


class AnnounceForm(AnnouncingForm, forms.ModelForm[Announcement]):
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
        room = cast(forms.ModelChoiceField[Room], self.fields["room"])
        room.queryset, room.empty_label = self.conference.rooms.all(), _("Everywhere")
        room.help_text = ""

    @transaction.atomic
    def do(self) -> str:
        at = timezone.now()
        self.instance.announce(at=at, until=self._ends_at(at), by=self.actor)
        self.log(self.instance, gettext("Announced at the desk"), ADDITION)
        return gettext("Announced: %(text)s") % {"text": self.instance}

    def _ends_at(self, at: datetime) -> datetime | None:
        until: str = self.cleaned_data["until"]
        if until == "open":
            return None
        if until == "today":
            return self.conference.day_window(self.conference.day_of(at))[1]
        return at + timedelta(minutes=int(until))


class EndAnnouncementForm(AnnouncingForm, forms.Form):
    def __init__(self, *args: Any, pk: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        current = self.conference.announcements.current_at(timezone.now())
        self.announcement = get_object_or_404(current, pk=pk)

    @transaction.atomic
    def do(self) -> str:
        self.announcement.end(timezone.now())
        self.log(self.announcement, gettext("Ended at the desk"))
        return gettext("Ended: %(text)s") % {"text": self.announcement}
