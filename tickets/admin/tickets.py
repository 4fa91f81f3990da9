from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db.models import Exists, OuterRef, QuerySet, Subquery
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from schedule.site.scoped_admin import NotDeleted, ScopedAdmin, ScopedInline
from tickets.admin.forms import ClaimForm, ClaimFormSet
from tickets.admin.grants import BanAdmin, GrantAdmin
from tickets.admin.links import EntryLinkFilter, WithEntryLinks
from tickets.admin.people import PersonAdmin
from tickets.admin.products import ProductAdmin
from tickets.admin.sharing import ManyDevicesAdmin
from tickets.admin.shops import ShopAdmin, SyncRunAdmin
from tickets.admin.uploads import UploadAdmin
from tickets.models import (
    Ban,
    Claim,
    Grant,
    ManyDevices,
    Product,
    Shop,
    SyncRun,
    Ticket,
    Upload,
    User,
    person_of_reference,
)

ANYWHERE = (ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM)


class ClaimInline(ScopedInline, admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    """Who has the ticket, and who had it."""

    model = Claim
    form = ClaimForm
    formset = ClaimFormSet
    conference_lookup = "ticket__conference"
    fields = ("user", "claimed_at", "released_at", "release")
    readonly_fields = ("claimed_at", "released_at")
    autocomplete_fields = ("user",)
    ordering = ("claimed_at",)
    can_delete = False

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("ticket", "user")


class HeldFilter(admin.SimpleListFilter):
    title = _("claimed")
    parameter_name = "held"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return (("yes", _("Somebody has it")), ("no", _("Nobody has it")))

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        match self.value():
            case "yes":
                return queryset.exclude(held_by=None)
            case "no":
                return queryset.unclaimed()
        return queryset


class TicketAdmin(WithEntryLinks, NotDeleted, ScopedAdmin):
    list_display = ("code", "holder", "product", "state", "held_by", "order_code", "link_state")
    list_select_related = ("product", "entry_link")
    list_filter = (
        "state",
        ("product", admin.RelatedOnlyFieldListFilter),
        HeldFilter,
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
    search_help_text = _("Code, order, name, e-mail, or a person's reference like P-000123.")
    # Counting all of them again to say "3 of 50000" costs more than the search.
    show_full_result_count = False
    fieldsets = (
        (None, {"fields": ("code", "order_code", "product", "state", "updated_at")}),
        (
            _("For whom"),
            {"fields": ("holder_name", "holder_email", "buyer_email", "link_history")},
        ),
        (_("When"), {"fields": ("valid_from", "valid_until")}),
    )
    readonly_fields = ("updated_at", "link_history")
    autocomplete_fields = ("product",)
    inlines: ClassVar[Any] = (ClaimInline,)
    actions = ("release", "cancel", "restore", "send_entry_link", "mark_came_back")

    def get_queryset(self, request: HttpRequest) -> Any:
        live = Claim.objects.live().filter(ticket=OuterRef("pk"))
        held_by = Subquery(live.values("user__email")[:1])
        return super().get_queryset(request).annotate(held_by=held_by)

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        person = person_of_reference(search_term)
        if person is not None:
            theirs = Claim.objects.filter(ticket=OuterRef("pk"), user=person)
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

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        Ticket.objects.filter(pk=form.instance.pk).forget_admissions()

    @admin.action(
        permissions=["change"], description=_("Release: nobody has it"), location=ANYWHERE
    )
    def release(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        held = list(tickets.filter(Exists(Claim.objects.live().filter(ticket=OuterRef("pk")))))
        claims = Claim.objects.live().filter(ticket__in=[ticket.pk for ticket in held])
        claims.release(timezone.now())
        self._tell(request, held, gettext("released"))

    @admin.action(
        permissions=["change"], description=_("Cancel: it lets nobody in"), location=ANYWHERE
    )
    def cancel(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        self._set_state(request, tickets, Ticket.State.CANCELED)

    @admin.action(permissions=["change"], description=_("Restore: it is valid"), location=ANYWHERE)
    def restore(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        self._set_state(request, tickets, Ticket.State.VALID)

    def _set_state(self, request: HttpRequest, tickets: QuerySet[Ticket], state: Any) -> None:
        changed = list(tickets.exclude(state=state))
        rows = Ticket.objects.filter(pk__in=[ticket.pk for ticket in changed])
        rows.set_state(state, timezone.now())
        self._tell(request, changed, str(state.label))

    def _tell(self, request: HttpRequest, tickets: list[Ticket], what: str) -> None:
        for ticket in tickets:
            self.log_change(request, ticket, what)
        text = ngettext("%(count)d ticket: %(what)s", "%(count)d tickets: %(what)s", len(tickets))
        values = {"count": len(tickets), "what": what}
        self.message_user(request, text % values, messages.SUCCESS)


admin.site.register(Product, ProductAdmin)
admin.site.register(Ticket, TicketAdmin)
admin.site.register(Grant, GrantAdmin)
admin.site.register(Ban, BanAdmin)
admin.site.register(User, PersonAdmin)
admin.site.register(ManyDevices, ManyDevicesAdmin)
admin.site.register(Upload, UploadAdmin)
admin.site.register(Shop, ShopAdmin)
admin.site.register(SyncRun, SyncRunAdmin)
