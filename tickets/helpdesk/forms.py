"""One form for each fix: which row, what is typed, what it does, and where it leads back to."""

from typing import Any, ClassVar, NamedTuple

from django import forms
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import models
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from schedule.models import Conference
from tickets.accounts.forms import FoldedEmailField
from tickets.grants.forms import ScopesField
from tickets.grants.granting import give_grant
from tickets.helpdesk import acts
from tickets.models import Ban, Grant, Ticket, User
from tickets.models.scopes import KnownScopes

# Of whoever helps here; some acts ask for another one as well.
PERMISSION = "tickets.change_ticket"
MAX_HOURS = 7 * 24


class Done(NamedTuple):
    """`leads_to`: the person or ticket whose page comes next."""

    text: str
    leads_to: models.Model


def page_of(row: models.Model) -> str:
    """Of a ticket, a person, or the person whose grant or ban it is."""
    if isinstance(row, Ticket):
        return reverse("helpdesk:ticket", args=[row.pk])
    person = row.user_id if isinstance(row, Grant | Ban) else row.pk
    return reverse("helpdesk:person", args=[person])


class At(forms.DateTimeField):
    """In the conference's zone, which the page is in (`in_venue_zone`)."""

    widget = forms.DateTimeInput(format="%Y-%m-%dT%H:%M", attrs={"type": "datetime-local"})


