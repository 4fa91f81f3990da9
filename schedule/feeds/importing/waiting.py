"""What waits for an organizer, in words, with the way to where it is decided."""

from django.urls import reverse
from django.utils.translation import ngettext

from schedule.feeds.importing.lines import LineKind
from schedule.models import Conference, ImportReview


def waiting_in_words(review: ImportReview) -> str:
    lines = review.waiting
    missing = sum(LineKind.MISSING in line["kinds"] for line in lines)
    text = ngettext("%(count)d line to review", "%(count)d lines to review", len(lines))
    words = [text % {"count": len(lines)}]
    if missing:
        words.append(missing_in_words(missing))
    return ". ".join(words)


def waiting_reviews(conference: Conference) -> list[tuple[str, str]]:
    """Of each feed for which something is to be decided: the address of its page, and words."""
    reviews = ImportReview.objects.filter(feed__conference=conference).select_related("feed")
    return [
        (
            reverse("admin:schedule_feed_review", args=[review.feed_id]),
            f"{review.feed}: {waiting_in_words(review)}",
        )
        for review in reviews.defer("packed").order_by("feed__source")
        if review.waiting
    ]


def missing_in_words(count: int) -> str:
    text = ngettext(
        "%(count)d talk is missing: is it gone?",
        "%(count)d talks are missing: are they gone?",
        count,
    )
    return text % {"count": count}
