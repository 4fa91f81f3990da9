"""What an import, an upload or a run of a shop did, in words for organizers."""

from collections.abc import Mapping

from django.utils.translation import gettext as _

COUNTS = (
    *("new", "changed", "canceled", "pending", "unknown"),
    *("passed_on", "claimed", "unchanged"),
)


def counts_in_words(counts: Mapping[str, int]) -> str:
    """Canceled apart from not paid: an organizer compares the numbers with those of the shop."""
    known = dict.fromkeys(COUNTS, 0) | dict(counts)
    became = {
        "canceled": _("%(n)s canceled"),
        "pending": _("%(n)s waiting for payment"),
        "unknown": _("%(n)s in a state that is unknown to us"),
    }
    parts = [text % {"n": known[name]} for name, text in became.items() if known[name]]
    text = _("%(new)s new, %(changed)s changed, %(unchanged)s unchanged")
    if parts:
        text = _("%(new)s new, %(changed)s changed (of these %(parts)s), %(unchanged)s unchanged")
    return text % {**known, "parts": ", ".join(parts)}
