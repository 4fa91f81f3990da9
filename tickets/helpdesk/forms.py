"""One form for each fix: who may, which row, what is typed, and the function that does it."""

from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schedule.site.scoped_admin import VenueTimeField
from tickets.accounts.accounts import may_more, people_known_to
from tickets.accounts.forms import FoldedEmailField
from tickets.grants.forms import ScopesField
from tickets.helpdesk import acts
from tickets.helpdesk.acts import Done, Volunteer
from tickets.models import Ban, Grant, Ticket, User
from tickets.models.roles import USE_HELPDESK
from tickets.models.scopes import KnownScopes

# Of whoever helps here; some acts ask for another one instead.
PERMISSION = USE_HELPDESK
MAX_HOURS = 7 * 24


def page_of(row: models.Model) -> str:
    """Of a ticket, a person, or the person whose grant or ban it is."""
    if isinstance(row, Ticket):
        return reverse("helpdesk:ticket", args=[row.pk])
    person = row.user_id if isinstance(row, Grant | Ban) else row.pk
    return reverse("helpdesk:person", args=[person])


class RowField(forms.ModelChoiceField[Any]):
    """Of this conference, or a person who has to do with it."""

    widget = forms.HiddenInput

    def __init__(self, queryset: models.QuerySet[Any]) -> None:
        gone = gettext_lazy("It is not there any more.")
        super().__init__(queryset, error_messages={"invalid_choice": gone})

    def limit_to(self, volunteer: Volunteer) -> None:
        if self.queryset is not None and self.queryset.model is User:
            self.queryset = people_known_to(volunteer.user, volunteer.conference)
        elif self.queryset is not None:
            self.queryset = self.queryset.filter(conference=volunteer.conference)


class FixForm(forms.Form):
    """`says`: what it will do, on the page that asks once more or for what has to be typed."""

    act: ClassVar[str]
    label: ClassVar[str | Promise]
    says: ClassVar[str | Promise] = ""
    permission: ClassVar[str] = PERMISSION
    asks_first: ClassVar[bool] = False
    does: ClassVar[Callable[..., Done]]

    def __init__(self, data: Any = None, *, volunteer: Volunteer, **kwargs: Any) -> None:
        super().__init__(data, label_suffix="", **kwargs)
        self.volunteer = volunteer
        for field in self.fields.values():
            if isinstance(field, RowField):
                field.limit_to(volunteer)

    def do(self) -> Done:
        """Raises FixRefused."""
        return self.does(self.volunteer, **self.cleaned_data)

    def about(self) -> models.Model | None:
        """The row that the form is about, to say it on its page and to lead back there."""
        for name, field in self.fields.items():
            if isinstance(field, RowField) and field.queryset is not None:
                pk = str(self[name].value())
                return field.queryset.filter(pk=pk).first() if pk.isdecimal() else None
        return None

    @classmethod
    def is_for(cls, volunteer: Volunteer) -> bool:
        return volunteer.user.has_perm(cls.permission, volunteer.conference)


class TicketForm(FixForm):
    ticket = RowField(Ticket.objects.select_related("conference", "product", "shop"))


class ClaimForm(TicketForm):
    act = "claim"
    does = staticmethod(acts.claim)
    label = gettext_lazy("Give them this ticket")
    says = gettext_lazy(
        "The ticket becomes theirs, whatever address stands on it. Look at a proof first: the order"
        " in their mailbox, or their name on the ticket."
    )
    email = FoldedEmailField()


class ReleaseForm(TicketForm):
    act = "release"
    does = staticmethod(acts.release)
    label = gettext_lazy("Release")
    says = gettext_lazy(
        "Nobody has the ticket then, and who had it is out. If their address stands on it, they get"
        " it back with their next sign-in."
    )
    asks_first = True


class FetchForm(TicketForm):
    act = "fetch"
    does = staticmethod(acts.fetch_order)
    label = gettext_lazy("Ask the shop again")


class AskShopForm(FixForm):
    act = "ask-shop"
    does = staticmethod(acts.ask_shops)
    label = gettext_lazy("Ask the shop now")
    says = gettext_lazy(
        "Whether their orders have changed there: a shop does not announce everything."
    )
    email = FoldedEmailField()


