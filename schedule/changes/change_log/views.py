"""The list of changes for attendees, as a page and as a feed. Shared: nothing of one person."""

from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.feedgenerator import Atom1Feed
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from schedule.changes.change_log.entries import LogEntry, News, entries
from schedule.site.access import follows_visibility
from schedule.site.pages import render_page, shared_page
from schedule.site.request import ConferenceRequest


@require_safe
@follows_visibility
@shared_page()
def changes(request: ConferenceRequest) -> HttpResponse:
    context = {"entries": entries(request.conference), "at": request.at}
    return render_page(request, "schedule/changes.html", context)


@require_safe
@follows_visibility
@shared_page()
def changes_feed(request: ConferenceRequest) -> HttpResponse:
    """In the venue's time: a feed reader has no zone of its own."""
    conference = request.conference
    page = request.build_absolute_uri(reverse("changes"))
    feed = Atom1Feed(
        title=_("%(conference)s: changes of the programme") % {"conference": conference},
        link=page,
        description="",
        language=get_language(),
        feed_url=request.build_absolute_uri(request.path),
    )
    with timezone.override(conference.zone):
        for entry in entries(conference):
            feed.add_item(
                title=_title(entry),
                link=f"{page}#change-{entry.pk}",
                description=render_to_string("schedule/_news_list.html", {"entry": entry}),
                unique_id=f"{page}#change-{entry.pk}",
                pubdate=entry.made_at,
                updateddate=entry.made_at,
            )
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)


def _title(entry: LogEntry) -> str:
    first = _headline(entry.news[0])
    others = len(entry.news) - 1 + entry.more
    if not others:
        return first
    text = ngettext("%(first)s, and %(count)d more", "%(first)s, and %(count)d more", others)
    return text % {"first": first, "count": others}


def _headline(news: News) -> str:
    title = news.talk.title
    if news.is_canceled:
        return _("Canceled: %(title)s") % {"title": title}
    if news.is_new:
        return _("New: %(title)s") % {"title": title}
    if news.starts_at:
        start = date_format(timezone.localtime(news.starts_at[1]), "H:i")
        return _("%(title)s: now at %(time)s") % {"title": title, "time": start}
    if news.room and news.room[1]:
        return _("%(title)s: now in %(room)s") % {"title": title, "room": news.room[1]}
    return title