class Row(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """Of this conference; people belong to none."""

    widget = forms.HiddenInput

    def __init__(self, queryset: models.QuerySet[Any]) -> None:
        gone = gettext_lazy("It is not there any more.")
        super().__init__(queryset, error_messages={"invalid_choice": gone})

    def limit_to(self, conference: Conference) -> None:
        if self.queryset is not None and self.queryset.model is not User:
            self.queryset = self.queryset.filter(conference=conference)


class FixForm(forms.Form):
    """`says`: what it will do, on the page that asks once more or for what has to be typed."""

    act: ClassVar[str]
    label: ClassVar[str | Promise]
    says: ClassVar[str | Promise] = ""
    permission: ClassVar[str] = PERMISSION
    asks_first: ClassVar[bool] = False

    def __init__(
        self, data: Any = None, *, conference: Conference, by: User, site: str, **kwargs: Any
    ) -> None:
        """`site`: https://live.example.org, for links in mails and on the screen."""
        super().__init__(data, label_suffix="", **kwargs)
        self.conference, self.by, self.site = conference, by, site
        for field in self.fields.values():
            if isinstance(field, Row):
                field.limit_to(conference)

    def do(self) -> Done:
        """Raises Refused."""
        raise NotImplementedError

    def about(self) -> models.Model | None:
        """The row that the form is about, to say it on its page and to lead back there."""
        for name, field in self.fields.items():
            if isinstance(field, Row) and field.queryset is not None:
                pk = str(self[name].value())
                return field.queryset.filter(pk=pk).first() if pk.isdecimal() else None
        return None

    @classmethod
    def is_for(cls, user: Any, conference: Conference) -> bool:
        return bool(user.has_perm(cls.permission, conference))


class TicketForm(FixForm):
    ticket = Row(Ticket.objects.select_related("conference", "product", "shop"))


class ClaimForm(TicketForm):
    act = "claim"
    label = gettext_lazy("Give them this ticket")
    says = gettext_lazy(
        "The ticket becomes theirs, whatever address stands on it. Look at a proof first: the order"
        " in their mailbox, or their name on the ticket."
    )
    email = FoldedEmailField()

    def do(self) -> Done:
        ticket, email = self.cleaned_data["ticket"], self.cleaned_data["email"]
        user = acts.claim(ticket=ticket, email=email, by=self.by)
        return Done(_("%(who)s has ticket %(ticket)s.") % _said(user, ticket), user)


class ReleaseForm(TicketForm):
    act = "release"
    label = gettext_lazy("Release")
    says = gettext_lazy(
        "Nobody has the ticket then, and who had it is out. If their address stands on it, they get"
        " it back with their next sign-in."
    )
    asks_first = True

    def do(self) -> Done:
        ticket = self.cleaned_data["ticket"]
        user = acts.release(ticket=ticket, by=self.by)
        return Done(_("%(who)s no longer has ticket %(ticket)s.") % _said(user, ticket), ticket)


class FetchForm(TicketForm):
    act = "fetch"
    label = gettext_lazy("Ask the shop again")

    def do(self) -> Done:
        ticket = self.cleaned_data["ticket"]
        acts.fetch_order(ticket=ticket, by=self.by)
        text = _("The shop is being asked for order %(order)s. Look again in a few seconds.")
        return Done(text % {"order": ticket.order_code}, _holder_or(ticket))


class SendLinkForm(TicketForm):
    act = "send-link"
    label = gettext_lazy("Send the entry link")

    def do(self) -> Done:
        ticket = self.cleaned_data["ticket"]
        acts.send_entry_link(ticket=ticket, site=self.site, by=self.by)
        text = _("The link is on its way to %(to)s.") % {"to": ticket.holder_email}
        return Done(text, _holder_or(ticket))


class ShowLinkForm(TicketForm):
    """Its answer is the page with the code (views.show_link)."""

    act = "show-link"
    label = gettext_lazy("Show the entry link here")

    def do(self) -> Done:
        ticket = self.cleaned_data["ticket"]
        return Done(acts.show_entry_link(ticket=ticket, site=self.site, by=self.by), ticket)


class HoursForm(FixForm):
    hours = forms.IntegerField(
        label=gettext_lazy("Hours"), min_value=1, max_value=MAX_HOURS, initial=2
    )


class ExtendTicketForm(HoursForm, TicketForm):
    act = "extend-ticket"
    label = gettext_lazy("2 h longer")
    permission = "tickets.add_grant"

    def do(self) -> Done:
        values = self.cleaned_data
        grant = acts.extend_ticket(ticket=values["ticket"], hours=values["hours"], by=self.by)
        return Done(_("It lasts %(hours)s h longer.") % values, grant.user)


class GrantRowForm(FixForm):
    grant = Row(Grant.objects.select_related("conference", "user"))
    permission = "tickets.change_grant"


class ExtendGrantForm(HoursForm, GrantRowForm):
    act = "extend-grant"
    label = gettext_lazy("2 h longer")

    def do(self) -> Done:
        values = self.cleaned_data
        acts.extend_grant(grant=values["grant"], hours=values["hours"], by=self.by)
        return Done(_("It lasts %(hours)s h longer.") % values, values["grant"].user)


class EndGrantForm(GrantRowForm):
    act = "end-grant"
    label = gettext_lazy("Take back")
    says = gettext_lazy("It ends now. Without a ticket they are out.")
    asks_first = True

    def do(self) -> Done:
        grant = self.cleaned_data["grant"]
        acts.end_grant(grant=grant, by=self.by)
        return Done(_("Taken back."), grant.user)


class GiveGrantForm(FixForm):
    act = "grant"
    label = gettext_lazy("Let them in without a ticket")
    says = gettext_lazy("The reason is for the organizers; whoever looks later reads it.")
    permission = "tickets.add_grant"
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
    ends_at = At(label=gettext_lazy("Until"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Tonight, as the conference's day ends.
        today = self.conference.day_of(timezone.now())
        self.fields["ends_at"].initial = self.conference.day_window(today)[1]

    def clean_scopes(self) -> list[str]:
        scopes: list[str] = self.cleaned_data["scopes"]
        KnownScopes(self.conference).check(scopes)
        return scopes

    def clean_ends_at(self) -> Any:
        if self.cleaned_data["ends_at"] <= timezone.now():
            raise ValidationError(_("It would end before it begins."))
        return self.cleaned_data["ends_at"]

    def do(self) -> Done:
        grant = give_grant(conference=self.conference, given_by=self.by, **self.cleaned_data)
        acts.log(grant, self.by, _("Given at the help desk: %(why)s") % {"why": grant.reason})
        return Done(_("%(who)s may come in.") % {"who": grant.user.reference}, grant.user)


class PersonForm(FixForm):
    person = Row(User.objects.all())
    asks_first = True

    def clean_person(self) -> User:
        """Nobody shuts out or signs out who may do more than they may themselves."""
        person: User = self.cleaned_data["person"]
        if person.is_superuser and not self.by.is_superuser:
            raise PermissionDenied
        return person


class BanForm(PersonForm):
    act = "ban"
    label = gettext_lazy("Shut out")
    says = gettext_lazy("They are out within a minute, whatever ticket they have.")
    permission = "tickets.add_ban"
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200)
    ends_at = At(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("Empty: until taken back."),
    )

    def do(self) -> Done:
        acts.ban(conference=self.conference, by=self.by, **self.cleaned_data)
        person = self.cleaned_data["person"]
        return Done(_("%(who)s is shut out.") % {"who": person.reference}, person)


class LiftBanForm(FixForm):
    act = "lift-ban"
    label = gettext_lazy("Let in again")
    permission = "tickets.change_ban"
    ban = Row(Ban.objects.select_related("conference", "user"))

    def do(self) -> Done:
        ban = self.cleaned_data["ban"]
        acts.lift_ban(ban=ban, by=self.by)
        return Done(_("%(who)s may come in again.") % {"who": ban.user.reference}, ban.user)


class EndSessionsForm(PersonForm):
    act = "end-sessions"
    label = gettext_lazy("Sign out everywhere")
    says = gettext_lazy("For a lost phone. They can sign in again, on any device.")

    def do(self) -> Done:
        person = self.cleaned_data["person"]
        count = acts.end_sessions(person=person, by=self.by)
        text = _("%(who)s is signed out on %(count)s devices.")
        return Done(text % {"who": person.reference, "count": count}, person)


FORMS: dict[str, type[FixForm]] = {
    form.act: form
    for form in (
        ClaimForm,
        ReleaseForm,
        FetchForm,
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


def _holder_or(ticket: Ticket) -> models.Model:
    held = ticket.live_claim
    return held.user if held else ticket


def _said(user: User, ticket: Ticket) -> dict[str, str]:
    return {"who": user.reference, "ticket": ticket.code}
