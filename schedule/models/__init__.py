"""What is on, when and where."""

from schedule.models.bookmarks import AgendaLink, Bookmark
from schedule.models.changes import Change, FieldChange, ItemChange, Override
from schedule.models.conference import (
    Conference,
    ProgrammeRevision,
    Revision,
    Room,
    Track,
    Visibility,
    hex_colour,
    host_name,
    validate_time_zone,
)
from schedule.models.feeds import Feed, FeedItem, FeedQuerySet, ImportReview
from schedule.models.talks import MAX_TALK_LENGTH, Speaker, Talk, TalkQuerySet, Timer, talk_code

__all__ = [
    "MAX_TALK_LENGTH",
    "AgendaLink",
    "Bookmark",
    "Change",
    "Conference",
    "Feed",
    "FeedItem",
    "FeedQuerySet",
    "FieldChange",
    "ImportReview",
    "ItemChange",
    "Override",
    "ProgrammeRevision",
    "Revision",
    "Room",
    "Speaker",
    "Talk",
    "TalkQuerySet",
    "Timer",
    "Track",
    "Visibility",
    "hex_colour",
    "host_name",
    "talk_code",
    "validate_time_zone",
]
