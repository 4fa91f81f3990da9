"""What somebody may do at the desk, and who works for a conference at all."""

from dataclasses import dataclass
from typing import Any, Self

from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404

from schedule.models import Conference, Room, Talk

ORGANIZE = "schedule.change_talk"
ANNOUNCE = "streaming.add_announcement"


@dataclass(frozen=True)
class DeskRights:
    """Organizers have all of them, helpers those of their rooms (primary keys), moderators the
    announcements.
    """

    is_organizer: bool = False
    rooms: frozenset[int] = frozenset()
    may_announce: bool = False

    @classmethod
    def of(cls, user: Any, conference: Conference) -> Self:
        """Read once and kept with the user, who is one request's, as permissions are."""
        if not user.is_authenticated or not user.is_active or not user.may_work:
            return cls()
        kept: dict[int, Self] = vars(user).setdefault("_desk_rights", {})
        if conference.pk not in kept:
            is_organizer = user.has_perm(ORGANIZE, conference)
            rooms = Room.objects.filter(conference=conference, helpers=user)
            pks = () if is_organizer else rooms.values_list("pk", flat=True)
            may_announce = user.has_perm(ANNOUNCE, conference)
            kept[conference.pk] = cls(is_organizer, frozenset(pks), may_announce)
        return kept[conference.pk]

    def __bool__(self) -> bool:
        return self.runs_show or self.may_announce

    @property
    def runs_show(self) -> bool:
        """Somewhere in the conference."""
        return self.is_organizer or bool(self.rooms)

    def covers(self, room: int | None) -> bool:
        return self.is_organizer or room in self.rooms

    def room(self, conference: Conference, slug: str) -> Room:
        """404 where there is none, 403 where it is for others."""
        room = get_object_or_404(Room, conference=conference, slug=slug)
        if not self.covers(room.pk):
            raise PermissionDenied
        return room


def works_for(user: Any, conference: Conference) -> bool:
    """Whether somebody is more than an attendee there: by a role, as a room's helper or as a chair."""
    if not user.is_authenticated or not user.is_active:
        return False
    if user.get_all_permissions(conference) or DeskRights.of(user, conference):
        return True
    return Talk.objects.filter(conference=conference, chairs=user).exists()
