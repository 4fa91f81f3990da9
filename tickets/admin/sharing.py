"""Unusually many devices: what may be a shared ticket, for a person to judge. A phone, a laptop and
a venue's network are three already, and nothing follows from a number by itself.

Devices and networks are those of signing in (tickets/accounts/devices/sessions.py): a browser in a network
counts once, however often it signs in there.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from allauth.usersessions import admin as allauth_admin
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.db.models import Count, IntegerField, OuterRef, Prefetch, Q, QuerySet, Subquery, Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.functions import Coalesce
from django.forms import ModelForm
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from schedule.models import Conference
from schedule.site.scoped_admin import ReadOnly, ScopedAdmin, conference_of
from tickets.accounts.devices.sessions import KEPT, browser_in_words
from tickets.models import Claim, ManyDevices, ReplacementCount

# More than most people have.
UNUSUAL_DEVICES = 4
UNUSUAL_REPLACEMENTS = 4
LATELY = timedelta(hours=24)


def with_many_devices(conference: Conference | None) -> QuerySet[Any]:
    """Each with their counts; those who had the most of late come first."""
    lately = Q(usersession__created_at__gte=timezone.now() - LATELY)
    device, network = (KeyTextTransform(key, "usersession__data") for key in ("device", "network"))
    counts = ReplacementCount.objects.filter(conference=conference, user=OuterRef("pk"))
    tickets = Claim.objects.live().filter(ticket__conference=conference).select_related("ticket")
    conference_id = conference.pk if conference else None
    people: QuerySet[Any] = ManyDevices.objects.filter(
        usersession__data__conference=conference_id
    ).annotate(
        in_conference=Value(conference_id, IntegerField()),
        devices=Count(device, distinct=True),
        networks=Count(network, distinct=True),
        devices_lately=Count(device, distinct=True, filter=lately),
        networks_lately=Count(network, distinct=True, filter=lately),
        replacements=Coalesce(Subquery(counts.values("times")), 0),
    )
    unusual = Q(devices__gte=UNUSUAL_DEVICES) | Q(replacements__gte=UNUSUAL_REPLACEMENTS)
    return (
        people.filter(unusual)
        .prefetch_related(Prefetch("claims", tickets, to_attr="live_claims"))
        .order_by("-devices_lately", "-devices", "-replacements", "pk")
    )


def _count(name: str, label: StrOrPromise) -> Callable[[object, Any], int]:
    """A column with one of those counts."""

    @admin.display(description=label, ordering=name)
    def count(_admin: object, person: Any) -> int:
        number: int = getattr(person, name)
        return number

    return count


@admin.register(ManyDevices)
class ManyDevicesAdmin(ReadOnly, ScopedAdmin):
    form = ModelForm
    list_display = (
        "email",
        "tickets",
        "devices_lately",
        "networks_lately",
        "devices",
        "networks",
        "replacements",
    )
    search_fields = ("email", "display_name")
    show_full_result_count = False
    devices_lately = _count("devices_lately", _("devices, 24 h"))
    networks_lately = _count("networks_lately", _("networks, 24 h"))
    devices = _count("devices", _("devices"))
    networks = _count("networks", _("networks"))
    replacements = _count("replacements", _("replaced"))
    fields = ("person", "tickets", "devices", "networks", "replacements", "sign_ins")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        people = with_many_devices(conference_of(request))
        return people if request.user.is_superuser else people.filter(is_superuser=False)

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        context = {
            "title": _("Unusually many devices"),
            "unusual_devices": UNUSUAL_DEVICES,
            "unusual_replacements": UNUSUAL_REPLACEMENTS,
            "kept_days": KEPT.days,
        }
        return super().changelist_view(request, context)

    @admin.display(description=_("person"))
    def person(self, person: Any) -> SafeString:
        url = reverse("admin:tickets_user_change", args=[person.pk])
        return format_html('<a href="{}">{}</a>', url, person.email)

    @admin.display(description=_("tickets"))
    def tickets(self, person: Any) -> str:
        return ", ".join(claim.ticket.code for claim in person.live_claims)

    @admin.display(description=_("signed in"))
    def sign_ins(self, person: Any) -> SafeString:
        return render_to_string(
            "admin/tickets/manydevices/sign_ins.html", {"sign_ins": _sign_ins(person)}
        )


def _sign_ins(person: Any) -> list[dict[str, object]]:
    """Newest first. Networks are numbered as they came, because they are known by no name."""
    numbers: dict[str, int] = {}
    here = UserSession.objects.filter(user=person.pk, data__conference=person.in_conference)
    sign_ins = [
        {
            "at": session.created_at,
            "browser": browser_in_words(session.user_agent),
            "network": numbers.setdefault(session.data.get("network", ""), len(numbers) + 1),
        }
        for session in here.order_by("created_at")
    ]
    return sign_ins[::-1]


# allauth's own page of sessions searches by a user name, which our people do not have.
admin.site.unregister(allauth_admin.UserSession)
