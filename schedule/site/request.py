from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

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


def way_back(request: HttpRequest, default: str) -> str:
    """The page of this host that somebody came from: the `next` of the form or of the address."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    return wanted if is_of_this_host(request, wanted) else default


def page_of_form(request: HttpRequest) -> str:
    """The page of the form that was sent, with the `next` that may stand in the form alone."""
    wanted = request.POST.get("next")
    if wanted and "next" not in request.GET:
        return f"{request.path}?{urlencode({'next': wanted})}"
    return request.get_full_path()


def is_of_this_host(request: HttpRequest, url: str) -> bool:
    """A session belongs to one host, so nothing leads to another one, not even one of ours. A bare
    word is no page either: Django's redirect() would take it for the name of a view.
    """
    host, is_secure = request.get_host(), request.is_secure()
    is_whole = url.startswith("/") or "://" in url
    return is_whole and url_has_allowed_host_and_scheme(url, {host}, require_https=is_secure)
