"""Tickets in the admin: whose they are, who has them, and what became of their entry links."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.core.exceptions import ValidationError
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from schedule.site.scoped_admin import NotDeleted, ScopedAdmin, ScopedInline, keep_chosen
from tickets.admin.filters import ClaimedFilter, EntryLinkFilter
from tickets.admission.claiming import claim_add_ons
from tickets.holders.links import link_to
from tickets.holders.sending import enqueue_links
from tickets.models import Claim, Ticket, TicketQuerySet, fold_reference

ANYWHERE = (ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM)


class ClaimInlineForm(forms.ModelForm[Claim]):
    """A claim is made for a person and released; it is neither changed nor deleted."""

    release = forms.BooleanField(label=_("Release"), required=False)

    class Meta:
        model = Claim
        fields = ("user",)
        labels = {"user": _("Person")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        keep_chosen(self)
        if self.instance._state.adding:
            self.instance.way = Claim.Way.HELPDESK
        elif "user" in self.fields:
            self.fields["user"].disabled = True
            self.fields["release"].disabled = self.instance.released_at is not None

    @property
    def is_live(self) -> bool:
        """Whether somebody has the ticket by it, once the form is saved."""
        return self.instance.released_at is None and not self.cleaned_data.get("release")

    def save(self, commit: bool = True) -> Claim:
        claim = self.instance if self.instance.pk else super().save(commit)
        if self.cleaned_data.get("release"):
            claim.release(timezone.now())
        return claim


class ClaimFormSet(forms.BaseInlineFormSet[Claim, Ticket, Any]):
    def clean(self) -> None:
        super().clean()
        made = [form for form in self.forms if form.instance.pk or form.has_changed()]
        if len([form for form in made if form.is_live]) > 1:
            raise ValidationError(
                _("Somebody has this ticket. Release that claim, then the next person can have it.")
            )
        if self.instance.goes_with_main and any(form.has_changed() for form in made):
            text = _("An add-on goes with its ticket %(main)s: give or release that one.")
            raise ValidationError(text % {"main": self.instance.main_code})


class ClaimInline(ScopedInline, admin.TabularInline[Claim, Ticket]):
    """Who has the ticket, and who had it."""

    model = Claim
    form = ClaimInlineForm
    formset = ClaimFormSet
    conference_lookup = "ticket__conference"
    fields = ("user", "claimed_at", "released_at", "release")
    readonly_fields = ("claimed_at", "released_at")
    autocomplete_fields = ("user",)
    ordering = ("claimed_at",)
    can_delete = False

    def get_fields(self, request: HttpRequest, obj: Ticket | None = None) -> Any:
        """Who may only look has no box to tick: Django would call the method of that name."""
        fields = super().get_fields(request, obj)
        may_release = self.has_change_permission(request, obj)
        return [name for name in fields if may_release or name != "release"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Claim]:
        return super().get_queryset(request).select_related("ticket", "user")


@admin.register(Ticket)
class TicketAdmin(NotDeleted, ScopedAdmin):
    list_display = ("code", "holder", "product", "state", "held_by", "order_code", "link_state")
    list_select_related = ("product", "entry_link")
    list_filter = (
        "state",
        ("product", admin.RelatedOnlyFieldListFilter),
        ClaimedFilter,
        EntryLinkFilter,
    )
    search_fields = (
        "code",
        "order_code",
        "holder_name",
        "holder_email",
        "buyer_email",
        "claims__user__email",
    )
    search_help_text = _("Code, order, name, e-mail, or a person's reference like P-7K3Q-9XWB.")
    # Counting all of them again to say "3 of 50000" costs more than the search.
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("code", "order_code", "main_code", "product", "state", "updated_at")}),
        (
            _("For whom"),
            {"fields": ("holder_name", "holder_email", "buyer_email", "link_history")},
        ),
        (_("When"), {"fields": ("valid_from", "valid_until")}),
    )
    readonly_fields = ("main_code", "updated_at", "link_history")
    autocomplete_fields = ("product",)
    inlines = (ClaimInline,)
    actions = ("release", "cancel", "restore", "send_entry_link", "mark_came_back")

    def get_queryset(self, request: HttpRequest) -> Any:
        live = Claim.objects.live().filter(ticket=OuterRef("pk"))
        held_by = Subquery(live.values("user__email")[:1])
        return super().get_queryset(request).annotate(held_by=held_by)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Ticket], search_term: str
    ) -> tuple[QuerySet[Ticket], bool]:
        if reference := fold_reference(search_term):
            theirs = Claim.objects.filter(ticket=OuterRef("pk"), user__reference=reference)
            found = queryset.filter(Exists(theirs))
            if found.exists():
                return found, False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description=_("for"), ordering="holder_email")
    def holder(self, ticket: Ticket) -> str:
        return " ".join(filter(None, (ticket.holder_name, ticket.holder_email)))

    @admin.display(description=_("claimed by"), ordering="held_by")
    def held_by(self, ticket: Any) -> str:
        return ticket.held_by or ""

    @admin.display(description=_("entry link"))
    def link_state(self, ticket: Ticket) -> str:
        """The last that happened."""
        link = ticket.entry_link_or_none
        return link.events[-1][1] if link and link.events else "–"

    @admin.display(description=_("entry link"))
    def link_history(self, ticket: Ticket) -> str:
        link, zone = ticket.entry_link_or_none, ticket.conference.zone
        events = [
            f"{text}: {date_format(at.astimezone(zone), 'SHORT_DATETIME_FORMAT')}"
            for at, text in (link.events if link else ())
        ]
        return "; ".join(events) or "–"

    def save_model(self, request: HttpRequest, obj: Ticket, form: Any, change: bool) -> None:
        if "state" in form.changed_data and obj.shop_says.startswith(Ticket.ENDED_WITH):
            # What an organizer says of an add-on itself is no matter of its ticket any more.
            obj.shop_says = ""
        super().save_model(request, obj, form, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: object, change: bool) -> None:
        super().save_related(request, form, formsets, change)
        ticket: Ticket = form.instance
        saved = Ticket.objects.filter(pk=ticket.pk)
        saved.set_state(ticket.state, timezone.now())
        saved.forget_admissions()
        if ticket.is_valid and (claim := ticket.live_claim):
            claim_add_ons(ticket.conference, claim.user)

    @admin.action(
        permissions=["change"], description=_("Release: nobody has it"), location=ANYWHERE
    )
    def release(self, request: HttpRequest, tickets: TicketQuerySet) -> None:
        """An add-on that goes with its ticket leaves with that one, and not by itself."""
        chosen = Ticket.objects.filter(pk__in=tickets.values("pk"))
        alone = chosen.going_with(Ticket.objects.exclude(pk__in=tickets.values("pk")).values("pk"))
        for code in alone.values_list("main_code", flat=True):
            text = gettext("An add-on goes with its ticket %(main)s: give or release that one.")
            self.message_user(request, text % {"main": code}, messages.WARNING)
        claims = Claim.objects.live().filter(ticket__in=chosen.independent().values("pk"))
        self._log(request, claims.release(timezone.now()), gettext("released"))

    @admin.action(
        permissions=["change"], description=_("Cancel: it lets nobody in"), location=ANYWHERE
    )
    def cancel(self, request: HttpRequest, tickets: TicketQuerySet) -> None:
        changed = tickets.set_state(Ticket.State.CANCELED, timezone.now())
        self._log(request, changed, str(Ticket.State.CANCELED.label))

    @admin.action(permissions=["change"], description=_("Restore: it is valid"), location=ANYWHERE)
    def restore(self, request: HttpRequest, tickets: TicketQuerySet) -> None:
        chosen = list(tickets)
        changed = tickets.set_state(Ticket.State.VALID, timezone.now())
        self._log(request, changed, str(Ticket.State.VALID.label))
        left = {ticket.pk for ticket in chosen if not ticket.is_valid} - {
            each.pk for each in changed
        }
        for ticket in chosen:
            if ticket.pk in left:
                self.message_user(request, ticket.main_first, messages.WARNING)

    @admin.action(permissions=["change"], description=_("Send the entry link"))
    def send_entry_link(self, request: HttpRequest, tickets: TicketQuerySet) -> None:
        chosen = list(tickets.valid().exclude(holder_email="").order_by("pk"))
        enqueue_links([ticket.pk for ticket in chosen], request.build_absolute_uri("/"))
        for ticket in chosen:
            self.log_change(request, ticket, gettext("entry link sent"))
        text = ngettext(
            "%(count)d link goes out. Who was sent one within a day gets no second one.",
            "%(count)d links go out. Who was sent one within a day gets no second one.",
            len(chosen),
        )
        self.message_user(request, text % {"count": len(chosen)})

    @admin.action(permissions=["change"], description=_("Note: the mail with the link came back"))
    def mark_came_back(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        chosen = list(tickets)
        for ticket in chosen:
            link_to(ticket).note_bounced(timezone.now())
            self.log_change(request, ticket, gettext("the mail with the entry link came back"))
        self.message_user(request, gettext("Noted for %(count)d.") % {"count": len(chosen)})

    def _log(self, request: HttpRequest, tickets: list[Ticket], what: str) -> None:
        for ticket in tickets:
            self.log_change(request, ticket, what)
        text = ngettext("%(count)d ticket: %(what)s", "%(count)d tickets: %(what)s", len(tickets))
        values = {"count": len(tickets), "what": what}
        self.message_user(request, text % values, messages.SUCCESS)
