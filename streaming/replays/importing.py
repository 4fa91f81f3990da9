"""Links to recordings from a CSV or XLSX file: all of it, or, with a bad line, nothing.

    code,url,starts,language,captions
    OPEN26,https://youtu.be/aqz-KE-bpKQ,0:42,,
    OPEN26,https://vimeo.com/76979871,,de,open26.de.vtt

The code and the language tell which recording a line is about; the others stay as they are.
"""

import csv
import io
import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile, File
from django.db import transaction
from django.utils.translation import gettext as _

from lib.plans import digest_of, refuse_changed
from lib.text import one_line
from schedule.models import Conference, Talk
from streaming.models import Nudge, Recording
from streaming.replays.captions import clean_captions
from streaming.replays.offsets import parse_second
from tickets.sources.spreadsheets.books import Book
from tickets.sources.spreadsheets.columns import same_header
from tickets.sources.spreadsheets.files import OLE, ZIP, csv_rows, csv_text, read_book
from tickets.sources.spreadsheets.tables import BadRow, BadSpreadsheet, Table, refuse

NAMES = {
    "code": ("code", "talk", "talk code"),
    "url": ("url", "link", "address", "video"),
    "starts": ("starts", "starts at", "start", "starts at second", "second"),
    "language": ("language", "lang"),
    "captions": ("captions", "subtitles", "vtt"),
}
NEEDED = ("code", "url")

# What a workbook makes of 0:42, which is seconds here; and it may have been typed as a time of day.
_clock_cell = re.compile(r"\d{1,2}:\d\d:00")

# Opens what stands in the column of captions; raises ValidationError.
type Opener = Callable[[str], bytes]


@dataclass(slots=True)
class RecordingLine:
    """`recording` has the new values already; `old` are those that they overwrite. `second` None:
    as it is. `act`: new, changed or unchanged.
    """

    number: int
    talk: Talk
    recording: Recording
    old: tuple[str, str, int]
    second: int | None
    captions: File[bytes] | None
    act: str

    @property
    def source(self) -> str:
        return str(self.recording.source.label)

    @property
    def what(self) -> list[object]:
        """What it would do, and to what."""
        row, talk = self.recording, self.talk
        new = [row.kind, row.value, row.language, self.second, self.act]
        return [talk.pk, talk.may_be_replayed, row.pk, self.old, new]

    def as_dict(self) -> dict[str, object]:
        return {
            "line": self.number,
            "code": self.talk.code,
            "title": self.talk.title,
            "source": self.source,
            "language": self.recording.language,
            "starts": self.second,
            "captions": self.captions is not None,
            "act": self.act,
            "may_be_replayed": self.talk.may_be_replayed,
        }


@dataclass(frozen=True, slots=True)
class RecordingPlan:
    lines: list[RecordingLine]

    def count(self, act: str) -> int:
        return sum(line.act == act for line in self.lines)

    @property
    def withheld(self) -> list[RecordingLine]:
        """The lines of talks whose speakers have not agreed: imported, and not shown."""
        return [line for line in self.lines if not line.talk.may_be_replayed]

    @property
    def digest(self) -> str:
        return digest_of([line.what for line in self.lines])

    def as_dict(self) -> dict[str, object]:
        counts = {act: self.count(act) for act in ("new", "changed", "unchanged")}
        lines = [line.as_dict() for line in self.lines]
        return {**counts, "withheld": len(self.withheld), "lines": lines, "problems": []}


def links_text(data: bytes, names: Mapping[str, Sequence[str]] = NAMES) -> str:
    """A file with links is a workbook, Unicode, or what Excel writes in the west. `names`: what its columns
    may be called. Raises BadSpreadsheet.
    """
    if data.startswith((ZIP, OLE)):
        known = {same_header(name) for several in names.values() for name in several}
        return _text_of(read_book(data).at(known_names=known), names)
    try:
        return csv_text(data)
    except BadSpreadsheet:
        return csv_text(data, "cp1252")


def _text_of(book: Book, names: Mapping[str, Sequence[str]]) -> str:
    """CSV that says the same on the same lines."""
    header = next((cells for line, cells in book.chosen.rows if line == book.names_at), [])
    starts = [at for at, cell in enumerate(header) if same_header(cell) in names.get("starts", ())]
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    written = 0
    for line, cells in book.chosen.rows:
        if line >= book.names_at:
            if any(_clock_cell.fullmatch(cells[at]) for at in starts if at < len(cells)):
                message = _("A spreadsheet takes 0:42 for hours and minutes. Write 42s, or 1h2m3s.")
                raise refuse(message, line)
            writer.writerows([[]] * (line - written - 1))
            writer.writerow(map(one_line, cells))
            written = line
    return text.getvalue()


