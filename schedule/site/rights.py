"""How far somebody's hands reach at the desk."""

from dataclasses import dataclass
from typing import Any, Self

from schedule.models import Conference, Room

ORGANIZE = "schedule.change_talk"
# Of the talks in their own rooms.
HELPER_ACTS = frozenset({"shift", "extend", "end"})


@dataclass(frozen=True)
class DeskRights:
    """Organizers reach everything, helpers the talks in their rooms (primary keys)."""

    is_organizer: bool
    rooms: frozenset[int] = frozenset()

    @classmethod
    def of(cls, user: Any, conference: Conference) -> Self:
        if not user.is_authenticated or not user.is_active:
            return cls(False)
        if user.has_perm(ORGANIZE, conference):
            return cls(True)
        rooms = Room.objects.filter(conference=conference, helpers=user)
        return cls(False, frozenset(rooms.values_list("pk", flat=True)))

    def __bool__(self) -> bool:
        return self.is_organizer or bool(self.rooms)

    def covers(self, room: int | None) -> bool:
        return self.is_organizer or room in self.rooms

    def may(self, act: str, room: int | None) -> bool:
        return self.is_organizer or (act in HELPER_ACTS and room in self.rooms)
