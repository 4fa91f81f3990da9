from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Subquery
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from schedule.admin_scope import (
    NotDeleted,
    OfConference,
    ReadOnly,
    ScopedAdmin,
    ScopedInline,
    conference_of,
)
from schedule.models import Conference
from tickets.admin_forms import (
    ClaimForm,
    ClaimFormSet,
    NewPersonForm,
    ProductForm,
    ScopesForm,
)
from tickets.admission import forget
from tickets.models import (
    Claim,
    Grant,
    Product,
    Role,
    Ticket,
    User,
    fold_email,
    person_of_reference,
)

ANYWHERE = (ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM)


class ProductAdmin(ScopedAdmin):
    form = ProductForm
    list_display = ("name", "opens", "ticket_count")
    ordering = ("name",)
    search_fields = ("name",)
    fields = ("name", "scopes")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(ticket_count=Count("tickets"))

    @admin.display(description=_("opens"))
    def opens(self, product: Product) -> str:
        return ", ".join(product.scopes)

    @admin.display(description=_("tickets"), ordering="ticket_count")
    def ticket_count(self, product: Any) -> int:
        count: int = product.ticket_count
        return count


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


class TicketAdmin(NotDeleted, ScopedAdmin):
    list_display = ("code", "holder", "product", "state", "held_by", "order_code")
    list_select_related = ("product",)
    list_filter = (
        "state",
        ("product", admin.RelatedOnlyFieldListFilter),
        HeldFilter,
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
        (_("For whom"), {"fields": ("holder_name", "holder_email", "buyer_email")}),
        (_("When"), {"fields": ("valid_from", "valid_until")}),
    )
    readonly_fields = ("updated_at",)
    autocomplete_fields = ("product",)
    inlines: ClassVar[Any] = (ClaimInline,)
    actions = ("release", "cancel", "restore")

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
        _forget_holders([form.instance])

    @admin.action(
        permissions=["change"], description=_("Release: nobody has it"), location=ANYWHERE
    )
    def release(self, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        held = list(tickets.filter(Exists(Claim.objects.live().filter(ticket=OuterRef("pk")))))
        claims = Claim.objects.live().filter(ticket__in=[ticket.pk for ticket in held])
        claims.update(released_at=timezone.now())
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
        rows.update(state=state, updated_at=timezone.now())
        self._tell(request, changed, str(state.label))

    def _tell(self, request: HttpRequest, tickets: list[Ticket], what: str) -> None:
        _forget_holders(tickets)
        for ticket in tickets:
            self.log_change(request, ticket, what)
        text = ngettext("%(count)d ticket: %(what)s", "%(count)d tickets: %(what)s", len(tickets))
        values = {"count": len(tickets), "what": what}
        self.message_user(request, text % values, messages.SUCCESS)


def _forget_holders(tickets: Iterable[Ticket]) -> None:
    """Also those who have just released one."""
    people: dict[int, list[int]] = {}
    claims = Claim.objects.filter(ticket__in=[ticket.pk for ticket in tickets])
    for conference_id, user_id in claims.values_list("ticket__conference", "user"):
        people.setdefault(conference_id, []).append(user_id)
    for conference_id, user_ids in people.items():
        forget(conference_id, user_ids)


class GrantAdmin(ScopedAdmin):
    form = ScopesForm
    list_display = ("user", "opens", "reason", "starts_at", "ends_at", "given_by")
    list_select_related = ("user", "given_by")
    list_filter = ("starts_at", "ends_at")
    search_fields = ("user__email", "user__display_name", "reason")
    fields = ("user", "scopes", "reason", "starts_at", "ends_at", "given_by")
    readonly_fields = ("given_by",)
    autocomplete_fields = ("user",)

    @admin.display(description=_("opens"))
    def opens(self, grant: Grant) -> str:
        return ", ".join(grant.scopes)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        obj.given_by = obj.given_by or request.user
        super().save_model(request, obj, form, change)
        # A grant that was given to another person is taken from the first.
        forget(obj.conference_id, filter(None, [obj.user_id, form.initial.get("user")]))

    def delete_model(self, request: HttpRequest, obj: Grant) -> None:
        forget(obj.conference_id, [obj.user_id])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Grant]) -> None:
        for grant in queryset:
            forget(grant.conference_id, [grant.user_id])
        super().delete_queryset(request, queryset)


