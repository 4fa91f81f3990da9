"""People in the admin."""

from typing import Any, cast

from django.contrib import admin, messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from schedule.site.scoped_admin import ReadOnly, ScopedAdmin, ScopedInline, conference_of
from tickets.accounts.accounts import account_for, done_in, people_known_to
from tickets.accounts.forms import FoldedEmailField
from tickets.admin.grants import GrantInline
from tickets.models import Claim, Grant, Role, User, fold_reference
from tickets.models.roles import PERMISSIONS
from tickets.models.scopes import forget_admissions

# Rights come from roles alone (tickets/models/roles.py).
admin.site.unregister(Group)


class NewPersonForm(ModelForm[User]):
    """An address, and nothing else: who it is may have an account already, of which nothing is told
    or changed. A superuser can set a password afterwards.
    """

    email = FoldedEmailField()

    class Meta:
        model = User
        fields = ("email",)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        self.instance = account_for(email)
        return email


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
class PersonAdmin(ScopedAdmin, UserAdmin[User]):
    """People belong to no conference. Who is not a superuser sees those who have to do with this one,
    and gives and takes what they have here; their accounts are the superusers' business. Somebody
    new is added by the whole address, together with a grant or a role.
    """

    form = UserChangeForm
    add_form = NewPersonForm
    list_display = ("email", "display_name", "reference", "is_active", "last_login")
    list_filter = ("is_active", "is_superuser")
    filter_horizontal = ()
    search_fields = ("email", "display_name")
    search_help_text = _("E-mail, name, or a reference like P-7K3Q-9XWB.")
    show_full_result_count = False
    ordering = ("email",)
    readonly_fields = ("email", "reference", "joined_at", "last_login")
    inlines = (HeldTicketInline, GrantInline, RoleInline)
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("email",)}),)
    person = ("email", "reference", "display_name", "time_zone", "language")
    dates = ("joined_at", "last_login")
    of_account = ("display_name", "time_zone", "language", "is_active")
    fieldsets = ((None, {"fields": (*person, "is_active")}),)
    superuser_fieldsets = (
        (None, {"fields": (*person, *dates)}),
        (_("May"), {"fields": ("password", "is_active", "is_superuser")}),
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[User]:
        return people_known_to(cast(User, request.user), conference_of(request)).order_by("email")

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[User], search_term: str
    ) -> tuple[QuerySet[User], bool]:
        if reference := fold_reference(search_term):
            found = queryset.filter(reference=reference)
            if found.exists():
                return found, False
        return super().get_search_results(request, queryset, search_term)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        """When somebody has signed in elsewhere is no business of those who work here."""
        columns = self.list_display
        return columns if request.user.is_superuser else columns[:-1]

    def lookup_allowed(self, lookup: str, value: str, request: HttpRequest) -> bool:
        """Nor is it to be found out by asking for whom the list is shorter."""
        is_hidden = lookup.partition("__")[0] in self.dates and not request.user.is_superuser
        return not is_hidden and super().lookup_allowed(lookup, value, request)

    def get_fieldsets(self, request: HttpRequest, obj: User | None = None) -> Any:
        if obj is not None and request.user.is_superuser:
            return self.superuser_fieldsets
        return super().get_fieldsets(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: User | None = None) -> tuple[str, ...]:
        """The address is who a person is, so it does not change. What is of the account, and so of
        all conferences, is the person's and the superusers'.
        """
        if obj is None:
            return ()
        own = () if request.user.is_superuser else self.of_account
        return (*self.readonly_fields, *own)

    def get_inlines(self, request: HttpRequest, obj: User | None) -> Any:
        if conference_of(request) is None:
            return ()
        return super().get_inlines(request, obj) if obj else (GrantInline, RoleInline)

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
        self.get_object(request, id)
        # Whoever sets a password can be that person, in every conference.
        if not request.user.is_superuser:
            raise PermissionDenied
        return super().user_change_password(request, id, form_url)

    def get_paginator(
        self, request: HttpRequest, queryset: QuerySet[Any], *args: Any, **kwargs: Any
    ) -> Paginator[Any]:
        """Of the list of people, and of the history of one."""
        conference = conference_of(request)
        if queryset.model is LogEntry and conference and not request.user.is_superuser:
            queryset = queryset.filter(done_in(conference))
        return super().get_paginator(request, queryset, *args, **kwargs)

    def save_model(self, request: HttpRequest, obj: User, form: object, change: bool) -> None:
        """A new account is made already, and one that was there stays as it is."""
        if change:
            super().save_model(request, obj, form, change)

    def response_add(
        self, request: HttpRequest, obj: User, post_url_continue: str | None = None
    ) -> HttpResponse:
        if self.get_queryset(request).filter(pk=obj.pk).exists():
            return super().response_add(request, obj, post_url_continue)
        text = gettext(
            "%(email)s has nothing to do with this conference yet: give a grant or a role."
        )
        self.message_user(request, text % {"email": obj.email}, messages.WARNING)
        return redirect("admin:tickets_user_changelist")

    def save_formset(
        self, request: HttpRequest, form: ModelForm[User], formset: Any, change: bool
    ) -> None:
        # Somebody new is found while the form is checked, when the formsets are made already.
        formset.instance = form.instance
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
