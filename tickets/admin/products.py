"""What was bought and what it opens."""

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from schedule.site.scoped_admin import ScopedAdmin
from tickets.admin.forms import ProductForm
from tickets.models import Product


class OpensFilter(admin.SimpleListFilter):
    """A new product of a shop that lets nobody in opens nothing until somebody says what."""

    title = _("what it opens")
    parameter_name = "opens"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return (("nothing", _("Nothing")), ("something", _("Something")))

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "nothing":
                return queryset.filter(scopes=[])
            case "something":
                return queryset.exclude(scopes=[])
        return queryset


class ProductAdmin(ScopedAdmin):
    form = ProductForm
    list_display = ("name", "opens", "places", "shop", "ticket_count")
    list_select_related = ("shop",)
    list_filter = (OpensFilter, ("shop", admin.RelatedOnlyFieldListFilter))
    ordering = ("name",)
    search_fields = ("name",)
    fields = ("name", "scopes", "places", "shop", "shop_code")
    readonly_fields = ("shop", "shop_code")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(ticket_count=Count("tickets"))

    @admin.display(description=_("opens"))
    def opens(self, product: Product) -> str:
        return ", ".join(product.scopes)

    @admin.display(description=_("tickets"), ordering="ticket_count")
    def ticket_count(self, product: Any) -> int:
        count: int = product.ticket_count
        return count
