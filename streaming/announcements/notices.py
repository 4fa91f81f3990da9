"""The announcements of a moment. Read once per number of the stage, then from memory."""

from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.utils import timezone

from lib.cached import once_per_revision
from schedule.models import Conference
from schedule.site.request import ConferenceRequest
from streaming.models import Announcement
from streaming.models.revisions import stage_revisions
from streaming.models.streams import opaque_tag
from tickets.admission.rule import refusal

LONGEST_EMERGENCY = 500


class Notice(NamedTuple):
    """`tag` names the words in public, changes with them and says nothing of them. `room`: the slug
    of the only room that it is for, or None. `is_public`: also for people without a ticket.
    """

    tag: str
    text: str
    urgency: str
    room: str | None
    is_public: bool
    starts_at: datetime
    ends_at: datetime | None

    @property
    def words(self) -> dict[str, str | None]:
        return {"text": self.text, "urgency": self.urgency, "room": self.room}


def notices(conference: Conference, at: datetime) -> tuple[Notice, ...]:
    """What is urgent first, then the newest."""
    known = _read(conference.pk, stage_revisions().get(conference.pk, 0))
    return tuple(
        notice
        for notice in known
        if notice.starts_at <= at and (notice.ends_at is None or at < notice.ends_at)
    )


@once_per_revision
def _read(conference_id: int, revision: int) -> tuple[Notice, ...]:
    rows = Announcement.objects.filter(conference=conference_id).not_over_at(timezone.now())
    found = (
        Notice(
            opaque_tag("announcement", f"{row.pk} {row.urgency} {row.text}"),
            row.text,
            row.urgency,
            row.room.slug if row.room else None,
            row.is_public,
            # /live.json is made once a second, as of its beginning.
            row.starts_at.replace(microsecond=0),
            row.ends_at,
        )
        for row in rows.select_related("room")
    )
    urgencies = Announcement.Urgency.values
    return tuple(sorted(found, key=lambda notice: -urgencies.index(notice.urgency)))


def page_notices(request: ConferenceRequest) -> tuple[Notice, ...]:
    """What everybody who may see the page that is being answered may read there."""
    # Whoever was turned away early, like a form without its token, has no moment yet.
    at = getattr(request, "at", timezone.now())
    match = request.resolver_match
    room = match.kwargs.get("slug") if match and match.url_name == "room" else None
    # The gate has looked for an admission, and found one: open pages get none.
    admission, now = getattr(request, "admission", None), timezone.now()
    reads_all = request.conference.is_public or (
        admission is not None and not refusal(request.conference, admission, None, now)
    )
    return tuple(
        notice
        for notice in notices(request.conference, at)
        if notice.room in (None, room) and (reads_all or notice.is_public)
    )


def page_part(request: ConferenceRequest) -> str:
    """The announcements in the keys of shared pages (schedule/site/pages.py)."""
    tags = [notice.tag for notice in notices(request.conference, timezone.now())]
    return opaque_tag("announcements", " ".join(tags)) if tags else ""


def emergency() -> str:
    """What the operator has put into EMERGENCY_FILE, for when nothing else can be said (the
    database is away); else nothing.
    """
    try:
        with open(settings.EMERGENCY_FILE, encoding="utf-8", errors="replace") as file:
            return " ".join(file.read(LONGEST_EMERGENCY).split())
    except OSError:
        return ""
