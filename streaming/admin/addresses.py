"""Where the streams of all rooms are, in one table or file: all of it, or, with a bad cell, nothing.

    room,name,primary,backup
    main,Main stage,https://youtu.be/aqz-KE-bpKQ,https://vimeo.com/76979871

What counts here is the stream of a room that is always on. Those of one talk, of a day or of another
language stay as they are, and so does a room whose cell is empty.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import QueryDict
from django.utils.translation import gettext as _

from lib.plans import digest_of, refuse_changed
from lib.text import same_name
from schedule.models import Conference, Room
from streaming.models import Stream
from tickets.sources.spreadsheets.files import csv_rows
from tickets.sources.spreadsheets.formulas import quoted, unquoted
from tickets.sources.spreadsheets.tables import BadRow, BadSpreadsheet, Table

ROLES = Stream.PLAYED
NAMES = {
    "room": ("room", "slug", "raum", "salle"),
    "name": ("name",),
    "primary": ("primary", "address", "url", "link", "stream"),
    "backup": ("backup",),
}


@dataclass(slots=True)
class RoomAddress:
    """One cell: a room's stream of one role. `pasted` "": it stays as it is. `stream` has the new
    values already, `before` is what it plays now.
    """

    line: int
    room: Room
    role: Stream.Role
    pasted: str
    stream: Stream
    before: str
    problem: str = ""

    @property
    def act(self) -> str:
        if self.problem or self.pasted in ("", self.before):
            return "unchanged"
        if self.stream._state.adding:
            return "new"
        return "unchanged" if self.stream.value == self.before else "changed"

    @property
    def what(self) -> list[object]:
        """What it would do, and to what."""
        row = self.stream
        return [row.pk, self.room.pk, self.role, self.before, row.kind, row.value, row.account_id]


@dataclass(slots=True)
class AddressPlan:
    """`rows`: each room with its two cells, in the order of the rooms."""

    rows: dict[Room, list[RoomAddress]]
    problems: list[BadRow] = field(default_factory=list)

    @property
    def changes(self) -> list[RoomAddress]:
        return [cell for cells in self.rows.values() for cell in cells if cell.act != "unchanged"]

    @property
    def digest(self) -> str:
        return digest_of([cell.what for cell in self.changes])


def typed_table(posted: QueryDict) -> dict[str, str]:
    """What was typed into the table, with the file that says the same as `text`."""
    values = {name: posted.get(name, "") for name in ("text", "adds_hosts") if name in posted}
    rooms = posted.getlist("room")
    if rooms:
        columns = [posted.getlist(role) for role in ROLES]
        values["text"] = _written([["room", *ROLES], *zip(rooms, *columns, strict=False)])
    return values


def addresses_now(conference: Conference) -> AddressPlan:
    """As it is, which changes nothing."""
    return _Planner(conference, adds_hosts=False).plan({})


def csv_of(plan: AddressPlan) -> str:
    """What is pasted, or else what is there: a file to be filled in and read again."""
    rows = [
        [room.slug, room.name, *(cell.pasted or cell.before for cell in cells)]
        for room, cells in plan.rows.items()
    ]
    return _written([NAMES, *rows])


def _written(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([map(quoted, row) for row in rows])
    return text.getvalue()


def make_plan(conference: Conference, text: str, *, adds_hosts: bool) -> AddressPlan:
    """Writes nothing; what is wrong is in it. Raises BadSpreadsheet where it is no table of rooms."""
    planner = _Planner(conference, adds_hosts=adds_hosts)
    table = Table.of(csv_rows(text.removeprefix("\ufeff")))
    wanted: dict[Room, tuple[int, dict[str, str]]] = {}
    problems = []
    for line, values in table.records(NAMES, needed=("room", "primary")):
        said = {name: unquoted(value) for name, value in values.items()}
        try:
            room = planner.room(said["room"])
            if room in wanted:
                message = _("“%(room)s” is already on line %(line)s.")
                raise ValidationError(message % {"room": room, "line": wanted[room][0]})
            wanted[room] = line, said
        except ValidationError as error:
            problems += [BadRow(line, message) for message in error.messages]
    plan = planner.plan(wanted)
    cells = [cell for row in plan.rows.values() for cell in row if cell.problem]
    problems += [BadRow(cell.line, f"{cell.room}: {cell.problem}") for cell in cells]
    plan.problems = sorted(problems, key=lambda problem: problem.line)
    return plan


@transaction.atomic
def set_addresses(
    conference: Conference, text: str, *, adds_hosts: bool, digest: str
) -> AddressPlan:
    """`digest`: of the plan that was looked at. Raises BadSpreadsheet and PlanChanged."""
    conference.one_writer("streams")
    plan = make_plan(conference, text, adds_hosts=adds_hosts)
    if plan.problems:
        raise BadSpreadsheet(plan.problems)
    refuse_changed(plan, digest)
    for cell in plan.changes:
        cell.stream.save()
        if cell.stream.may_add_hosts:
            cell.stream.add_missing_hosts()
    return plan


class _Planner:
    def __init__(self, conference: Conference, *, adds_hosts: bool) -> None:
        self.adds_hosts = adds_hosts
        self.rooms = list(conference.rooms.order_by("position", "name", "pk"))
        self.named = {same_name(room.name): room for room in self.rooms}
        self.named |= {room.slug: room for room in self.rooms}
        always = {"talk": None, "starts_at": None, "ends_at": None, "is_test": False}
        self.streams: dict[tuple[int, str], list[Stream]] = {}
        for stream in Stream.objects.filter(
            room__in=self.rooms, role__in=ROLES, **always
        ).select_related("room__conference", "account"):
            self.streams.setdefault((stream.room_id, stream.role), []).append(stream)

    def room(self, said: str) -> Room:
        """By its short name, or its name. Raises ValidationError."""
        room = self.named.get(said) or self.named.get(same_name(said))
        if room is None:
            message = _("There is no room “%(room)s”. There are: %(rooms)s.")
            known = ", ".join(room.slug for room in self.rooms)
            raise ValidationError(message % {"room": said, "rooms": known})
        return room

    def plan(self, wanted: Mapping[Room, tuple[int, dict[str, str]]]) -> AddressPlan:
        rows = {room: list(self._cells(room, *wanted.get(room, (0, {})))) for room in self.rooms}
        return AddressPlan(rows)

    def _cells(self, room: Room, line: int, said: dict[str, str]) -> Iterator[RoomAddress]:
        for role in ROLES:
            there = self.streams.get((room.pk, role), [])
            stream = there[0] if there else Stream(room=room, role=role)
            pasted = said.get(role, "")
            cell = RoomAddress(line, room, role, pasted, stream, stream.value)
            if pasted not in ("", cell.before):
                cell.problem = self._problem(cell, len(there))
            yield cell

    def _problem(self, cell: RoomAddress, count: int) -> str:
        """What is wrong with what was pasted; else the stream has it."""
        if count > 1:
            return _("It has several streams of this kind. Choose in the form of the room.")
        try:
            cell.stream.paste(cell.pasted, adds_hosts=self.adds_hosts)
        except ValidationError as error:
            return " ".join(error.messages)
        return ""
