"""What shared pages read of their address, each in one spelling, so that links which mean the same
share a page. Whatever else somebody hangs on an address (`utm_source`, `fbclid`) is not read at all.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from django.http import QueryDict

from schedule.site.request import ConferenceRequest
from schedule.site.zones import COOKIE, known_zone

# Stands for everything that a parameter may not be; no day, slug or language is spelled like that.
MEANINGLESS = "-"


@dataclass(frozen=True, slots=True)
class Param:
    """A parameter of an address. `spell` gets what somebody wrote and answers from memory: its one
    spelling, "" if it says nothing.

    `is_search`: there is no end of what may be asked, so answers are kept for seconds and few are
    made at a time. `is_personal`: so the answer is, which is never kept.
    """

    spell: Callable[[ConferenceRequest, str], str]
    is_search: bool = False
    is_personal: bool = False


def _spelled_day(_request: ConferenceRequest, value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        return MEANINGLESS


DAY = Param(_spelled_day)


def query_of(request: ConferenceRequest, params: Mapping[str, Param]) -> QueryDict:
    """All of the address that the page may depend on."""
    query = QueryDict(mutable=True)
    for name, param in params.items():
        value = request.GET.get(name)
        if value and (spelled := param.spell(request, value)):
            query[name] = spelled
    zone = request.GET.get(COOKIE)
    if zone and known_zone(zone):
        query[COOKIE] = zone
    return query
