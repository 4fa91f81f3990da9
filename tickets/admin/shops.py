"""Ticket shops in the admin: how to reach them, and what was last heard from them."""

from typing import Any, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery, Value
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, reverse
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lib.sealing import SealBroken
from schedule.site.scoped_admin import ConferenceForm, ReadOnly, ScopedAdmin
from schedule.site.secret_fields import SecretsForm
from tickets.admin.products import waiting_in_words, warn_of_waiting
from tickets.admission.request import StaffRequest
from tickets.models import Shop, SyncRun
from tickets.sources.reports import counts_in_words
from tickets.sources.shops.registry import known_kinds
from tickets.sources.syncing.run import sync_shop

ANYWHERE = (ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM)
# With another of these, what was read is of another event, or says something else.
READ_ANEW_WITH = {"base_url", "account", "event", "is_test_mode", "uses_buyer_email"}


class ShopForm(SecretsForm, ConferenceForm):
    sent_to = ("base_url",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "kind" in self.fields:
            choices = [(kind.name, kind.label) for kind in known_kinds().values()]
            self.fields["kind"] = forms.ChoiceField(label=_("Kind"), choices=choices)
        elif "is_active" in self.fields and not self.instance.account:
            # Made a moment ago; it begins when somebody has said where it is.
            self.initial["is_active"] = True

    def clean(self) -> dict[str, Any] | None:
        """The name of a variable has to be this conference's, and meant for this shop."""
        cleaned = super().clean()
        kind = known_kinds().get(self.instance.kind)
        if kind is None or self.errors:
            return cleaned
        typed = {name: self.cleaned_data[name] for name in kind.fields}
        shop = Shop(conference=self.instance.conference, **typed)
        opening = {
            "token": lambda: shop.opened_token(kind.token_goes_to(shop)),
            "hook_token": shop.opened_hook_token,
        }
        for name in opening.keys() & set(self.changed_data):
            try:
                opening[name]()
            except SealBroken as error:
                self.add_error(name, str(error))
        return cleaned


class RemovalsForm(forms.Form):
    accepts = forms.BooleanField(label=_("Yes, these tickets are to let nobody in any more"))


@admin.register(Shop)
class ShopAdmin(ScopedAdmin):
    form = ShopForm
    list_display = ("slug", "kind_label", "is_active", "heard", "last_state")
    ordering = ("slug",)
    readonly_fields = ("kind_label", "explained_in", "hook_address", "heard", "last_run", "waiting")
    add_fields = ("kind", "slug")
    actions = ("sync_now", "sync_everything", "renew_address")
    reports = (_("What we know"), {"fields": ("heard", "last_run", "waiting")})

    def get_queryset(self, request: HttpRequest) -> Any:
        runs = SyncRun.objects.filter(shop=OuterRef("pk"))
        newest = {
            f"last_{name}": Subquery(runs.values(name)[:1]) for name in ("pk", "state", "problem")
        }
        host = Value(request.build_absolute_uri("/").rstrip("/"))
        return super().get_queryset(request).annotate(**newest, host=host)

    def get_urls(self) -> list[URLPattern]:
        route = "<int:pk>/accept-removals/"
        accept = self.own_url(route, self.accept_removals, "accept_removals")
        return [accept, *super().get_urls()]

    def get_fieldsets(self, request: HttpRequest, obj: Shop | None = None) -> Any:
        if obj is None:
            return ((None, {"fields": self.add_fields}),)
        kind = known_kinds().get(obj.kind)
        fields = kind.fields if kind else ()
        about = ("slug", "kind_label", "is_active", *(["explained_in"] if kind else []))
        return (
            (None, {"fields": about}),
            *([(_("Where it is"), {"fields": fields})] if fields else []),
            *([(_("Its calls"), {"fields": ("hook_address",)})] if kind else []),
            self.reports,
        )

    def response_add(
        self, request: HttpRequest, obj: Shop, post_url_continue: str | None = None
    ) -> HttpResponse:
        """The kind is known now, and with it what else there is to say."""
        return redirect("admin:tickets_shop_change", obj.pk)

    def save_model(self, request: HttpRequest, obj: Shop, form: Any, change: bool) -> None:
        if not change:
            obj.is_active = False
        if READ_ANEW_WITH & set(form.changed_data):
            obj.cursor = ""
        super().save_model(request, obj, form, change)

    @admin.display(description=_("kind"), ordering="kind")
    def kind_label(self, shop: Shop) -> str:
        kind = known_kinds().get(shop.kind)
        return kind.label if kind else gettext("%s (not installed)") % shop.kind

    @admin.display(description=_("explained in"))
    def explained_in(self, shop: Shop) -> str:
        return known_kinds()[shop.kind].docs or "–"

    @admin.display(description=_("address for its webhook"))
    def hook_address(self, shop: Any) -> str:
        """Type it into the shop. Whoever knows it can make us ask the shop, and no more."""
        where = reverse("hook", args=[shop.slug, shop.hook_secret])
        return format_html("<code>{}{}</code>", shop.host, where)

    @admin.display(description=_("last heard"), ordering="synced_at")
    def heard(self, shop: Shop) -> str:
        if shop.synced_at is None:
            return gettext("never to the end")
        return gettext("%s ago") % timesince(shop.synced_at)

    @admin.display(description=_("what waits"))
    def waiting(self, shop: Shop) -> str:
        return waiting_in_words(shop.conference)

    @admin.display(description=_("last time"))
    def last_run(self, shop: Any) -> str:
        return format_html("{} {}", self.last_state(shop), shop.last_problem or "")

    @admin.display(description=_("last time"))
    def last_state(self, shop: Any) -> str:
        if shop.last_pk is None:
            return "–"
        url = reverse("admin:tickets_syncrun_change", args=[shop.last_pk])
        text = format_html('<a href="{}">{}</a>', url, SyncRun.State(shop.last_state).label)
        if shop.last_state == SyncRun.State.REFUSED:
            url = reverse("admin:tickets_shop_accept_removals", args=[shop.pk])
            text = format_html('{}. <a href="{}">{}</a>', text, url, gettext("Is that right?"))
        return text

    @admin.action(
        permissions=["change"], description=_("Sync now: what has changed"), location=ANYWHERE
    )
    def sync_now(self, request: HttpRequest, shops: QuerySet[Shop]) -> None:
        self._sync(request, shops, is_full=False)

    @admin.action(permissions=["change"], description=_("Sync everything"), location=ANYWHERE)
    def sync_everything(self, request: HttpRequest, shops: QuerySet[Shop]) -> None:
        self._sync(request, shops, is_full=True)

    @admin.action(
        permissions=["change"],
        description=_("Give the webhook a new address; the old one ends"),
        location=ANYWHERE,
    )
    def renew_address(self, request: HttpRequest, shops: QuerySet[Shop]) -> None:
        for shop in shops:
            shop.renew_hook_secret()
            self.log_change(request, shop, gettext("new address of the webhook"))
            text = gettext("%s: type the new address into the shop.") % shop
            self.message_user(request, text, messages.SUCCESS)

    def _sync(
        self, request: HttpRequest, shops: QuerySet[Shop], *, is_full: bool, accepts: bool = False
    ) -> None:
        for shop in shops:
            if not shop.is_active:
                text = gettext("%s is switched off.") % shop
                self.message_user(request, text, messages.WARNING)
                continue
            sync_shop.enqueue(shop.pk, is_full, cast(StaffRequest, request).user.pk, accepts)
            if settings.HAS_WORKER:
                text = gettext("%s is asked now. What comes of it is here in a moment.") % shop
                self.message_user(request, text, messages.SUCCESS)
            else:
                self._show_result(request, shop)

    def _show_result(self, request: HttpRequest, shop: Shop) -> None:
        """Where it is done at once."""
        if run := shop.runs.first():
            level = messages.SUCCESS if run.state == SyncRun.State.DONE else messages.ERROR
            counts = counts_in_words(run.counts)
            text = f"{shop}: {run.get_state_display()}. {counts}. {run.problem}"
            self.message_user(request, text, level)
            warn_of_waiting(request, shop.conference)

    def accept_removals(self, request: HttpRequest, pk: int) -> HttpResponse:
        if not self.has_change_permission(request):
            raise PermissionDenied
        shop = get_object_or_404(self.get_queryset(request), pk=pk)
        run = shop.runs.filter(state=SyncRun.State.REFUSED).first()
        form = RemovalsForm(request.POST if request.method == "POST" else None)
        if form.is_valid():
            self._sync(request, Shop.objects.filter(pk=shop.pk), is_full=True, accepts=True)
            self.log_change(request, shop, gettext("removals accepted"))
            return redirect("admin:tickets_shop_change", shop.pk)
        title = gettext("Cancel so many tickets?")
        context = {"title": title, "shop": shop, "run": run, "form": form}
        return self.own_page(request, "accept_removals", context)


@admin.register(SyncRun)
class SyncRunAdmin(ReadOnly, ScopedAdmin):
    conference_lookup = "shop__conference"
    form = forms.ModelForm
    list_display = ("started_at", "shop", "state", "is_full", "counts_in_words", "problem")
    list_select_related = ("shop",)
    list_filter = ("state", "is_full", ("shop", admin.RelatedOnlyFieldListFilter))
    fields = (
        "shop",
        "state",
        "is_full",
        "started_at",
        "finished_at",
        "counts_in_words",
        "waiting",
        "problem",
        "started_by",
    )

    @admin.display(description=_("counts"))
    def counts_in_words(self, run: SyncRun) -> str:
        return counts_in_words(run.counts) if run.counts else ""

    @admin.display(description=_("what waits"))
    def waiting(self, run: SyncRun) -> str:
        return waiting_in_words(run.shop.conference)
