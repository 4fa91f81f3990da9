"""What pages of the programme say of replays, from memory."""

from datetime import datetime

from django import template
from django.db import DatabaseError
from django.template import Context
from django.utils import timezone

from schedule.models import Talk
from schedule.site.request import ConferenceRequest
from streaming.replays.library import Library, Replay, library

register = template.Library()


@register.simple_tag(takes_context=True)
def replay_of(context: Context, talk: Talk) -> Replay | None:
    """None: it cannot be watched again, or not now."""
    known = _library(context)
    return known.one(talk.code, context["request"].conference, _moment(context)) if known else None


@register.simple_tag(takes_context=True)
def has_replays(context: Context) -> bool:
    known = _library(context)
    return known is not None and any(known.at(context["request"].conference, _moment(context)))


def _moment(context: Context) -> datetime:
    """Pages that say that there is no such page have none."""
    at: datetime = getattr(context["request"], "at", None) or timezone.now()
    return at


def _library(context: Context) -> Library | None:
    """None where there is no conference, and while the database cannot be asked."""
    request: ConferenceRequest | None = context.get("request")
    if request is None or getattr(request, "conference", None) is None:
        return None
    try:
        return library(request.conference.pk, request.programme_revision)
    except DatabaseError:
        return None
