"""People in the admin."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.db.models import Q, QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from schedule.site.scoped_admin import OfConference, ReadOnly, ScopedInline, conference_of
from tickets.accounts.accounts import has_to_do_with
from tickets.admin.grants import GrantInline
from tickets.models import Claim, Grant, Role, User, fold_email, person_of_reference
from tickets.models.roles import PERMISSIONS
from tickets.models.scopes import forget_admissions

# Rights come from roles alone (tickets/models/roles.py).
admin.site.unregister(Group)


class NewPersonForm(ModelForm[User]):
    """Without a password: people sign in by code. A superuser can set one afterwards."""

    class Meta:
        model = User
        fields = ("email", "display_name")


class RoleInline(ScopedInline, admin.TabularInline[Role, User]):
    model = Role
    fields = ("kind",)

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Nobody gives a role that may do more than they may themselves."""
        mine = request.user.get_all_permissions(conference_of(request))
        kinds = [kind for kind in Role.Kind if PERMISSIONS[kind] <= mine]
        kwargs["choices"] = [("", "---------"), *((kind.value, kind.label) for kind in kinds)]
        return super().formfield_for_choice_field(db_field, request, **kwargs)


class HeldTicketInline(ReadOnly, ScopedInline, admin.TabularInline[Claim, User]):
    model = Claim
    form = ModelForm
    conference_lookup = "ticket__conference"
    fields = readonly_fields = ("ticket", "state", "opens", "claimed_at", "released_at")
    verbose_name_plural = _("tickets")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Claim]:
        return super().get_queryset(request).select_related("ticket__product")

    @admin.display(description=_("state"))
    def state(self, claim: Claim) -> str:
        return claim.ticket.get_state_display()

    @admin.display(description=_("opens"))
    def opens(self, claim: Claim) -> str:
        return ", ".join(claim.ticket.product.scopes)


@admin.register(User)
class PersonAdmin(OfConference, UserAdmin[User]):
    """People belong to no conference. Who is not a superuser sees those of this one in the list,
    and finds others by their whole address or the reference that they read out; their accounts
    and passwords are the superusers' business.
    """

    form = UserChangeForm
    add_form = NewPersonForm
    list_display = ("email", "display_name", "reference", "is_active", "last_login")
    list_filter = ("is_active", "is_superuser")
    filter_horizontal = ()
    search_fields = ("email", "display_name")
    search_help_text = _("E-mail, name, or a reference like P-000123.")
    show_full_result_count = False
    ordering = ("email",)
    readonly_fields = ("email", "reference", "joined_at", "last_login")
    inlines = (HeldTicketInline, GrantInline, RoleInline)
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email", "display_name")}),)
    person = ("email", "reference", "display_name", "time_zone", "language")
    dates = ("joined_at", "last_login")
    fieldsets = ((None, {"fields": (*person, "is_active", *dates)}),)
    superuser_fieldsets = (
        (None, {"fields": (*person, *dates)}),
        (_("May"), {"fields": ("password", "is_active", "is_superuser")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return User.objects.order_by("email")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        person = person_of_reference(search_term)
        if person is not None:
            return queryset.filter(pk=person), False
        here = queryset
        if not request.user.is_superuser:
            here = queryset.filter(has_to_do_with(conference_of(request)))
        found, may_repeat = super().get_search_results(request, here, search_term)
        if "@" in search_term:
            is_found = Q(pk__in=found.order_by().values("pk"))
            found = queryset.filter(is_found | Q(email=fold_email(search_term)))
        return found, may_repeat

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is not None and request.user.is_superuser:
            return self.superuser_fieldsets
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """The address is who a person is, so it does not change."""
        return self.readonly_fields if obj else ()

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        return super().get_inlines(request, obj) if obj and conference_of(request) else ()

    def has_module_permission(self, request: HttpRequest) -> bool:
        return True

    def has_add_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return self.may(request, "add")

    def has_change_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        is_above = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not is_above and super().has_change_permission(request, obj)

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return request.user.is_superuser

    def user_change_password(
        self, request: HttpRequest, id: str, form_url: str = ""
    ) -> HttpResponse:
        # Whoever sets a password can be that person, in every conference.
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def save_model(self, request: HttpRequest, obj: User, form: object, change: bool) -> None:
        if not change:
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)

    def save_formset(self, request: HttpRequest, form: object, formset: Any, change: bool) -> None:
        if formset.model is Grant:
            for added in formset.extra_forms:
                added.instance.given_by = request.user
        super().save_formset(request, form, formset, change)

    def save_related(
        self, request: HttpRequest, form: ModelForm[User], formsets: object, change: bool
    ) -> None:
        super().save_related(request, form, formsets, change)
        everywhere = Conference.objects.values_list("pk", flat=True)
        forget_admissions((conference_id, form.instance.pk) for conference_id in everywhere)
