"""How long an import of a large programme takes, for tools/bench/pages.py: in this process, which is set
up as the site is, against the stack's PostgreSQL. The tables are the file's alone: it is not a
measure of the page that attendees see.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.test import Client
from django.utils import timezone

from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.import_file import import_schedule
from schedule.feeds.importing.plan import ImportPlan
from schedule.feeds.importing.reviewing import keep_review
from schedule.models import Conference, Feed
from tickets.models import User
from tools.bench.sessions import session_key_of

TALKS = 1400
ROOMS = 20
BEGIN = datetime(2030, 5, 1, 8, tzinfo=UTC)
# As much text and as little Markdown as abstracts have: a stress here and there.
PARAGRAPH = (
    "A talk about something that **matters** to somebody, told with _care_ and in time. "
    + "It begins where most people stop to look, and it ends with what to try on Monday. " * 8
    + "\n\n"
)


def measure_imports() -> dict[str, float]:
    """Seconds for each step."""
    data = programme_file()
    first, second = (_conference(slug) for slug in ("bench-import", "bench-review"))
    seconds = {}

    def run() -> None:
        import_schedule(conference=first, programme=parse(data), source="bench.json", data=data)

    seconds["import, all new"] = _seconds(run)
    seconds["import, no change"] = _seconds(run)

    feed = Feed.objects.create(conference=second, source="bench.json", format="c3voc-json")
    keep_review(ImportPlan(second, feed, parse(data)), data, timezone.now())
    admin = Client(headers={"host": str(second.domain)})
    superuser = User.objects.filter(is_superuser=True)[0]
    admin.cookies[settings.SESSION_COOKIE_NAME] = session_key_of(superuser, second)
    page = f"/admin/schedule/feed/{feed.pk}/review/"
    if admin.get(page).status_code != 200:
        raise RuntimeError(f"{page} does not show the review")
    seconds["review page, warm"] = _seconds(lambda: admin.get(page))
    return seconds


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return round(time.perf_counter() - began, 2)


def _conference(slug: str) -> Conference:
    return Conference.objects.create(
        name=slug,
        slug=slug,
        domain=f"{slug}.localhost",
        starts_on=BEGIN.date(),
        ends_on=BEGIN.date() + timedelta(days=6),
    )


def programme_file() -> bytes:
    """A c3voc JSON of TALKS talks, half an hour each, in ROOMS rooms over a week."""
    days: dict[str, dict[str, list[dict[str, Any]]]] = {}
    for number in range(TALKS):
        slot, room = divmod(number, ROOMS)
        starts_at = BEGIN + timedelta(days=slot // 10, minutes=30 * (slot % 10))
        rooms = days.setdefault(starts_at.date().isoformat(), {})
        rooms.setdefault(f"Room {room}", []).append(_event(number, starts_at))
    conference = {
        "acronym": "bench",
        "title": "Bench",
        "time_zone_name": "UTC",
        "days": [
            {"index": index, "date": day, "rooms": rooms}
            for index, (day, rooms) in enumerate(days.items(), start=1)
        ],
    }
    return json.dumps({"schedule": {"version": "1", "conference": conference}}).encode()


def _event(number: int, starts_at: datetime) -> dict[str, Any]:
    return {
        "guid": str(uuid5(NAMESPACE_URL, f"bench:{number}")),
        "id": number + 1,
        "title": f"Talk number {number}",
        "date": starts_at.isoformat(),
        "start": f"{starts_at:%H:%M}",
        "duration": "00:30",
        "abstract": PARAGRAPH,
        "description": PARAGRAPH * 2,
        "persons": [{"id": number % 900 + 1, "public_name": f"Person {number % 900}"}],
    }
