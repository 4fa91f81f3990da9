"""The rooms and tracks of a file among those of the conference."""

import re
from collections.abc import Container
from uuid import UUID

from lib.text import same_name
from schedule.changes.row_changes import RowChanges
from schedule.feeds.formats.problems import Problem
from schedule.feeds.formats.programme import ProgrammeRoom, ProgrammeTrack
from schedule.models import Conference, Room, Track
from schedule.models.codes import claim_slug

_slug = re.compile(r"[A-Za-z0-9_-]+")


class FileRooms:
    """By guid, else by name. A room whose guid is known is renamed in place: streams hang on it."""

    def __init__(self, conference: Conference, incoming: tuple[ProgrammeRoom, ...]) -> None:
        self.rows: RowChanges[Room] = RowChanges(Room)
        self.problems: list[Problem] = []
        self.renamed: list[tuple[str, str]] = []
        self._conference = conference
        self._known = list(conference.rooms.all())
        self._slugs = {room.slug for room in self._known}
        # By the file's names for them.
        self.by_name: dict[str, Room] = {}
        self._match(incoming)
        self._rename(incoming)

    def write(self, wanted: Container[int] | None = None) -> None:
        if {same_name(room.name) for room in self.rows.changed.values()} & self._old_names:
            # Rooms that swap their names: each name is free before it is given.
            names = {pk: room.name for pk, room in self.rows.changed.items()}
            for pk, room in self.rows.changed.items():
                room.name = f"~{pk}"
            Room.objects.bulk_update(self.rows.changed.values(), ["name"])
            for pk, room in self.rows.changed.items():
                room.name = names[pk]
        self.rows.write(wanted)

    def _match(self, incoming: tuple[ProgrammeRoom, ...]) -> None:
        by_guid = {str(room.guid): room for room in self._known if room.guid}
        for place in incoming:
            if place.guid in by_guid:
                self.by_name[place.name] = by_guid.pop(place.guid)
        matched = {room.pk for room in self.by_name.values()}
        by_name = {same_name(room.name): room for room in self._known if room.pk not in matched}
        for place in incoming:
            if place.name in self.by_name:
                continue
            room = by_name.pop(same_name(place.name), None)
            if room is None:
                continue
            self.by_name[place.name] = room
            if place.guid:
                self.rows.set(room, guid=UUID(place.guid))

    def _rename(self, incoming: tuple[ProgrammeRoom, ...]) -> None:
        """Gives matched rooms the file's names, as far as no other room has them; makes the others."""
        wishes = {
            room.pk: place.name
            for place in incoming
            if (room := self.by_name.get(place.name)) is not None
            and same_name(room.name) != same_name(place.name)
        }
        while True:
            kept = {same_name(room.name) for room in self._known if room.pk not in wishes}
            refused = {pk for pk, name in wishes.items() if same_name(name) in kept}
            if not refused:
                break
            for pk in refused:
                self.problems.append(Problem("name-taken", read=wishes.pop(pk)))
        self._old_names = {same_name(room.name) for room in self._known if room.pk in wishes}
        for room in self._known:
            if room.pk in wishes:
                self.renamed.append((room.name, wishes[room.pk]))
                self.rows.set(room, name=wishes[room.pk])
        self._make_missing(incoming)

    def _make_missing(self, incoming: tuple[ProgrammeRoom, ...]) -> None:
        named = {same_name(room.name): room for room in self._known}
        position = max((room.position for room in self._known), default=0)
        for place in incoming:
            if place.name in self.by_name:
                continue
            room = named.get(same_name(place.name))
            if room is None:
                position += 1
                room = self._make(place, position)
            self.by_name[place.name] = room

    def _make(self, place: ProgrammeRoom, position: int) -> Room:
        wanted = place.slug if _slug.fullmatch(place.slug) else place.name
        room = Room(
            conference=self._conference,
            name=place.name,
            slug=claim_slug(wanted, self._slugs, max_chars=50, fallback="room"),
            position=position,
            description=place.description,
            guid=UUID(place.guid) if place.guid else None,
        )
        self.rows.new.append(room)
        return room


class FileTracks:
    """By name, else by slug; then the track is renamed if no other one has the name."""

    def __init__(self, conference: Conference, incoming: tuple[ProgrammeTrack, ...]) -> None:
        self.rows: RowChanges[Track] = RowChanges(Track)
        self._conference = conference
        known = list(conference.tracks.all())
        self._slugs = {track.slug for track in known}
        self._names = {same_name(track.name): track for track in known}
        self.by_name: dict[str, Track] = {}
        by_slug = {track.slug: track for track in known}
        for incoming_track in incoming:
            track = self._names.get(same_name(incoming_track.name))
            if track is None and incoming_track.slug:
                track = self._renamed(by_slug.get(incoming_track.slug), incoming_track, incoming)
            if track is None:
                track = self._make(incoming_track)
            elif incoming_track.colour:
                self.rows.set(track, colour=incoming_track.colour)
            self.by_name[incoming_track.name] = track

    def _renamed(
        self,
        track: Track | None,
        incoming_track: ProgrammeTrack,
        incoming: tuple[ProgrammeTrack, ...],
    ) -> Track | None:
        if track is None or same_name(track.name) in {same_name(other.name) for other in incoming}:
            return None
        self.rows.set(track, name=incoming_track.name)
        return track

    def _make(self, incoming: ProgrammeTrack) -> Track:
        wanted = incoming.slug if _slug.fullmatch(incoming.slug) else incoming.name
        track = Track(
            conference=self._conference,
            name=incoming.name,
            slug=claim_slug(wanted, self._slugs, max_chars=80, fallback="track"),
            colour=incoming.colour,
        )
        self.rows.new.append(track)
        return track
