"""A line of a plan (lines.ImportLine.as_dict) in words."""

from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from schedule.feeds.importing.lines import LABELS, TEXTS, TIMES, LineKind, excerpts
from schedule.models import Talk


class FieldWords(NamedTuple):
    """`old` "": there was none."""

    label: str
    old: str
    new: str


def kinds_in_words(line: dict[str, Any]) -> str:
    return ", ".join(str(LABELS[LineKind(kind)]) for kind in line["kinds"])


def moment(text: str, zone: ZoneInfo) -> str:
    return date_format(datetime.fromisoformat(text).astimezone(zone), "D j M, H:i")


def fields_in_words(line: dict[str, Any], zone: ZoneInfo) -> list[FieldWords]:
    words = []
    for change in line["fields"]:
        name, old, new = change["field"], change["old"], change["new"]
        if name in TEXTS:
            old, new = excerpts(old, new)
        old, new = (value_in_words(name, value, zone) for value in (old, new))
        words.append(FieldWords(Talk.field_label(name), old, new))
    return words


def value_in_words(name: str, value: Any, zone: ZoneInfo) -> str:
    if value in (None, "", []):
        return ""
    if name in TIMES:
        return moment(value, zone)
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == "kind":
        return str(dict(Talk.Kind.choices).get(value, value))
    if name == "links":
        return ", ".join(f"{link['title']} <{link['url']}>" for link in value)
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)
