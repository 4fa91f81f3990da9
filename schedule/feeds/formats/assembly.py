"""What the words of a schedule file mean.

The readers of all formats hand over words as they stand in the file, with their places; here they
become a programme.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from lib.text import one_line, same_name
from schedule.feeds.formats.problems import Problem, Problems, refuse, shorten
from schedule.feeds.formats.programme import Programme, ProgrammeRoom, ProgrammeTalk, ProgrammeTrack
from schedule.feeds.formats.raw import RawEvent, RawRoom, RawSchedule, RawTrack
from schedule.feeds.formats.values import identity
from schedule.feeds.formats.values.clocks import read_date, read_stamp
from schedule.feeds.formats.values.times import TimeReader
from schedule.feeds.formats.values.words import (
    TextReader,
    absolute_link,
    host_of,
    kind_of,
    read_code,
)
from schedule.feeds.formats.values.zone_names import read_zone

MAX_ROOMS = 300  # 108
MAX_SPEAKERS_OF_TALK = 50  # 10
MAX_LINKS_OF_TALK = 50
REPEATING = "break"  # the kind of key that several talks have by nature

# Before 2025 pretalx wrote the code of a talk into its address alone.
_pretalx_talk = re.compile(r"/talk/([A-Z0-9]{6})/?$")
_language = re.compile(r"[a-zA-Z]{2,3}(-[a-zA-Z0-9]{2,8})*")
_colour = re.compile(r"#(?:[0-9a-fA-F]{3}){1,2}")


class Assembly:
    def __init__(
        self,
        raw: RawSchedule,
        problems: Problems,
        default_zone: ZoneInfo | None,
        day_starts_at_hour: int,
        believe_clock: bool | None,
    ) -> None:
        self.raw = raw
        self.problems = problems
        self.words = TextReader(problems)
        zone = self._zone()
        self.times = TimeReader(
            problems=problems,
            zone=zone or default_zone,
            venue=default_zone or zone,
            names_zone=zone is not None,
            day_change=raw.words.get("day_change", ""),
            day_starts_at_hour=day_starts_at_hour,
            believe_clock=believe_clock,
            days_first="pretalx" in raw.words.get("generator", "").lower(),
        )
        self.people = identity.PersonReader(self.words, raw.words.get("base_url", ""))
        self.rooms: dict[str, ProgrammeRoom] = {}
        self.tracks: dict[str, ProgrammeTrack] = {}
        for event in raw.events:
            if not event.words.get("code") and (
                found := _pretalx_talk.search(event.words.get("url", ""))
            ):
                event.words["code"] = found[1]
        self.ids = Counter(event.words.get("id", "") for event in raw.events)
        self.codes = Counter(event.words.get("code", "") for event in raw.events)

    def programme(self) -> Programme:
        raw, words = self.raw, self.raw.words
        if not raw.events:
            raise refuse("no-talks", raw.location)
        self._check_days()
        self._read_rooms()
        for track in raw.tracks:
            self._track(track)
        read = [(event, talk) for event in raw.events if (talk := self._talk(event))]
        events, talks = [event for event, _talk in read], [talk for _event, talk in read]
        if len(talks) * 2 < len(raw.events):
            raise refuse("unreadable", raw.location, f"{len(talks)} / {len(raw.events)}")
        talks = self._with_ordinals(talks)
        self._report_repeated_ids(events, talks)
        days = tuple(self._date(day.date) for day in raw.days) or self._days_of(talks)
        return Programme(
            format=raw.format,
            title=self.words.line(words.get("title", ""), 200, raw.location),
            acronym=self.words.line(words.get("acronym", ""), 100, raw.location),
            version=self.words.line(words.get("version", ""), 500, raw.location),
            time_zone=str(self.times.zone) if self.times.zone and self.times.names_zone else "",
            starts_on=self._date(words.get("start", "")),
            ends_on=self._date(words.get("end", "")),
            days=days,
            rooms=tuple(self.rooms.values()),
            tracks=tuple(self.tracks.values()),
            speakers=self.people.all(),
            talks=tuple(talks),
            problems=tuple(self.problems.found),
        )

    def _zone(self) -> tzinfo | None:
        name = self.raw.words.get("time_zone_name", "").strip()
        zone = read_zone(name)
        if name and zone is None:
            self.problems.add("unknown-zone", self.raw.location, name)
        return zone

    def _date(self, text: str) -> date | None:
        """Conferences and days begin on a date, or at an instant."""
        bare, stamp = read_date(text), read_stamp(text)
        if bare is not None or stamp is None:
            return bare
        return self.times.local_date(stamp)

    def _days_of(self, talks: list[ProgrammeTalk]) -> tuple[date, ...]:
        """For files that name no days. What begins after midnight belongs to the evening before,
        unless there is none.
        """
        night = timedelta(hours=self.times.day_starts_at_hour)
        times = self.times
        # What goes on all day begins with a day of the conference.
        zones = [times.venue if talk.is_all_day else times.zone for talk in talks]
        starts = [talk.starts_at.astimezone(zone) for talk, zone in zip(talks, zones, strict=True)]
        first = min((start.date() for start in starts), default=None)
        return tuple(sorted({max((start - night).date(), first) for start in starts if first}))

    def _check_days(self) -> None:
        declared = self.raw.words.get("days", "").strip()
        if declared and declared != str(len(self.raw.days)):
            self.problems.add(
                "days-differ", self.raw.location, f"{declared} / {len(self.raw.days)}"
            )

    def _read_rooms(self) -> None:
        guids: dict[str, set[str]] = {}
        for room in self.raw.rooms:
            guids.setdefault(identity.read_guid(room.guid.strip()), set()).add(same_name(room.name))
        for room in self.raw.rooms:
            guid = identity.read_guid(room.guid.strip())
            if guid and len(guids[guid]) > 1:
                self.problems.add("repeated-room-guid", room.location, guid)
                guid = ""
            elif guid and not identity.is_guid(guid):
                self.problems.add("bad-guid", room.location, guid)
                guid = ""
            self._room(replace(room, guid=guid))

    def _room(self, raw: RawRoom) -> str:
        """The room's name as the programme has it, "" for none. Rooms are gathered on the way."""
        name = self.words.line(raw.name, 100, raw.location)
        if not name:
            return ""
        known = self.rooms.setdefault(same_name(name), ProgrammeRoom(name=name))
        if len(self.rooms) > MAX_ROOMS:
            raise refuse("too-many", raw.location, f"> {MAX_ROOMS} rooms")
        self.rooms[same_name(name)] = replace(
            known,
            guid=known.guid or raw.guid,
            slug=known.slug or one_line(raw.slug),
            description=known.description or self.words.line(raw.description, 2_000, raw.location),
        )
        return known.name

    def _track(self, raw: RawTrack) -> str:
        name = self.words.line(raw.name, 200, raw.location)
        if not name:
            return ""
        colour = raw.colour.strip()
        if not _colour.fullmatch(colour):
            colour = ""
        elif len(colour) == 4:
            colour = "#" + "".join(digit * 2 for digit in colour[1:])
        track = ProgrammeTrack(name=name, slug=one_line(raw.slug), colour=colour.lower())
        return self.tracks.setdefault(same_name(name), track).name

    def _talk(self, event: RawEvent) -> ProgrammeTalk | None:
        words = event.words
        label = words.get("id") or words.get("guid") or words.get("code") or ""
        self.problems.talk = shorten(f"{label} {words.get('title', '')}")
        try:
            title = self.words.line(words.get("title", ""), 300, event.at("title"))
            if not title:
                self.problems.add("no-title", event.at("title"))
                return None
            times = self.times.of(event)
            return self._programme_talk(event, title, *times) if times else None
        finally:
            self.problems.talk = ""

    def _programme_talk(
        self, event: RawEvent, title: str, starts_at: datetime, ends_at: datetime
    ) -> ProgrammeTalk:
        words = event.words
        code = read_code(words.get("code", ""), self.problems, event.at("code"))
        is_repeat = self.codes[words.get("code", "")] > 1
        persons = event.persons
        if len(persons) > MAX_SPEAKERS_OF_TALK:
            self.problems.add("too-many-here", event.at("persons"), str(len(persons)))
        speakers = self.people.of(persons[:MAX_SPEAKERS_OF_TALK])
        kind = event.kind or kind_of(words.get("type", ""), title, has_speakers=bool(speakers))
        talk = ProgrammeTalk(
            keys=(),
            location=event.location,
            guid=self._guid(event),
            code="" if is_repeat else code,
            series=code if is_repeat else "",
            kind=kind,
            is_canceled=event.is_canceled,
            do_not_record=event.do_not_record,
            do_not_stream=event.do_not_stream,
            title=title,
            subtitle=self.words.line(words.get("subtitle", ""), 300, event.at("subtitle")),
            abstract=self.words.html(words.get("abstract", ""), event.at("abstract")),
            description=self.words.html(words.get("description", ""), event.at("description")),
            language=self._language(event),
            room=self._room_of(event),
            also_in=self._further_rooms(event),
            track=self._track(RawTrack(event.at("track"), words.get("track", ""))),
            speakers=speakers,
            links=tuple(self._links(event)),
            starts_at=starts_at,
            ends_at=ends_at,
            is_all_day=event.is_all_day,
        )
        return replace(talk, keys=tuple(self._keys(event, talk)))

    def _guid(self, event: RawEvent) -> str:
        guid = identity.read_guid(self.words.line(event.words.get("guid", ""), 200, event.location))
        if guid and not identity.is_guid(guid):
            self.problems.add("bad-guid", event.at("guid"), guid)
        return guid

    def _keys(self, event: RawEvent, talk: ProgrammeTalk) -> Iterable[str]:
        id = event.words.get("id", "")
        is_own_id = id.strip() not in ("", "0") and self.ids[id] == 1
        found = [
            ("guid", talk.guid),
            ("uid", one_line(event.words.get("uid", ""))),
            ("code", talk.code or talk.series),
            ("id", id.strip() if is_own_id else ""),
            ("slug", one_line(event.words.get("slug", ""))),
        ]
        if talk.kind == "break" and not any(value for _kind, value in found):
            # The same coffee in the same room every day: told apart by the start.
            found.append((REPEATING, f"{same_name(talk.title)}|{same_name(talk.room)}"))
        found.append(("title", "|".join([same_name(talk.title), *sorted(talk.speakers)])))
        return (identity.key(kind, value) for kind, value in found if value)

    def _room_of(self, event: RawEvent) -> str:
        own = event.words.get("room", "")
        if event.container and own.strip() and same_name(own) != same_name(event.container):
            self.problems.add("room-differs", event.at("room"), f"{own} / {event.container}")
        name = self._room(RawRoom(event.at("room"), event.container or own))
        if not name:
            self.problems.add("no-room", event.at("room"))
        return name

    def _further_rooms(self, event: RawEvent) -> tuple[str, ...]:
        own = same_name(event.container or event.words.get("room", ""))
        further = {same_name(room.name): room for room in event.also_in}
        return tuple(
            filter(None, [self._room(room) for name, room in further.items() if name != own])
        )

    def _language(self, event: RawEvent) -> str:
        text = event.words.get("language", "").strip()
        codes = _language.findall(text) and [part.strip() for part in re.split(r"[,;/ ]+", text)]
        codes = [code for code in codes if _language.fullmatch(code) and len(code) <= 20]
        if text and codes != [text]:
            self.problems.add("bad-language", event.at("language"), text)
        return codes[0].lower() if codes else ""

    def _links(self, event: RawEvent) -> Iterable[tuple[str, str]]:
        if len(event.links) > MAX_LINKS_OF_TALK:
            self.problems.add("too-many-here", event.at("links"), str(len(event.links)))
        base = self.raw.words.get("base_url", "") or event.words.get("url", "")
        for link in event.links[:MAX_LINKS_OF_TALK]:
            url = absolute_link(link.url, base)
            if url:
                yield self.words.line(link.title, 200, link.location) or host_of(url), url
            else:
                self.problems.add("bad-link", link.location, link.url)

    def _with_ordinals(self, talks: list[ProgrammeTalk]) -> list[ProgrammeTalk]:
        """Talks of one key are numbered in the order of their starts, so that all survive."""
        groups: dict[str, list[int]] = {}
        for at, talk in enumerate(talks):
            groups.setdefault(talk.key, []).append(at)
        for key, members in groups.items():
            members.sort(key=lambda at: (talks[at].starts_at, talks[at].room))
            kind = key.partition(":")[0]
            may_repeat = kind == REPEATING or (kind == "code" and _is_one_item(talks, members))
            for ordinal, at in enumerate(members[1:], start=1):
                if not may_repeat:
                    self.problems.found.append(
                        Problem("repeated-key", talks[at].location, key, talks[at].title)
                    )
                talks[at] = replace(talks[at], ordinal=ordinal)
        return talks

    def _report_repeated_ids(self, events: list[RawEvent], talks: list[ProgrammeTalk]) -> None:
        for name, counter in (("id", self.ids), ("code", self.codes)):
            groups: dict[str, list[int]] = defaultdict(list)
            for at, event in enumerate(events):
                groups[event.words.get(name, "")].append(at)
            for value, count in counter.items():
                if value.strip() and count > 1 and not _is_one_item(talks, groups[value]):
                    self.problems.add("repeated-id", self.raw.location, f"{name} {value} ({count})")


def _is_one_item(talks: list[ProgrammeTalk], members: list[int]) -> bool:
    """One that takes place several times: one title, each time at another time or place. pretalx
    gives them one code and one id.
    """
    group = [talks[at] for at in members]
    slots = {(talk.starts_at, talk.room) for talk in group}
    return len({same_name(talk.title) for talk in group}) == 1 and len(slots) == len(group)
