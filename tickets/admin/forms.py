"""What organizers and the helpdesk type about people and tickets."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from schedule.site.scoped_admin import ConferenceForm
from tickets.grants.forms import ScopesField
from tickets.models import Claim, User
from tickets.models.scopes import KnownScopes


class ScopesForm(ConferenceForm):
    scopes = ScopesField(
        label=_("Opens"),
        help_text=_(
            "With commas between: conference, day:2026-11-21, room:main, talk:CODE, replay."
        ),
    )

    def clean_scopes(self) -> list[str]:
        scopes: list[str] = self.cleaned_data["scopes"]
        if self.conference is not None:
            KnownScopes(self.conference).check(scopes)
        return scopes


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

    @property
    def is_live(self) -> bool:
        """Whether somebody has the ticket by it, once the form is saved."""
        return self.instance.released_at is None and not self.cleaned_data.get("release")

    def save(self, commit: bool = True) -> Any:
        claim = self.instance if self.instance.pk else super().save(commit)
        if self.cleaned_data.get("release"):
            claim.release(timezone.now())
        return claim


class ClaimFormSet(forms.BaseInlineFormSet):  # type: ignore[type-arg]  # not generic at run time
    def clean(self) -> None:
        super().clean()
        forms: list[Any] = self.forms
        made = [form for form in forms if form.instance.pk or form.has_changed()]
        if len([form for form in made if form.is_live]) > 1:
            raise ValidationError(
                _("Somebody has this ticket. Release that claim, then the next person can have it.")
            )