class SendLinkForm(TicketForm):
    act = "send-link"
    does = staticmethod(acts.send_entry_link)
    label = gettext_lazy("Send the entry link")


class ShowLinkForm(TicketForm):
    """Its answer is the page with the code (views.show_link)."""

    act = "show-link"
    does = staticmethod(acts.show_entry_link)
    label = gettext_lazy("Show the entry link here")


class HoursForm(FixForm):
    hours = forms.IntegerField(
        label=gettext_lazy("Hours"), min_value=1, max_value=MAX_HOURS, initial=2
    )


class ExtendTicketForm(HoursForm, TicketForm):
    act = "extend-ticket"
    does = staticmethod(acts.extend_ticket)
    label = gettext_lazy("2 h longer")


class GrantRowForm(FixForm):
    grant = RowField(Grant.objects.select_related("conference", "user"))


class ExtendGrantForm(HoursForm, GrantRowForm):
    act = "extend-grant"
    does = staticmethod(acts.extend_grant)
    label = gettext_lazy("2 h longer")


class EndGrantForm(GrantRowForm):
    act = "end-grant"
    does = staticmethod(acts.end_grant)
    label = gettext_lazy("Take back")
    says = gettext_lazy("It ends now. Without a ticket they are out.")
    asks_first = True


class GiveGrantForm(FixForm):
    act = "grant"
    does = staticmethod(acts.let_in)
    label = gettext_lazy("Let them in without a ticket")
    says = gettext_lazy("The reason is for the organizers; whoever looks later reads it.")
    asks_first = True
    email = FoldedEmailField()
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    scopes = ScopesField(
        label=gettext_lazy("Opens"),
        initial="conference",
        help_text=gettext_lazy(
            "With commas between: conference, day:2026-11-21, room:main, talk:CODE, replay."
        ),
    )
    ends_at = VenueTimeField(label=gettext_lazy("Until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Tonight, as the conference's day ends.
        today = self.volunteer.conference.day_of(timezone.now())
        self.fields["ends_at"].initial = self.volunteer.conference.day_window(today)[1]

    def clean_scopes(self) -> list[str]:
        scopes: list[str] = self.cleaned_data["scopes"]
        KnownScopes(self.volunteer.conference).check(scopes)
        return scopes

    def clean_ends_at(self) -> Any:
        if self.cleaned_data["ends_at"] <= timezone.now():
            raise ValidationError(_("It would end before it begins."))
        return self.cleaned_data["ends_at"]


class PersonForm(FixForm):
    person = RowField(User.objects.all())
    asks_first = True

    def clean_person(self) -> User:
        """Nobody shuts out or signs out who may do more than they may themselves."""
        person: User = self.cleaned_data["person"]
        if may_more(person, self.volunteer.user, self.volunteer.conference):
            raise PermissionDenied
        return person


class BanForm(PersonForm):
    act = "ban"
    does = staticmethod(acts.ban)
    label = gettext_lazy("Shut out")
    says = gettext_lazy("They are out within a minute, whatever ticket they have.")
    permission = "tickets.add_ban"
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    ends_at = VenueTimeField(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("Empty: until taken back."),
    )


class LiftBanForm(FixForm):
    act = "lift-ban"
    does = staticmethod(acts.lift_ban)
    label = gettext_lazy("Let in again")
    permission = "tickets.change_ban"
    ban = RowField(Ban.objects.select_related("conference", "user"))


class EndSessionsForm(PersonForm):
    act = "end-sessions"
    does = staticmethod(acts.end_sessions)
    label = gettext_lazy("Sign out all devices")
    says = gettext_lazy(
        "For a lost phone. It ends what they have signed in to at this conference, and they can sign"
        " in again."
    )


FORMS: dict[str, type[FixForm]] = {
    form.act: form
    for form in (
        ClaimForm,
        ReleaseForm,
        FetchForm,
        AskShopForm,
        SendLinkForm,
        ShowLinkForm,
        ExtendTicketForm,
        ExtendGrantForm,
        EndGrantForm,
        GiveGrantForm,
        BanForm,
        LiftBanForm,
        EndSessionsForm,
    )
}
