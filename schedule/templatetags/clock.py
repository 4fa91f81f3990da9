"""Times as people read them: in their zone, with the venue's beside it where the two differ."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django import template
from django.template import Context
from django.utils import timezone
from django.utils.dateformat import format as format_date
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from schedule.models import Conference, Talk
from schedule.site.zones import city_of, zone_label, zone_tag

register = template.Library()
NOTHING = SafeString()


@register.simple_tag
def clock(at: datetime, day: date | None = None) -> SafeString:
    """10:30 in the zone of the page, marked where it is not on the date `day`."""
    local = timezone.localtime(at)
    mark = _mark(local.date(), day) if day else NOTHING
    return format_html(
        '<time datetime="{}">{}</time>{}', local.isoformat(), format_date(local, "H:i"), mark
    )


@register.simple_tag(takes_context=True)
def talk_clock(context: Context, talk: Talk) -> SafeString:
    """From when to when, under the heading of a `day` or under none."""
    if talk.is_all_day:
        return format_html("{}", all_day(context, talk))
    day: date | None = context.get("day")
    times = clock(talk.starts_at, day), clock_end(talk, day)
    return format_html("{}{}{}", *times, venue_clock(context, talk.starts_at, talk.ends_at))


@register.simple_tag(takes_context=True)
def all_day(context: Context, talk: Talk) -> str:
    """Of what goes on all day, or for some days."""
    days = talk.days(context["conference"])
    if len(days) == 1:
        return _("all day")
    return _("all day, until %(day)s") % {"day": format_date(days[-1], "D j M")}


@register.simple_tag(takes_context=True)
def talk_date(context: Context, talk: Talk) -> date:
    """On which it begins, in the zone of the page; at the venue, if it goes on all day."""
    if talk.is_all_day:
        return talk.day(context["conference"])
    return timezone.localtime(talk.starts_at).date()


@register.simple_tag(takes_context=True)
def talk_begin(context: Context, talk: Talk, form: str) -> str:
    """The date on which it begins, in this form, and the time, if it has one."""
    day = format_date(talk_date(context, talk), form)
    return (
        day
        if talk.is_all_day
        else f"{day}, {format_date(timezone.localtime(talk.starts_at), 'H:i')}"
    )


@register.simple_tag(takes_context=True)
def venue_clock(
    context: Context, starts_at: datetime, ends_at: datetime | None = None
) -> SafeString:
    """The venue's time of the same instant; nothing where the page's is the same."""
    conference: Conference = context["conference"]
    there, here = starts_at.astimezone(conference.zone), timezone.localtime(starts_at)
    if there.utcoffset() == here.utcoffset():
        return NOTHING
    text = format_date(there, "H:i")
    if ends_at is not None and ends_at > starts_at:
        text += format_date(ends_at.astimezone(conference.zone), "–H:i")
    return format_html(
        '<span class="at-venue" title="{}">{}{} <span class="for-readers">{}</span></span>',
        city_of(conference.zone),
        text,
        _mark(there.date(), here.date()),
        _("at the venue"),
    )


@register.simple_tag(takes_context=True)
def zone_facts(context: Context) -> dict[str, object]:
    """The zone of the page as all read it who share the page, what they have in common, and how far its
    clock and the venue's are from UTC when the conference begins, in minutes.
    """
    conference: Conference = context["conference"]
    zone: ZoneInfo = context["zone"]
    first = conference.window[0]
    return {
        "label": zone_label(zone, conference),
        "tag": zone_tag(zone, conference),
        "page": _offset(first, zone),
        "venue": _offset(first, conference.zone),
    }


@register.simple_tag
def clock_end(talk: Talk, day: date | None = None) -> SafeString:
    """–11:15, marked where that is on another date than `day`, else than the start. Nothing for what is
    a moment, like the opening of the doors.
    """
    if not talk.length:
        return NOTHING
    end = clock(talk.ends_at, day or timezone.localtime(talk.starts_at).date())
    return format_html("–{}", end)


def _mark(on: date, day: date) -> SafeString:
    days = (on - day).days
    if not days:
        return NOTHING
    sign = "+" if days > 0 else "−"
    text = ngettext("%(sign)s%(days)d day", "%(sign)s%(days)d days", abs(days))
    return format_html(
        ' <span class="day-mark">{}</span>', text % {"sign": sign, "days": abs(days)}
    )


def _offset(at: datetime, zone: ZoneInfo) -> int:
    return (at.astimezone(zone).utcoffset() or timedelta()) // timedelta(minutes=1)
