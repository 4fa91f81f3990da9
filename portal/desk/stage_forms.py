"""What is pressed and typed at the desk about pictures and announcements."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference, Room
from streaming.models import Announcement, Stream, Switch


class SwitchForm(forms.Form):
    stream = forms.ModelChoiceField(Stream.objects.none())

    def __init__(self, *args: Any, room: Room, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["stream"]
        field.queryset = room.streams.filter(is_test=False).select_related("room")


class SlateForm(forms.Form):
    words = forms.CharField(
        label=_("Words instead of the picture"),
        max_length=Switch._meta.get_field("slate").max_length,
    )


class AnnounceForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
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

    def __init__(self, *args: Any, conference: Conference, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.conference = conference
        room: Any = self.fields["room"]
        room.queryset, room.empty_label = conference.rooms.all(), _("Everywhere")
        room.help_text = ""

    def ends_at(self, at: datetime) -> datetime | None:
        until: str = self.cleaned_data["until"]
        if until == "open":
            return None
        if until == "today":
            conference = self.instance.conference
            end: datetime = conference.day_window(conference.day_of(at))[1]
            return end
        return at + timedelta(minutes=int(until))
