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
from django.utils.translation import gettext as _

from lib.plans import digest_of, refuse_changed
from lib.text import same_name
from schedule.models import Conference, Room
from streaming.models import Stream
from tickets.sources.spreadsheets.files import csv_rows
from tickets.sources.spreadsheets.formulas import quoted
from tickets.sources.spreadsheets.tables import BadRow, Table

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
    """`rows`: each room with its two cells, in the order of the rooms. `of_no_room`: what is wrong with
    lines that are of no room.
    """

    rows: dict[Room, list[RoomAddress]]
    of_no_room: list[BadRow] = field(default_factory=list)

    @property
    def problems(self) -> list[BadRow]:
        """All that is wrong, in the order of the lines."""
        cells = [cell for row in self.rows.values() for cell in row if cell.problem]
        told = [BadRow(cell.line, f"{cell.room}: {cell.problem}") for cell in cells]
        return sorted([*self.of_no_room, *told], key=lambda problem: problem.line)

    @property
    def changes(self) -> list[RoomAddress]:
        return [cell for cells in self.rows.values() for cell in cells if cell.act != "unchanged"]

    @property
    def digest(self) -> str:
        return digest_of([cell.what for cell in self.changes])


def addresses_now(conference: Conference) -> AddressPlan:
    """As it is, which changes nothing."""
    return _Planner(conference, adds_hosts=False).plan({})


def csv_of(plan: AddressPlan) -> str:
    """What is pasted, or else what is there: a file to be filled in and read again."""
    rows = [
        [room.slug, room.name, *(cell.pasted or cell.before for cell in cells)]
        for room, cells in plan.rows.items()
    ]
    return csv_of_rows([NAMES, *rows])


def csv_of_rows(rows: Iterable[Iterable[str]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([map(quoted, row) for row in rows])
    return text.getvalue()


def make_plan(conference: Conference, text: str, *, adds_hosts: bool) -> AddressPlan:
    """Writes nothing; what is wrong is in it. Raises BadSpreadsheet where it is no table of rooms."""
    planner = _Planner(conference, adds_hosts=adds_hosts)
    table = Table.of(csv_rows(text))
    wanted: dict[Room, tuple[int, dict[str, str]]] = {}
    problems = []
    for line, said in table.records(NAMES, needed=("room", "primary")):
        try:
            room = planner.room(said["room"])
            if said["name"] and same_name(said["name"]) != same_name(room.name):
                message = _(
                    "%(slug)s is called “%(name)s” here, and “%(said)s” in the file. If it is the right"
                    " room, leave the name out."
                )
                values = {"slug": room.slug, "name": room, "said": said["name"]}
                raise ValidationError(message % values)
            if room in wanted:
                message = _("“%(room)s” is already on line %(line)s.")
                raise ValidationError(message % {"room": room, "line": wanted[room][0]})
            wanted[room] = line, said
        except ValidationError as error:
            problems += [BadRow(line, message) for message in error.messages]
    plan = planner.plan(wanted)
    plan.of_no_room = problems
    return plan


class AddressesRefused(Exception):
    """Something is wrong with an address, so nothing was written. `plan` says what."""

    def __init__(self, plan: AddressPlan) -> None:
        super().__init__()
        self.plan = plan


@transaction.atomic
def set_addresses(
    conference: Conference, text: str, *, adds_hosts: bool, digest: str
) -> AddressPlan:
    """`digest`: of the plan that was looked at. Raises BadSpreadsheet, AddressesRefused and PlanChanged."""
    conference.one_writer("streams")
    plan = make_plan(conference, text, adds_hosts=adds_hosts)
    if plan.problems:
        raise AddressesRefused(plan)
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
        self.slugs = {room.slug: room for room in self.rooms}
        always = {"talk": None, "starts_at": None, "ends_at": None, "is_test": False}
        self.streams: dict[tuple[int, str], list[Stream]] = {}
        streams = Stream.objects.filter(room__in=self.rooms, role__in=ROLES, **always)
        for stream in streams.in_order().select_related("room__conference", "account"):
            self.streams.setdefault((stream.room_id, stream.role), []).append(stream)

    def room(self, said: str) -> Room:
        """By its short name, or by its name if no other is called so. Raises ValidationError."""
        if said in self.slugs:
            return self.slugs[said]
        name = same_name(said)
        named = [room for room in self.rooms if name in map(same_name, (room.slug, room.name))]
        if len(named) == 1:
            return named[0]
        if named:
            message = _("Several rooms are called “%(room)s”. Write the short name: %(rooms)s.")
        else:
            message = _("There is no room “%(room)s”. There are: %(rooms)s.")
        known = ", ".join(room.slug for room in named or self.rooms)
        raise ValidationError(message % {"room": said, "rooms": known})

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
