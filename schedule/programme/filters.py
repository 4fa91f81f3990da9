"""What the schedule is narrowed to: all of it in the address, for people without scripts too."""

from collections.abc import Sequence

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference, Talk, TalkQuerySet
from schedule.programme.search import search

# A phone shows that many without trouble; more are shown day by day.
MAX_LISTED = 200


class FilterForm(forms.Form):
    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Title, text, speaker")}),
    )
    room = forms.ChoiceField(label=_("Room"), required=False)
    track = forms.ChoiceField(label=_("Track"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False, choices=Talk.Kind)
    language = forms.ChoiceField(label=_("Language"), required=False)
    mine = forms.BooleanField(label=_("My stars only"), required=False)

    def __init__(self, conference: Conference, talks: TalkQuerySet, data: QueryDict) -> None:
        """Fields in which there is nothing to choose are left out."""
        super().__init__(data, auto_id="filter-%s", label_suffix="")
        languages = (
            talks.exclude(language="").order_by("language").values_list("language", flat=True)
        )
        choices: dict[str, Sequence[tuple[str, str | Promise]]] = {
            "room": list(conference.rooms.values_list("slug", "name")),
            "track": list(conference.tracks.values_list("slug", "name")),
            "kind": list(Talk.Kind.choices),
            "language": [(code, language_name(code)) for code in languages.distinct()],
        }
        for name, values in choices.items():
            if name not in self.fields:
                continue
            if len(values) < 2 and not self.data.get(name):
                del self.fields[name]
                continue
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", _("all")), *values]

    @property
    def is_used(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    def narrow(self, talks: TalkQuerySet, user_id: int | None) -> QuerySet[Talk]:
        """What somebody typed wrongly into the address finds nothing."""
        if not self.is_valid():
            return talks.none()
        chosen = self.cleaned_data
        if slug := chosen.get("room"):
            talks = talks.filter(room__slug=slug) | talks.filter(also_in__slug=slug)
            talks = talks.distinct()
        for lookup, name in (("track__slug", "track"), ("kind", "kind"), ("language", "language")):
            if chosen.get(name):
                talks = talks.filter(**{lookup: chosen[name]})
        if chosen.get("mine") and user_id is not None:
            talks = talks.starred_by(user_id)
        return search(talks, chosen["q"])


def language_name(code: str) -> str:
    """In the language itself; the code where Django does not know it."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code
