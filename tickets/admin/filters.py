"""By what the lists of products and tickets can be narrowed."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from tickets.models import Claim, Product


class ConditionFilter(admin.SimpleListFilter):
    """A choice of conditions, each with its label."""

    conditions: ClassVar[Mapping[str, tuple[StrOrPromise, Q]]]

    def lookups(
        self, request: HttpRequest, model_admin: admin.ModelAdmin[Any]
    ) -> list[tuple[str, StrOrPromise]]:
        return [(key, label) for key, (label, _condition) in self.conditions.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.conditions.get(self.value() or "")
        return queryset.filter(chosen[1]) if chosen else queryset


class OpensFilter(ConditionFilter):
    """What opens nothing, and what does so only because nobody has said yet."""

    title = _("what it opens")
    parameter_name = "opens"
    conditions = {
        "waiting": (_("Waits for somebody to say"), Q(decided_by__in=Product.WAITING)),
        "nothing": (_("Nothing"), Q(scopes=[]) & ~Q(decided_by__in=Product.WAITING)),
        "something": (_("Something"), ~Q(scopes=[])),
    }


_IS_CLAIMED = Q(Exists(Claim.objects.live().filter(ticket=OuterRef("pk"))))


class ClaimedFilter(ConditionFilter):
    title = _("claimed")
    parameter_name = "held"
    conditions = {
        "yes": (_("Somebody has it"), _IS_CLAIMED),
        "no": (_("Nobody has it"), ~_IS_CLAIMED),
    }


class EntryLinkFilter(ConditionFilter):
    title = _("entry link")
    parameter_name = "link"
    conditions = {
        "unsent": (_("Not sent"), Q(entry_link__isnull=True) | Q(entry_link__sent_at=None)),
        "came_back": (_("Came back"), Q(entry_link__bounced_at__isnull=False)),
        "unopened": (
            _("Sent, not opened"),
            Q(entry_link__sent_at__isnull=False, entry_link__opened_at=None)
            & Q(entry_link__bounced_at=None, entry_link__used_at=None),
        ),
        "unused": (
            _("Opened, not signed in"),
            Q(entry_link__opened_at__isnull=False, entry_link__used_at=None),
        ),
        "used": (_("Signed in by it"), Q(entry_link__used_at__isnull=False)),
    }
