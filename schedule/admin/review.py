"""The page on which an organizer decides what of a feed is applied.

Everything is applied but what was left out, so that a form of 1,400 talks sends few fields; a line
in conflict, or of a talk that is missing, is applied only when it was ticked.
"""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lib.plans import PlanChanged
from schedule.changes.removals import RemovalsRefused, dangers_of_removal
from schedule.feeds.importing.lines import (
    LineKind,
    begin_of,
    fields_in_words,
    kinds_in_words,
    moment,
)
from schedule.feeds.importing.missing import another_in_words
from schedule.feeds.importing.reviewing import apply_review, dismiss, make_again
from schedule.models import FeedItem, ImportReview, Talk
from schedule.site.scoped_admin import person

# These are applied only when they were ticked: a kind and what the tick says.
ASKED = {
    LineKind.CONFLICT.value: gettext_lazy("take the feed's"),
    LineKind.MISSING.value: gettext_lazy("it is gone"),
}


def review_context(review: ImportReview, at: datetime) -> dict[str, object]:
    plan, conference = review.plan, review.feed.conference
    lines = review.lines_at(at)
    missing = [line["talk"] for line in lines if LineKind.MISSING in line["kinds"]]
    items = review.feed.items.filter(talk__in=missing).select_related("talk__room")
    by_talk = {item.talk_id: item for item in items}
    gone = [item.talk for item in items]
    return {
        "title": _("Review of %(feed)s") % {"feed": review.feed},
        "review": review,
        "feed": review.feed,
        "plan": plan,
        "doubts": another_in_words(plan["lost"]),
        "groups": _groups(review, by_talk, at),
        "unchanged": plan["counts"].get(LineKind.UNCHANGED.value, 0),
        "dangers": dangers_of_removal(conference, gone, at=at),
    }


def _groups(
    review: ImportReview, missing: dict[int, FeedItem], at: datetime
) -> list[dict[str, object]]:
    zone = review.feed.conference.zone
    talk_url = reverse("admin:schedule_talk_change", args=[0]).replace("/0/", "/{}/")
    dismissed = set(review.dismissed)
    rows: dict[str, list[dict[str, object]]] = {}
    for line in review.lines_at(at):
        item = missing.get(line["talk"])
        rows.setdefault(line["kinds"][0], []).append(
            {
                "digest": line["digest"],
                "title": line["title"],
                "when": begin_of(line, zone) if item is None else _begin(item.talk, zone),
                "url": "" if line["talk"] is None else talk_url.format(line["talk"]),
                "also": kinds_in_words({"kinds": line["kinds"][1:]}),
                "what": _changes_in_words(line, zone),
                "missing": item,
                "is_live": item is not None and item.talk.is_live_at(at),
                "is_dismissed": line["digest"] in dismissed,
            }
        )
    return [
        {
            "kind": kind.value,
            "label": kind.label,
            "rows": rows[kind.value],
            "is_missing": kind is LineKind.MISSING,
            "tick": ASKED.get(kind.value),
        }
        for kind in LineKind
        if kind.value in rows
    ]


def _begin(talk: Talk, zone: ZoneInfo) -> str:
    return moment(talk.starts_at, zone, is_all_day=talk.is_all_day)


def _changes_in_words(line: dict[str, Any], zone: ZoneInfo) -> SafeString:
    """Made here, because Django's templates take a second for 1,400 talks of six fields."""
    markup = "<div>{}: <del><bdi>{}</bdi></del> → <ins><bdi>{}</bdi></ins></div>"
    if line["talk"] is None:
        markup = "<div>{0}: <bdi>{2}</bdi></div>"
    told = [words for words in fields_in_words(line, zone) if words.old or words.new]
    return format_html_join(
        "", markup, ((label, old or "–", new or "–") for label, old, new in told)
    )


def decide(request: HttpRequest, review: ImportReview) -> HttpResponse:
    here = redirect("admin:schedule_feed_review", review.feed_id)
    at = timezone.now()
    if "again" in request.POST:
        make_again(review, at)
        return here
    chosen, dismissed = _ticked(request, review, at)
    if "dismiss" in request.POST:
        dismiss(review, dismissed, at)
        messages.success(request, _("Saved. What is left out is not asked again."))
        return here
    try:
        change = apply_review(
            review,
            digest=request.POST.get("digest", ""),
            chosen=chosen,
            dismissed=dismissed,
            actor=person(request),
            at=at,
            seen_live=request.POST.getlist("live"),
        )
    except PlanChanged:
        text = _(
            "The programme has changed since this page was made. Nothing was applied; look again."
        )
        messages.error(request, text)
        return here
    except RemovalsRefused as refused:
        text = _("Nothing was applied. %(reasons)s If it is to go all the same, tick it again.")
        messages.error(request, text % {"reasons": refused})
        return here
    if change is None:
        messages.info(request, _("There was nothing to apply."))
        return here
    return redirect("admin:schedule_feed_imported", review.feed_id, change.pk)


def _ticked(request: HttpRequest, review: ImportReview, at: datetime) -> tuple[set[str], set[str]]:
    """The digests of what is applied, and of what is left out."""
    groups, left_out = set(request.POST.getlist("group")), set(request.POST.getlist("leave"))
    taken, only = set(request.POST.getlist("take")), request.POST.get("only")
    are_gone = "accept_removals" in request.POST
    chosen, dismissed = set(), set()
    for line in review.lines_at(at):
        digest, kind = line["digest"], line["kinds"][0]
        if digest in left_out or kind in groups:
            dismissed.add(digest)
        elif kind not in ASKED or digest in taken or (are_gone and kind == LineKind.MISSING.value):
            chosen.add(digest)
    return ({only} if only else chosen), dismissed
