"""What is on, when and where."""

from schedule.models.bookmarks import AgendaLink, Bookmark
from schedule.models.changes import Change, FieldChange, ItemChange, Override
from schedule.models.conference import (
    Conference,
    ProgrammeRevision,
    Room,
    Track,
    Visibility,
    host_name,
    validate_time_zone,
)
from schedule.models.feeds import Feed, FeedItem, FeedItemQuerySet, FeedQuerySet, ImportReview
from schedule.models.talks import TIMES, Speaker, Talk, TalkQuerySet, Timer, with_times

__all__ = [
    "TIMES",
    "AgendaLink",
    "Bookmark",
    "Change",
    "Conference",
    "Feed",
    "FeedItem",
    "FeedItemQuerySet",
    "FeedQuerySet",
    "FieldChange",
    "ImportReview",
    "ItemChange",
    "Override",
    "ProgrammeRevision",
    "Room",
    "Speaker",
    "Talk",
    "TalkQuerySet",
    "Timer",
    "Track",
    "Visibility",
    "host_name",
    "validate_time_zone",
    "with_times",
]
