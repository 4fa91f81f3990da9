"""What organizers and the helpdesk type about people and tickets."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schedule.site.scoped_admin import ConferenceForm
from tickets.grants.forms import ScopesField
from tickets.models import Claim, User
from tickets.models.scopes import Scope, parse_scope


class ScopesForm(ConferenceForm):
    scopes = ScopesField(
        label=_("Opens"),
        help_text=_(
            "With commas between: conference, day:2026-11-21, room:main, talk:CODE, replay."
        ),
    )

    def clean_scopes(self) -> list[str]:
        scopes: list[str] = self.cleaned_data["scopes"]
        for text in scopes:
            try:
                scope = parse_scope(text)
            except ValueError:
                continue  # the model's validator explains it
            self._refuse_unknown(scope)
        return scopes

    def _refuse_unknown(self, scope: Scope) -> None:
        """A room or talk that does not exist would open nothing, and nobody would see why."""
        conference = self.conference
        if conference is None:
            return
        if scope.kind == "room" and not conference.rooms.filter(slug=scope.value).exists():
            message = _("There is no room with the slug “%(value)s”.")
        elif scope.kind == "talk" and not conference.talks.filter(code=scope.value).exists():
            message = _("There is no talk with the code “%(value)s”.")
        else:
            return
        raise ValidationError(message, params={"value": scope.value})


class ProductForm(ScopesForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "scopes" in self.fields:
            self.fields["scopes"].required = False


class NewPersonForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """Without a password: people sign in by code. A superuser can set one afterwards."""

    class Meta:
        model = User
        fields = ("email", "display_name")


class ClaimForm(forms.ModelForm):  # type: ignore[type-arg]  # not generic at run time
    """A claim is made for a person and released; it is neither changed nor deleted."""

    release = forms.BooleanField(label=_("Release"), required=False)

    class Meta:
        model = Claim
        fields = ("user",)
        labels = {"user": _("Person")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk is not None and "user" in self.fields:
            self.fields["user"].disabled = True
            self.fields["release"].disabled = self.instance.released_at is not None
        elif self.instance.pk is None:
            self.instance.way = Claim.Way.HELPDESK

    def clean(self) -> dict[str, Any]:
        super().clean()
        if self.cleaned_data.get("release") and self.instance.released_at is None:
            self.instance.released_at = timezone.now()
        return self.cleaned_data


class ClaimFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # not generic at run time
    def clean(self) -> None:
        super().clean()
        made = [form for form in self.forms if form.instance.pk or form.has_changed()]
        live = [form for form in made if form.instance.released_at is None]
        if len(live) > 1:
            raise ValidationError(
                _("Somebody has this ticket. Release that claim, then the next person can have it.")
            )
