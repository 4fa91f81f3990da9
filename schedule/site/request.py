from dataclasses import dataclass
from datetime import datetime

from django.http import HttpRequest

from schedule.models import Conference


@dataclass(frozen=True)
class PageKey:
    """Where a page is kept. `is_search`: for seconds only. `was_missed`: the ticket gate has looked
    there already.
    """

    key: str
    is_search: bool = False
    was_missed: bool = False


class ConferenceRequest(HttpRequest):
    """A request on the host of a conference, as every view but the exempt ones gets it."""

    conference: Conference
    # The number of the programme, read before any row that the request reads.
    programme_revision: int
    # The moment that pages show: now, unless staff chose another (MomentMiddleware).
    at: datetime
    at_is_chosen: bool
    # Where the shared page of this request is kept; set by the ticket gate once it has looked.
    slot: PageKey
