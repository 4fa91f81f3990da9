"""What waits for an organizer, in words, with the way to where it is decided."""

from datetime import datetime
from typing import Any

from django.urls import reverse
from django.utils.translation import ngettext

from schedule.feeds.importing.lines import LineKind
from schedule.models import Conference, ImportReview


def may_import(user: Any, conference: Conference | None) -> bool:
    needed = ("schedule.change_feed", "schedule.change_talk")
    return all(user.has_perm(each, conference) for each in needed)


def waiting_in_words(review: ImportReview, at: datetime) -> str:
    lines = review.waiting_at(at)
    missing = sum(LineKind.MISSING in line["kinds"] for line in lines)
    text = ngettext("%(count)d line to review", "%(count)d lines to review", len(lines))
    words = [text % {"count": len(lines)}]
    if missing:
        words.append(missing_in_words(missing))
    return ". ".join(words)


def waiting_reviews(
    user: Any, conference: Conference | None, at: datetime
) -> list[tuple[str, str]]:
    """For whoever may import. Of each feed for which something is to be decided: the address of its
    page, and words.
    """
    if conference is None or not may_import(user, conference):
        return []
    reviews = ImportReview.objects.filter(feed__conference=conference).select_related("feed")
    return [
        (
            reverse("admin:schedule_feed_review", args=[review.feed_id]),
            f"{review.feed}: {waiting_in_words(review, at)}",
        )
        for review in reviews.defer("packed").order_by("feed__source")
        if review.waiting_at(at)
    ]


def missing_in_words(count: int) -> str:
    text = ngettext(
        "%(count)d talk is missing: is it gone?",
        "%(count)d talks are missing: are they gone?",
        count,
    )
    return text % {"count": count}