class GrantInline(ScopedInline, admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = Grant
    fk_name = "user"
    form = ScopesForm
    fields = ("scopes", "reason", "starts_at", "ends_at")


class RoleInline(ScopedInline, admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = Role
    fields = ("group",)

    def get_field_queryset(self, db: str | None, db_field: Any, request: HttpRequest) -> Any:
        """Nobody gives a role that may do more than they may themselves."""
        if db_field.name != "group":
            return super().get_field_queryset(db, db_field, request)
        mine = request.user.get_all_permissions(conference_of(request))
        beyond = [
            permission.pk
            for permission in Permission.objects.select_related("content_type")
            if f"{permission.content_type.app_label}.{permission.codename}" not in mine
        ]
        return Group.objects.exclude(permissions__in=beyond).order_by("name")


class HeldTicketInline(ReadOnly, ScopedInline, admin.TabularInline):  # type: ignore[type-arg]  # not generic at run time
    model = Claim
    form = ModelForm
    conference_lookup = "ticket__conference"
    fields = readonly_fields = ("ticket", "state", "opens", "claimed_at", "released_at")
    verbose_name_plural = _("tickets")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("ticket__product")

    @admin.display(description=_("state"))
    def state(self, claim: Claim) -> str:
        return claim.ticket.get_state_display()

    @admin.display(description=_("opens"))
    def opens(self, claim: Claim) -> str:
        return ", ".join(claim.ticket.product.scopes)


class PersonAdmin(OfConference, UserAdmin):  # type: ignore[type-arg]  # not generic at run time
    """People belong to no conference. Who is not a superuser sees those of this one in the list,
    and finds others by their whole address or the reference that they read out; their accounts
    and passwords are the superusers' business.
    """

    form = UserChangeForm
    add_form: Any = NewPersonForm
    list_display = ("email", "display_name", "reference", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff")
    search_fields = ("email", "display_name")
    search_help_text = _("E-mail, name, or a reference like P-000123.")
    show_full_result_count = False
    ordering = ("email",)
    filter_horizontal = ("groups", "user_permissions")
    readonly_fields = ("email", "reference", "joined_at", "last_login")
    inlines: ClassVar[Any] = (HeldTicketInline, GrantInline, RoleInline)
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "display_name")}),)
    person = ("email", "reference", "display_name", "time_zone", "language")
    dates = ("joined_at", "last_login")
    fieldsets = ((None, {"fields": (*person, "is_active", *dates)}),)
    superuser_fieldsets = (
        (None, {"fields": (*person, *dates)}),
        (
            _("May"),
            {
                "fields": (
                    "password",
                    "is_active",
                    "is_staff",
                    "is_superuser",
                    "groups",
                    "user_permissions",
                )
            },
        ),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return User.objects.order_by("email")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        person = person_of_reference(search_term)
        if person is not None:
            return queryset.filter(pk=person), False
        here = queryset
        if not request.user.is_superuser:
            here = queryset.filter(_has_to_do_with(conference_of(request)))
        found, may_repeat = super().get_search_results(request, here, search_term)
        if "@" in search_term:
            is_found = Q(pk__in=found.order_by().values("pk"))
            found = queryset.filter(is_found | Q(email=fold_email(search_term)))
        return found, may_repeat

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        if obj is not None and request.user.is_superuser:
            return self.superuser_fieldsets
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The address is who a person is, so it does not change."""
        return self.readonly_fields if obj else ()

    def get_inlines(self, request: HttpRequest, obj: Any) -> Any:
        return super().get_inlines(request, obj) if obj and conference_of(request) else ()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not is_above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.is_superuser

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        # Whoever sets a password can be that person, in every conference.
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: Any) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: Any) -> None:
        if formset.model is Grant:
            for added in formset.extra_forms:
                added.instance.given_by = request.user
        super().save_formset(request, form, formset, change)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: Any) -> None:
        super().save_related(request, form, formsets, change)
        for conference_id in Conference.objects.values_list("pk", flat=True):
            forget(conference_id, [form.instance.pk])


def _has_to_do_with(conference: Conference | None) -> Q:
    person = {"user": OuterRef("pk")}
    return (
        Q(Exists(Claim.objects.filter(**person, ticket__conference=conference)))
        | Q(Exists(Grant.objects.filter(**person, conference=conference)))
        | Q(Exists(Role.objects.filter(**person, conference=conference)))
        | Q(chaired_talks__in=conference.talks.all() if conference else ())
    )


admin.site.register(Product, ProductAdmin)
admin.site.register(Ticket, TicketAdmin)
admin.site.register(Grant, GrantAdmin)
admin.site.register(User, PersonAdmin)
