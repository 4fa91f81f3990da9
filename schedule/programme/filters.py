"""What the schedule is narrowed to: all of it in the address, for people without scripts too."""

from collections.abc import Mapping, Sequence

from django import forms
from django.db.models import QuerySet
from django.utils.functional import Promise
from django.utils.translation import get_language_info
from django.utils.translation import gettext_lazy as _

from lib.cached import once_per_revision
from lib.text import one_line
from schedule.models import Room, Talk, TalkQuerySet, Track
from schedule.programme.search import search
from schedule.site.params import MEANINGLESS, Param
from schedule.site.request import ConferenceRequest

# A phone shows that many without trouble; more are shown day by day.
MAX_LISTED = 200
MAX_SEARCH_LENGTH = 100


class FilterForm(forms.Form):
    q = forms.CharField(
        label=_("Search"),
        required=False,
        max_length=MAX_SEARCH_LENGTH,
        widget=forms.TextInput(attrs={"type": "search", "placeholder": _("Title, text, speaker")}),
    )
    room = forms.ChoiceField(label=_("Room"), required=False)
    track = forms.ChoiceField(label=_("Track"), required=False)
    kind = forms.ChoiceField(label=_("Kind"), required=False)
    language = forms.ChoiceField(label=_("Language"), required=False)
    mine = forms.BooleanField(label=_("My stars only"), required=False)

    def __init__(self, request: ConferenceRequest) -> None:
        """Fields in which there is nothing to choose are left out."""
        super().__init__(request.GET, auto_id="filter-%s", label_suffix="")
        choices = choices_of(request.conference.pk, request.programme_revision)
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


@once_per_revision
def choices_of(
    conference_id: int, revision: int
) -> Mapping[str, Sequence[tuple[str, str | Promise]]]:
    """What there is to choose, by the name of the field."""
    talks = Talk.objects.filter(conference=conference_id).shown().exclude(language="")
    languages = talks.order_by("language").values_list("language", flat=True).distinct()
    return {
        "room": list(Room.objects.filter(conference=conference_id).values_list("slug", "name")),
        "track": list(Track.objects.filter(conference=conference_id).values_list("slug", "name")),
        "kind": list(Talk.Kind.choices),
        "language": [(code, language_name(code)) for code in languages],
    }


def _folded(_request: ConferenceRequest, text: str) -> str:
    """Searching sees no difference between capitals and small letters, and none between spaces."""
    return one_line(text[:MAX_SEARCH_LENGTH]).lower()[:MAX_SEARCH_LENGTH]


def _choice(name: str) -> Param:
    def spell(request: ConferenceRequest, value: str) -> str:
        choices = choices_of(request.conference.pk, request.programme_revision)
        is_one = any(value == each for each, _label in choices[name])
        return value if is_one else MEANINGLESS

    return Param(spell, is_search=True)


def _tick(_request: ConferenceRequest, value: str) -> str:
    return "" if value.lower() in ("0", "false") else "1"


# What an address may say of each field.
FILTERS = {
    "q": Param(_folded, is_search=True),
    **{name: _choice(name) for name in ("room", "track", "kind", "language")},
    "mine": Param(_tick, is_search=True, is_personal=True),
}


def language_name(code: str) -> str:
    """In the language itself; the code where Django does not know it."""
    try:
        return str(get_language_info(code)["name_local"])
    except KeyError:
        return code
