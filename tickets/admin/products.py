"""What was bought and what it opens."""

from typing import Any

from django.contrib import admin, messages
from django.contrib.admin import ActionLocation
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from schedule.site.scoped_admin import ScopedAdmin, conference_of
from tickets.admin.filters import OpensFilter
from tickets.grants.forms import ScopesForm
from tickets.models import Product, whole_conference
from tickets.sources.products import say_what_open, say_what_opens
from tickets.sources.waiting import to_decide, waiting_products

ANYWHERE = (ActionLocation.CHANGE_LIST, ActionLocation.CHANGE_FORM)


class ProductForm(ScopesForm):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "scopes" in self.fields:
            self.fields["scopes"].required = False
            if self.instance.is_waiting:
                text = gettext("Nobody has said yet. Saved as it is, empty, it opens nothing.")
                self.fields["scopes"].help_text = f"{text} {self.fields['scopes'].help_text}"


@admin.register(Product)
class ProductAdmin(ScopedAdmin):
    form = ProductForm
    list_display = ("name", "opens", "decided_by", "places", "shop", "ticket_count")
    list_select_related = ("shop",)
    list_filter = (OpensFilter, ("shop", admin.RelatedOnlyFieldListFilter))
    ordering = ("name",)
    search_fields = ("name",)
    fields = ("name", "scopes", "decided_by", "places", "shop", "shop_code")
    readonly_fields = ("decided_by", "shop", "shop_code")
    actions = ("open_conference", "open_nothing")

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).annotate(ticket_count=Count("tickets"))

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        waiting = to_decide(request.user, conference_of(request))
        return super().changelist_view(request, {**(extra_context or {}), **waiting})

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        """Whoever saves it has said what it opens."""
        super().save_model(request, obj, form, change)
        say_what_opens(obj, obj.scopes)

    @admin.display(description=_("opens"))
    def opens(self, product: Product) -> str:
        return gettext("waits") if product.is_waiting else ", ".join(product.scopes) or "–"

    @admin.display(description=_("tickets"), ordering="ticket_count")
    def ticket_count(self, product: Any) -> int:
        count: int = product.ticket_count
        return count

    @admin.action(
        permissions=["change"], description=_("Say: opens the whole conference"), location=ANYWHERE
    )
    def open_conference(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        self._say(request, products, whole_conference())

    @admin.action(permissions=["change"], description=_("Say: opens nothing"), location=ANYWHERE)
    def open_nothing(self, request: HttpRequest, products: QuerySet[Product]) -> None:
        self._say(request, products, [])

    def _say(self, request: HttpRequest, products: QuerySet[Product], scopes: list[str]) -> None:
        chosen = list(products)
        for conference in {product.conference for product in chosen}:
            theirs = [product for product in chosen if product.conference == conference]
            say_what_open(conference, theirs, scopes)
        for product in chosen:
            opens = ", ".join(scopes) or "–"
            self.log_change(request, product, gettext("opens: %(scopes)s") % {"scopes": opens})
        text = ngettext("Said of %(count)d product.", "Said of %(count)d products.", len(chosen))
        self.message_user(request, text % {"count": len(chosen)}, messages.SUCCESS)


def waiting_in_words(conference: Conference) -> SafeString:
    """A line for each product that waits, with the link to its page. Empty: none does."""
    lines = (
        (reverse("admin:tickets_product_change", args=[each.product.pk]), str(each))
        for each in waiting_products(conference)
    )
    return format_html_join(mark_safe("<br>"), '<a href="{}">{}</a>', lines)


def warn_of_waiting(request: HttpRequest, conference: Conference) -> None:
    """Beside the result of what has brought tickets."""
    if words := waiting_in_words(conference):
        messages.warning(request, words)
