"""What attendees read of changes, as a page and as a feed: talks that moved, were added or canceled
since they were published. Both are shared, and neither says by whom.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, Self

from django.db.models import Exists, OuterRef, Prefetch, Q
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.feedgenerator import Atom1Feed
from django.utils.formats import date_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from schedule.models import TIMES, Change, Conference, FieldChange, Room, Talk
from schedule.site.access import follows_visibility, for_programs
from schedule.site.pages import render_page, shared_page
from schedule.site.request import ConferenceRequest

SHOWN_FIELDS = (*TIMES, "room", "is_canceled", "title", "talk")
LAST_ACTS = 50
# An import of a whole programme is one act.
TALKS_PER_ACT = 20


@dataclass(frozen=True)
class TalkNews:
    """What one act did to one talk. Old and new are None where the act left it alone."""

    talk: Talk
    is_new: bool = False
    is_canceled: bool | None = None
    starts_at: tuple[datetime, datetime] | None = None
    ends_at: tuple[datetime, datetime] | None = None
    is_all_day: tuple[bool, bool] | None = None
    room: tuple[Room | None, Room | None] | None = None
    title: tuple[str, str] | None = None

    @classmethod
    def of(cls, talk: Talk, changed: Iterable[FieldChange], rooms: Mapping[int, Room]) -> Self:
        told: dict[str, Any] = {}
        for each in changed:
            match each.field:
                case "talk":
                    told["is_new"] = True
                case "is_canceled":
                    told["is_canceled"] = each.new
                case "room":
                    told["room"] = (rooms.get(each.old or 0), rooms.get(each.new or 0))
                case "title":
                    told["title"] = (each.old, each.new)
                case "is_all_day":
                    told["is_all_day"] = (each.old, each.new)
                case "starts_at" | "ends_at":
                    told[each.field] = (parse_datetime(each.old), parse_datetime(each.new))
        return cls(talk, **told)

    @property
    def is_of_days(self) -> bool:
        """It is said on which days it goes on, since it has no times, and may have had none."""
        is_moved = self.is_new or self.starts_at or self.ends_at or self.is_all_day
        return bool(is_moved) and self.talk.is_all_day

    @property
    def is_on_another_day(self) -> bool:
        if self.starts_at is None:
            return False
        old, new = self.starts_at
        return self.talk.conference.day_of(old) != self.talk.conference.day_of(new)


@dataclass(frozen=True)
class ChangeLogEntry:
    """One act. `more`: how many talks beyond those in `news`."""

    pk: int
    made_at: datetime
    news: list[TalkNews] = field(default_factory=list)
    more: int = 0


def entries(conference: Conference) -> list[ChangeLogEntry]:
    """The last acts that attendees should know, the newest first. Of hidden talks nothing."""
    told = FieldChange.objects.filter(
        Q(field__in=SHOWN_FIELDS), talk__is_hidden=False, talk__conference=conference
    )
    changes = (
        Change.objects.filter(conference=conference)
        .filter(Exists(told.filter(change=OuterRef("pk"))))
        .newest_first()
        .prefetch_related(
            Prefetch(
                "fields", told.select_related("talk").order_by("talk__starts_at", "talk", "pk")
            )
        )[:LAST_ACTS]
    )
    rooms = {room.pk: room for room in conference.rooms.all()}
    return [_entry(change, conference, rooms) for change in changes]


def _entry(change: Change, conference: Conference, rooms: Mapping[int, Room]) -> ChangeLogEntry:
    news = []
    for talk, changed in groupby(change.fields.all(), key=lambda each: each.talk):
        talk.conference = conference
        news.append(TalkNews.of(talk, changed, rooms))
    shown = news[:TALKS_PER_ACT]
    return ChangeLogEntry(change.pk, change.made_at, shown, len(news) - len(shown))


@require_safe
@follows_visibility
@shared_page()
def changes(request: ConferenceRequest) -> HttpResponse:
    context = {"entries": entries(request.conference), "at": request.at}
    return render_page(request, "schedule/changes.html", context)


@for_programs
@require_safe
@follows_visibility
@shared_page(in_zone=False)
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
                description=render_to_string(
                    "schedule/_news_list.html", {"entry": entry, "conference": conference}
                ),
                unique_id=f"{page}#change-{entry.pk}",
                pubdate=entry.made_at,
                updateddate=entry.made_at,
            )
    return HttpResponse(feed.writeString("utf-8"), content_type=feed.content_type)


def _title(entry: ChangeLogEntry) -> str:
    first = _headline(entry.news[0])
    others = len(entry.news) - 1 + entry.more
    if not others:
        return first
    text = ngettext("%(first)s, and %(count)d more", "%(first)s, and %(count)d more", others)
    return text % {"first": first, "count": others}


def _headline(news: TalkNews) -> str:
    title = news.talk.title
    if news.is_canceled:
        return _("Canceled: %(title)s") % {"title": title}
    if news.is_new:
        return _("New: %(title)s") % {"title": title}
    if news.is_of_days:
        day = date_format(news.talk.day(news.talk.conference), "D j M")
        return _("%(title)s: now on %(day)s") % {"title": title, "day": day}
    if news.starts_at:
        start = date_format(timezone.localtime(news.starts_at[1]), "H:i")
        return _("%(title)s: now at %(time)s") % {"title": title, "time": start}
    if news.room and news.room[1]:
        return _("%(title)s: now in %(room)s") % {"title": title, "room": news.room[1]}
    return title