def make_plan(
    conference: Conference, text: str, *, open_captions: Opener, adds_hosts: bool = False
) -> RecordingPlan:
    """Writes nothing. Raises BadSpreadsheet."""
    planner = _Planner(conference, open_captions, adds_hosts)
    lines, problems = [], []
    table = Table.of(csv_rows(text))
    for number, values in table.records(NAMES, needed=NEEDED):
        try:
            lines.append(planner.line(number, values))
        except ValidationError as error:
            problems += [BadRow(number, message) for message in error.messages]
    if problems:
        raise BadSpreadsheet(problems)
    return RecordingPlan(lines)


@transaction.atomic
def import_recordings(
    conference: Conference,
    text: str,
    *,
    open_captions: Opener,
    adds_hosts: bool = False,
    digest: str | None = None,
) -> RecordingPlan:
    """`digest`: of the plan that was looked at; None: nobody looked. Raises BadSpreadsheet and
    PlanChanged."""
    # The plan of a second click finds what the first has made.
    conference.one_writer("recordings")
    plan = make_plan(conference, text, open_captions=open_captions, adds_hosts=adds_hosts)
    if digest is not None:
        refuse_changed(plan, digest)
    for line in plan.lines:
        if line.act == "unchanged":
            continue
        if line.captions is not None:
            line.recording.captions = line.captions
        line.recording.save()
        if line.recording.may_add_hosts:
            line.recording.add_missing_hosts()
        if line.second is not None:
            line.recording.begin_talk_at(line.talk, line.second)
    return plan


class _Planner:
    def __init__(self, conference: Conference, open_captions: Opener, adds_hosts: bool) -> None:
        self.conference, self.open_captions, self.adds_hosts = conference, open_captions, adds_hosts
        self.talks = {talk.code: talk for talk in conference.talks.all()}
        self.known: dict[tuple[int | None, str], list[Recording]] = defaultdict(list)
        known = conference.recordings.filter(talk__isnull=False).prefetch_related("nudges")
        for recording in known.select_related("account"):
            self.known[recording.talk_id, recording.language].append(recording)
        self.lines: dict[tuple[int, str], int] = {}

    def line(self, number: int, values: dict[str, str]) -> RecordingLine:
        """Raises ValidationError."""
        talk = self.talks.get(values["code"])
        if talk is None:
            raise ValidationError(_("There is no talk “%(code)s”.") % {"code": values["code"]})
        recording = self._recording(talk, values["language"], number)
        is_new = recording.pk is None
        old = recording.kind, recording.value, 0 if is_new else recording.second_of(talk)
        recording.paste(values["url"], adds_hosts=self.adds_hosts)
        second = parse_second(values["starts"]) if values["starts"] else None
        if second is not None:
            Nudge.refuse_too_far(second)
        captions = self._captions(recording, values["captions"]) if values["captions"] else None
        kept = old[2] if second is None else second
        is_changed = old != (recording.kind, recording.value, kept) or captions is not None
        act = "new" if is_new else "changed" if is_changed else "unchanged"
        return RecordingLine(number, talk, recording, old, second, captions, act)

    def _recording(self, talk: Talk, language: str, number: int) -> Recording:
        key = talk.pk, language
        if key in self.lines:
            message = _("“%(code)s” is already on line %(line)s, in the same language.")
            raise ValidationError(message % {"code": talk.code, "line": self.lines[key]})
        self.lines[key] = number
        known = self.known[key]
        if len(known) > 1:
            message = _("“%(code)s” has several recordings in this language. Choose in the admin.")
            raise ValidationError(message % {"code": talk.code})
        new = Recording(conference=self.conference, talk=talk, language=language)
        return known[0] if known else new

    def _captions(self, recording: Recording, name: str) -> File[bytes] | None:
        """None: it has just these already."""
        data = self.open_captions(name)
        captions = clean_captions(ContentFile(data, name))
        if recording.captions:
            with recording.captions.open() as stored:
                if stored.read() == data:
                    return None
        return captions
