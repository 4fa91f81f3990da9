"""Small schedule files by hand, with the oddities of real ones and no real person."""

import json
from typing import Any
from xml.sax.saxutils import escape, quoteattr


def event_xml(number: int = 1, *, children: str = "", **words: Any) -> str:
    """One `<event>`. `guid`, `id` and `code` become attributes; None leaves a word out."""
    fields = {
        "guid": f"00000000-0000-4000-8000-{number:012}",
        "id": str(number),
        "date": "2026-03-06T10:00:00+01:00",
        "start": "10:00",
        "duration": "00:30",
        "title": f"Talk {number}",
        **words,
    }
    fields = {name: value for name, value in fields.items() if value is not None}
    attributes = "".join(
        f" {name}={quoteattr(fields.pop(name))}"
        for name in ("guid", "id", "code")
        if name in fields
    )
    inner = "".join(f"<{name}>{escape(value)}</{name}>\n" for name, value in fields.items())
    return f"<event{attributes}>\n{inner}{children}</event>\n"


def schedule_xml(
    *events: str,
    room: str | None = 'name="Hall"',
    day: str = 'index="1" date="2026-03-06"',
    zone: str = "Europe/Berlin",
    conference: str = "",
    before: str = "",
) -> bytes:
    """A file of one day and one room. `room` None: no room element around the events."""
    listed = "".join(events or (event_xml(),))
    if room is not None:
        listed = f"<room {room}>\n{listed}</room>\n"
    named = f"<time_zone_name>{zone}</time_zone_name>\n" if zone else ""
    return f"""<?xml version="1.0" encoding="utf-8"?>
<schedule>
{before}<version>1.0</version>
<conference>
<title>Testconf</title>
<acronym>testconf</acronym>
<start>2026-03-06</start>
<end>2026-03-07</end>
{named}{conference}</conference>
<day {day}>
{listed}</day>
</schedule>
""".encode()


def event_json(number: int = 1, **words: Any) -> dict[str, Any]:
    return {
        "guid": f"00000000-0000-4000-8000-{number:012}",
        "id": number,
        "date": "2026-03-06T10:00:00+01:00",
        "start": "10:00",
        "duration": "00:30",
        "room": "Hall",
        "title": f"Talk {number}",
        "persons": [],
        "links": [],
        **words,
    }


def document(
    *events: dict[str, Any], rooms: dict[str, Any] | None = None, **words: Any
) -> dict[str, Any]:
    """The JSON of one day; `words` go into the conference."""
    conference = {
        "title": "Testconf",
        "acronym": "testconf",
        "start": "2026-03-06",
        "end": "2026-03-07",
        "time_zone_name": "Europe/Berlin",
        "days": [{"index": 1, "date": "2026-03-06", "rooms": rooms or {"Hall": list(events or [event_json()])}}],
        **words,
    }  # fmt: skip
    return {"schedule": {"version": "1.0", "conference": conference}}


def schedule_json(*events: dict[str, Any], **words: Any) -> bytes:
    return json.dumps(document(*events, **words)).encode()
