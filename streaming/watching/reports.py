"""Players tell when a source has failed (static/js/playback.js). What counts are people, not
requests or devices: a person counts once in a room within the time that the desk looks back on, and
can sign in as often as they like. Where nobody has to sign in, a browser is whatever it says it is,
and its network stands for the person.
"""

import logging

from allauth.account.adapter import get_adapter
from django import forms
from django.contrib.auth import SESSION_KEY
from django.core.cache.backends.base import BaseCache
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from lib.redis_scripts import RedisScript
from schedule.models import Room
from schedule.site.access import for_programs
from schedule.site.request import ConferenceRequest
from streaming.models import RoomMinute
from tickets.mail.strangers import network_of

logger = logging.getLogger(__name__)

# As the desk has it: two minutes (portal/desk/chart.py).
COUNTED_SECONDS = 120
# One page of so many tells (REPORTS_ONE_IN in static/js/playback.js); none speaks for more.
MAX_WEIGHT = 4


class ReportForm(forms.Form):
    WHY: tuple[str, ...] = (
        "ended",
        "frozen",
        "media",
        "player",
        "playlist",
        "refused",
        "segments",
        "silent",
    )
    WHY += ("stuck", "unreachable")

    room = forms.SlugField()
    why = forms.ChoiceField(choices=[(why, why) for why in WHY])
    weight = forms.IntegerField(min_value=1, max_value=10)


@for_programs
@require_POST
@never_cache
def report(request: ConferenceRequest) -> HttpResponse:
    """A player says that a source failed. `weight`: for how many players it speaks."""
    form = ReportForm(request.POST)
    if not form.is_valid():
        return JsonResponse({"error": {"code": "bad_report"}}, status=400)
    said = form.cleaned_data
    room = get_object_or_404(Room, conference=request.conference, slug=said["room"])
    if is_first_report(room, _who_tells(request)):
        weight = min(said["weight"], MAX_WEIGHT)
        RoomMinute.objects.count_failures(room, timezone.now(), weight)
        logger.warning("A player lost %s: %s", room.slug, said["why"])
    return HttpResponse(status=204)


def is_first_report(room: Room, who: str) -> bool:
    return bool(_COUNT([f"reports:{room.conference_id}:{room.slug}"], who))


def _who_tells(request: ConferenceRequest) -> str:
    user_id = request.session.get(SESSION_KEY)
    return user_id or network_of(get_adapter().get_client_ip(request))


def _count(kept: BaseCache, now: float, keys: list[str], who: str) -> int:
    counted: dict[str, float] = kept.get(keys[0], {})
    counted = {each: at for each, at in counted.items() if at > now - COUNTED_SECONDS}
    if who in counted:
        return 0
    kept.set(keys[0], counted | {who: now}, COUNTED_SECONDS)
    return 1


_COUNT = RedisScript(
    _count,
    f"local counted = {COUNTED_SECONDS}",
    """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', tonumber(ARGV[1]) - counted)
local added = redis.call('ZADD', KEYS[1], 'NX', ARGV[1], ARGV[2])
if added == 1 then redis.call('EXPIRE', KEYS[1], counted) end
return added
""",
)
