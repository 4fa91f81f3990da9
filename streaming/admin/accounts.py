"""Accounts at streaming vendors in the admin. The fields are those of their kind."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from schedule.site.scoped_admin import ScopedAdmin
from streaming.admin.forms import StreamAccountForm
from streaming.models import StreamAccount
from streaming.sources import SOURCES, account_choices


class StreamAccountAdmin(ScopedAdmin):
    form = StreamAccountForm
    list_display = ("__str__", "kind", "stream_count")
    search_fields = ("name",)

    @admin.display(description=_("streams"))
    def stream_count(self, account: StreamAccount) -> int:
        return account.streams.count()

    def add_view(
        self,
        request: HttpRequest,
        form_url: str = "",
        extra_context: dict[str, object] | None = None,
    ) -> HttpResponse:
        """First which vendor: the fields follow from it."""
        kind = _kind_asked(request)
        if kind or not self.has_add_permission(request):
            title = {"title": SOURCES[kind].label} if kind else {}
            return super().add_view(request, form_url, {**title, **(extra_context or {})})
        context = {"title": gettext("Whose key is it?"), "kinds": account_choices()}
        return self.own_page(request, "kinds", context)

    def get_fields(self, request: HttpRequest, obj: StreamAccount | None = None) -> tuple[str, ...]:
        source = SOURCES.get(obj.kind if obj else _kind_asked(request))
        return ("name", *(source.account_fields if source else ()))

    def get_form(
        self,
        request: HttpRequest,
        obj: StreamAccount | None = None,
        change: bool = False,
        **kwargs: Any,
    ) -> Any:
        form = super().get_form(request, obj, change, **kwargs)
        form.kind = _kind_asked(request)
        return form


def _kind_asked(request: HttpRequest) -> str:
    kind = request.GET.get("kind", "")
    return kind if kind in dict(account_choices()) else ""
