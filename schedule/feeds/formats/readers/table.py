"""A CSV file of people with a spreadsheet: one line for each talk. Described in docs/schedule-csv.md."""

import csv
import io
import re
from collections.abc import Iterator

from lib.text import one_line
from schedule.feeds.formats.problems import Problems, refuse
from schedule.feeds.formats.raw import RawEvent, RawLink, RawPerson, RawRoom, RawSchedule
from schedule.feeds.formats.source import SourceFile
from schedule.feeds.formats.values.spellings import UnreadableValue, read_length, read_when
from schedule.feeds.formats.values.words import KINDS, language_code

NAME = "csv"

# What stands in a column → the names that it may have, without spaces and signs.
COLUMNS = {
    "title": "title talk name session talktitle sessiontitle titel vortrag",
    "date": "date day datum tag",
    "start": "start starts startsat starttime startdate begin begins beginn from time von uhrzeit",
    "end": "end ends endsat endtime enddate until to ende bis",
    "duration": "duration length minutes durationmin durationminutes dauer länge minuten",
    "room": "room location place venue stage hall raum ort saal",
    "also_in": "alsoin furtherrooms otherrooms auchin",
    "speakers": "speakers speaker speakernames speakername presenters presenter people persons"
    " authors author referenten referent referentin referentinnen vortragende",
    "track": "track topic theme thema",
    "type": "kind type sessiontype talktype format art",
    "language": "language lang sprache",
    "subtitle": "subtitle untertitel",
    "abstract": "abstract summary zusammenfassung kurzbeschreibung",
    "description": "description details longdescription text beschreibung",
    "code": "code talkcode",
    "id": "id talkid sessionid number nr",
    "guid": "guid uuid",
    "links": "links link url urls",
    "canceled": "canceled cancelled status state abgesagt",
    "do_not_record": "donotrecord norecording optout keineaufzeichnung",
}
MAX_COLUMNS = 200

_word_of = {name: word for word, names in COLUMNS.items() for name in names.split()}
_yes = {"yes", "y", "true", "1", "x", "ja", "canceled", "cancelled", "abgesagt"}
_no = {"", "no", "n", "false", "0", "-", "nein", "confirmed", "accepted", "scheduled", "planned"}
# Of a column of states: what no visitor may see yet, or any more.
_not_public = {
    *("draft", "submitted", "nominated", "pending", "waitlist", "waitlisted", "declined"),
    *("rejected", "withdrawn", "hidden", "private", "entwurf", "eingereicht", "warteliste"),
    *("abgelehnt", "zurückgezogen", "verborgen"),
}
_HEAD_CHARS = 20_000  # enough to find the header in
_signs = re.compile(r"[\W_]+")


def recognises(source: SourceFile) -> bool:
    """Two columns that we know are a table; what else it needs is said when it is read."""
    return source.kind == "" and len(_known(_lines(source.beginning)[1])) >= 2


def read(source: SourceFile, problems: Problems) -> RawSchedule:
    raw = RawSchedule(format=NAME, location="line 1")
    raw.take(_events(source.text, problems))
    return raw


def _lines(beginning: str) -> tuple[str, str, int]:
    """The delimiter, the header, and how many lines stand before it."""
    lines = list(io.StringIO(beginning, newline=None))
    skipped = next((at for at, line in enumerate(lines) if line.strip()), 0)
    if re.match(r"sep=.$", "".join(lines[skipped : skipped + 1]), re.IGNORECASE):
        skipped += 1  # Excel's way to name the delimiter
    header = "".join(lines[skipped : skipped + 1])
    # Of the signs that may part the cells, the one that gives most columns with names we know.
    delimiter = max(",;\t|", key=lambda sign: len(_known(header.replace(sign, "\n"))))
    return delimiter, header.replace(delimiter, "\n"), skipped


def _known(header: str) -> set[str]:
    return {word for name in header.split("\n") if (word := _word_of.get(_same(name)))}


def _same(name: str) -> str:
    return _signs.sub("", one_line(name).casefold())


