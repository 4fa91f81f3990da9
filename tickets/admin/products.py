"""What was bought and what it opens."""

from typing import Any

from django.contrib import admin
from django.db.models import Count
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from schedule.site.scoped_admin import ScopedAdmin
from tickets.admin.filters import OpensFilter
from tickets.grants.forms import ScopesForm
from tickets.models import Product


class ProductForm(ScopesForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "scopes" in self.fields:
            self.fields["scopes"].required = False


@admin.register(Product)
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
