from django import template
from django.db import DatabaseError
from django.template import Context

from schedule.site.request import ConferenceRequest
from streaming.announcements.notices import page_notices

register = template.Library()


@register.inclusion_tag("streaming/_announcements.html", takes_context=True)
def announcements(context: Context) -> dict[str, object]:
    """The strip of every page: for this page, in this moment, for everybody who may see it."""
    request: ConferenceRequest | None = context.get("request")
    if request is None or getattr(request, "conference", None) is None:
        return {"is_here": False}
    try:
        notices = page_notices(request)
    except DatabaseError:  # pages that say so are rendered too while it is away
        notices = ()
    match = request.resolver_match
    return {
        "is_here": True,
        "calm": [notice for notice in notices if notice.urgency != "emergency"],
        "emergencies": [notice for notice in notices if notice.urgency == "emergency"],
        "room": match.kwargs["slug"] if match and match.url_name == "room" else "",
    }