def _events(text: str, problems: Problems) -> Iterator[RawEvent]:
    rows = _rows(text)
    line, header = next(rows, (1, []))
    columns = _columns(header, line, problems)
    for line, cells in rows:
        if any(cell.strip() for cell in cells[len(header) :]):
            problems.add("more-cells", f"line {line}", f"{len(cells)} / {len(header)}")
        words = {word: cells[at] if at < len(cells) else "" for word, at in columns.items()}
        places = {word: f"line {line}, {one_line(header[at])}" for word, at in columns.items()}
        state = words.get("canceled", "").strip()
        if state.casefold() in _not_public:
            problems.add("not-in-programme", places["canceled"], f"{state} {words['title']}")
        else:
            yield _event(words, places, f"line {line}", problems)


def _rows(text: str) -> Iterator[tuple[int, list[str]]]:
    """Rows that are not empty, each with the line where it begins."""
    delimiter, _header, line = _lines(text[:_HEAD_CHARS])
    lines = list(io.StringIO(text, newline=""))[line:]
    rows = csv.reader(lines, delimiter=delimiter, strict=True)
    skipped, line = line, line + 1
    try:
        for cells in rows:
            if any(cell.strip() for cell in cells):
                yield line, cells
            line = skipped + rows.line_num + 1
    except csv.Error as error:
        raise refuse("not-well-formed", f"line {line}", str(error)) from None


def _columns(header: list[str], line: int, problems: Problems) -> dict[str, int]:
    if len(header) > MAX_COLUMNS:
        raise refuse("too-many", f"line {line}", f"> {MAX_COLUMNS} columns")
    columns: dict[str, int] = {}
    for at, name in enumerate(header):
        word = _word_of.get(_same(name))
        if word is None:
            if name.strip():
                problems.add("unknown-column", f"line {line}", name)
        elif word in columns:
            problems.add("repeated-column", f"line {line}", f"{header[columns[word]]} / {name}")
        else:
            columns[word] = at
    for word in ("title", "start"):
        if word not in columns:
            raise refuse("no-column", f"line {line}", word)
    return columns


def _event(
    words: dict[str, str], places: dict[str, str], place: str, problems: Problems
) -> RawEvent:
    problems.talk = one_line(words["title"])[:80]
    event = RawEvent(location=place, words=words, places=places)
    words |= _times(event, problems)
    kind = words.get("type", "").strip().lower()
    event.kind = kind if kind in KINDS else ""
    words["language"] = language_code(words.get("language", ""))
    event.is_canceled = _says_yes(event, "canceled", problems, "bad-word")
    event.do_not_record = _says_yes(event, "do_not_record", problems, "bad-opt-out")
    event.persons = [RawPerson(event.at("speakers"), name) for name in _several(words, "speakers")]
    event.also_in = [RawRoom(event.at("also_in"), name) for name in _several(words, "also_in")]
    event.links = [RawLink(event.at("links"), "", url) for url in words.get("links", "").split()]
    problems.talk = ""
    return event


def _says_yes(event: RawEvent, word: str, problems: Problems, doubt: str) -> bool:
    said = event.words.get(word, "").strip().casefold()
    if said not in _yes | _no:
        problems.add(doubt, event.at(word), said)
        return doubt == "bad-opt-out"
    return said in _yes


def _several(words: dict[str, str], word: str) -> list[str]:
    """Parted by semicolons, line breaks or bars; only where there are none of them, by commas."""
    text = words.get(word, "")
    parts = re.split(r"[;|\n]", text)
    return [part for part in (parts if len(parts) > 1 else text.split(",")) if part.strip()]


def _times(event: RawEvent, problems: Problems) -> dict[str, str]:
    read: dict[str, tuple[str, str]] = {}
    for word, problem in (("date", "bad-date"), ("start", "bad-time"), ("end", "bad-time")):
        text = one_line(event.words.get(word, ""))
        try:
            read[word] = read_when(text)
        except UnreadableValue:
            problems.add(problem, event.at(word), text)
            read[word] = ("", "")
    day = read["start"][0] or read["date"][0]
    if read["start"][1] and not day and not event.words.get("date", "").strip():
        problems.add("bad-date", event.at("date"))
    end_day, end_clock = read["end"]
    return {
        "date": day,
        "start": read["start"][1] if day else "",
        "end": f"{end_day}T{end_clock}" if end_day and end_clock else end_day or end_clock,
        "duration": read_length(event.words.get("duration", "")),
    }
