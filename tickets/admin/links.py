"""What the admin of tickets shows and does about entry links."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils import formats, timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from tickets.holders.links import link_to
from tickets.holders.sending import enqueue_links
from tickets.models import EntryLink, Ticket

_STATES = {
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


class EntryLinkFilter(admin.SimpleListFilter):
    title = _("entry link")
    parameter_name = "link"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Any:
        return [(key, label) for key, (label, _wanted) in _STATES.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = self.value()
        return queryset.filter(_STATES[chosen][1]) if chosen in _STATES else queryset


class WithEntryLinks:
    """Mixed in before the admin class of tickets."""

    @admin.display(description=_("entry link"))
    def link_state(self, ticket: Ticket) -> str:
        """The last that happened."""
        link: EntryLink | None = getattr(ticket, "entry_link", None)
        return next((text for _at, text in reversed(_events(link))), "–")

    @admin.display(description=_("entry link"))
    def link_history(self, ticket: Ticket) -> str:
        link: EntryLink | None = getattr(ticket, "entry_link", None)
        told = []
        for at, text in _events(link):
            here = timezone.localtime(at, ticket.conference.zone)
            told.append(f"{text}: {formats.date_format(here, 'SHORT_DATETIME_FORMAT')}")
        return "; ".join(told) or "–"

    @admin.action(permissions=["change"], description=_("Send the entry link"))
    def send_entry_link(self: Any, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        good = tickets.valid().exclude(holder_email="").order_by("pk")  # type: ignore[attr-defined]  # TicketQuerySet
        chosen = list(good)
        enqueue_links([ticket.pk for ticket in chosen], request.build_absolute_uri("/"))
        for ticket in chosen:
            self.log_change(request, ticket, gettext("entry link sent"))
        text = ngettext(
            "%(count)d link goes out. Who was sent one within a day gets no second one.",
            "%(count)d links go out. Who was sent one within a day gets no second one.",
            len(chosen),
        )
        self.message_user(request, text % {"count": len(chosen)})

    @admin.action(permissions=["change"], description=_("Note: the mail with the link came back"))
    def mark_came_back(self: Any, request: HttpRequest, tickets: QuerySet[Ticket]) -> None:
        chosen = list(tickets)
        for ticket in chosen:
            link_to(ticket).note_bounced(timezone.now())
            self.log_change(request, ticket, gettext("the mail with the entry link came back"))
        self.message_user(request, gettext("Noted for %(count)d.") % {"count": len(chosen)})


def _events(link: EntryLink | None) -> list[tuple[datetime, str]]:
    """In the order in which they matter, which is that in which they happen."""
    if link is None:
        return []
    events = (
        (link.sent_at, gettext("sent")),
        (link.opened_at, gettext("opened")),
        (link.used_at, gettext("signed in")),
        (link.bounced_at, gettext("came back")),
    )
    return [(at, text) for at, text in events if at is not None]
