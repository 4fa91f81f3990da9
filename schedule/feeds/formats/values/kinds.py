"""What kind of talk it is, from the words that conferences use. A guess: organizers may correct it."""

import re

KINDS = ("keynote", "talk", "workshop", "panel", "break", "social")

# The first that fits counts: "Keynote panel" is a keynote.
_by_type = [
    ("keynote", re.compile(r"keynote", re.IGNORECASE)),
    ("workshop", re.compile(r"workshop|tutorial|hands.on|sprint", re.IGNORECASE)),
    ("panel", re.compile(r"panel|podium|round ?table", re.IGNORECASE)),
    ("break", re.compile(r"\b(break|lunch|pause|coffee|tea)\b", re.IGNORECASE)),
    ("social", re.compile(r"social|party|concert|dinner|dj.?set|performance|musi[ck]", re.IGNORECASE)),
]  # fmt: skip
_break_title = re.compile(
    r"((morning|afternoon|coffee|tea|lunch|short|long)\W*)*(break|lunch|coffee|tea|pause)\W*",
    re.IGNORECASE,
)


def kind_of(type_name: str, title: str, *, has_speakers: bool) -> str:
    if not has_speakers and _break_title.fullmatch(title):
        return "break"
    return next((kind for kind, words in _by_type if words.search(type_name)), "talk")
