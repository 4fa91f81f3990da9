"""What an import would do, talk by talk, before anything is written."""

from collections import Counter
from collections.abc import Mapping
from functools import cached_property
from typing import Any

from lib.plans import digest_of
from schedule.changes.recorder import FEED_FIELDS, FEED_LINKS
from schedule.feeds.formats.problems import Problem
from schedule.feeds.formats.programme import Programme, ProgrammeTalk
from schedule.feeds.formats.values.zone_names import read_zone
from schedule.feeds.importing.lines import ImportLine, LineKind
from schedule.feeds.importing.matching import match_talks
from schedule.feeds.importing.rooms import FileRooms, FileTracks
from schedule.feeds.importing.speakers import FileSpeakers
from schedule.models import (
    TIMES,
    Conference,
    Feed,
    FeedItem,
    Override,
    Speaker,
    Talk,
    with_times,
)
from schedule.models.codes import claim_code

# Guessed or rarely told: what an organizer set stays until the feed says something new.
FOLLOWED = ("kind", "series", "is_canceled")
# What a format has no word for: nothing there says nothing.
_C3VOC = {"series", "also_in", "is_all_day"}
WORDLESS = {"c3voc-xml": _C3VOC, "c3voc-json": _C3VOC}


class ImportPlan:
    """Made by reading the database in a fixed number of queries; writes nothing.

    `present` and `absent`: the items of what it has, and of what it no longer has. `missing_before`:
    talks that it lost earlier, of which it has been settled whether they are gone.
    """

    def __init__(self, conference: Conference, feed: Feed, programme: Programme) -> None:
        self.conference, self.feed, self.programme = conference, feed, programme
        items = _items_of(feed)
        self._overrides = _overrides_of(feed)
        self.rooms = FileRooms(conference, programme.rooms)
        self.tracks = FileTracks(conference, programme.tracks)
        self.speakers = FileSpeakers(conference, items, programme.speakers)
        self._keys_of_speaker = {person.key: person.keys for person in programme.speakers}
        self._codes = set(conference.talks.values_list("code", flat=True))
        self._ordinals: dict[str, set[int]] = {}
        for item in items:
            self._ordinals.setdefault(item.key, set()).add(item.ordinal)
        matched = match_talks(conference, programme.talks, items)
        self.lines: list[ImportLine] = []
        for incoming in programme.talks:
            known_item = matched.get((incoming.key, incoming.ordinal))
            self.lines += self._known(incoming, known_item) if known_item else [self._new(incoming)]
        self.present = list(matched.values())
        present = {item.pk for item in self.present}
        self.absent = [item for item in items if item.pk not in present and item.is_accepted]
        asked = [item for item in self.absent if item.is_asked_about]
        self.lines += [ImportLine((LineKind.MISSING,), item.talk, item) for item in asked]
        self.missing_before = len(self.absent) - len(asked)
        self.problems = [*programme.problems, *self.rooms.problems, *self._conference_problems()]

    @property
    def lost(self) -> list[FeedItem]:
        """Of talks that attendees see, and that it no longer has."""
        return [item for item in self.absent if not item.talk.is_hidden]

    def again(self) -> "ImportPlan":
        """Of the same programme, against the rows as they are now."""
        return ImportPlan(self.conference, self.feed, self.programme)

    def of_kind(self, kind: LineKind) -> list[ImportLine]:
        return [line for line in self.lines if kind in line.kinds]

    @cached_property
    def proposals(self) -> list[ImportLine]:
        """The lines that say something; those of unchanged talks do not."""
        return [line for line in self.lines if line.kind is not LineKind.UNCHANGED]

    @property
    def undisputed(self) -> set[str]:
        """The digests of what is new, moved or changed: no organizer disagrees with it."""
        asked = (LineKind.CONFLICT, LineKind.MISSING)
        return {line.digest for line in self.proposals if line.kind not in asked}

    @property
    def digest(self) -> str:
        return digest_of([line.digest for line in self.proposals])

    def as_dict(self) -> dict[str, Any]:
        rooms, speakers = self.rooms, self.speakers.rows
        return {
            "counts": Counter(line.kind.value for line in self.lines),
            "lines": [line.as_dict() for line in self.proposals],
            "rooms": {"new": [room.name for room in rooms.rows.new], "renamed": rooms.renamed},
            "speakers": {"new": len(speakers.new), "changed": len(speakers.changed)},
        }

    def _new(self, incoming: ProgrammeTalk) -> ImportLine:
        speakers, also_in = self._links(incoming).values()
        talk = Talk(
            conference=self.conference,
            code=claim_code(incoming.code, f"{incoming.key}/{incoming.ordinal}", self._codes),
            planned_starts_at=incoming.starts_at,
            **({"delivery": Talk.Delivery.ON_SITE} if incoming.do_not_stream else {}),
            **self._fields(incoming),
        )
        item = FeedItem(feed=self.feed, talk=talk)
        renewed = self._renewed(incoming, item, self._values(incoming, speakers))
        return ImportLine((LineKind.NEW,), talk, item, incoming, speakers, also_in, renewed=renewed)

    def _links(self, incoming: ProgrammeTalk) -> dict[str, list[Any]]:
        also_in = [self.rooms.by_name.get(name) for name in incoming.also_in]
        return {
            "speakers": [self.speakers.by_key[key] for key in incoming.speakers],
            "also_in": [room for room in also_in if room is not None],
        }

    def _known(self, incoming: ProgrammeTalk, item: FeedItem) -> list[ImportLine]:
        """One line, and another one for the fields in which an organizer disagrees."""
        links = self._links(incoming)
        speakers, also_in = links.values()
        values = self._values(incoming, speakers)
        changes, contested = self._differences(incoming, item, links, values)
        lines = []
        answered = with_times(contested)
        if contested:
            overrides = self._overrides.get(item.talk_id, {})
            lines.append(
                ImportLine(
                    (LineKind.CONFLICT,),
                    item.talk,
                    item,
                    incoming,
                    speakers,
                    also_in,
                    contested,
                    {name: values[name] for name in answered},
                    [overrides[name] for name in answered if name in overrides],
                )
            )
        for name in answered:  # until it is decided the organizer's answer is to the old value
            if name in item.values:
                values[name] = item.values[name]
            else:
                del values[name]
        renewed = self._renewed(incoming, item, values)
        kinds = _kinds(item, changes, renewed)
        line = ImportLine(kinds, item.talk, item, incoming, speakers, also_in, changes, renewed)
        return [line, *lines]

    def _differences(
        self,
        incoming: ProgrammeTalk,
        item: FeedItem,
        links: Mapping[str, list[Any]],
        values: Mapping[str, object],
    ) -> tuple[dict[str, tuple[object, object]], dict[str, tuple[object, object]]]:
        """What follows the feed, and what an organizer set against it."""
        differing: dict[str, tuple[object, object]] = {}
        for name, new in {**self._fields(incoming), **links}.items():
            old = _value(item.talk, name)
            if not (
                _same(name, old, new)
                or _feed_is_silent(name, incoming, item)
                or self._lacks(name, new, incoming)
            ):
                differing[name] = (old, new)
        held = differing.keys() & with_times(self._overrides.get(item.talk_id, ()))
        news = with_times(
            name for name in held if _feed_value(name, item.values) != _feed_value(name, values)
        )
        contested = {name: pair for name, pair in differing.items() if name in news}
        changes = {name: pair for name, pair in differing.items() if name not in held}
        if incoming.do_not_record and item.talk.may_be_replayed:
            changes["may_be_replayed"] = (True, False)
        if _newly_not_streamed(incoming, item):
            changes["delivery"] = (item.talk.delivery, Talk.Delivery.ON_SITE)
        if item.has_hidden_talk and item.talk.is_hidden:
            changes["is_hidden"] = (True, False)
        return changes, contested

    def _lacks(self, name: str, value: Any, incoming: ProgrammeTalk) -> bool:
        if value or name not in WORDLESS.get(self.programme.format, ()):
            return False
        return name != "is_all_day" or self._fills_days(incoming)

    def _fills_days(self, incoming: ProgrammeTalk) -> bool:
        """As what goes on all day does where there is no word for it."""
        times = incoming.starts_at, incoming.ends_at
        days = self.conference.days_between(*times)
        return self.conference.whole_days(days[0], days[-1]) == times

    def _fields(self, incoming: ProgrammeTalk) -> dict[str, Any]:
        """The talk's fields that belong to the feed."""
        return {
            **{name: getattr(incoming, name) for name in FEED_FIELDS},
            "room": self.rooms.by_name.get(incoming.room),
            "track": self.tracks.by_name.get(incoming.track),
            "links": [{"title": title, "url": url} for title, url in incoming.links],
        }

    def _values(self, incoming: ProgrammeTalk, speakers: list[Speaker]) -> dict[str, Any]:
        """What the feed says, as its item keeps it."""
        return {
            **self._fields(incoming),
            "room": incoming.room,
            "also_in": list(incoming.also_in),
            "track": incoming.track,
            "starts_at": incoming.starts_at.isoformat(),
            "ends_at": incoming.ends_at.isoformat(),
            "keys": list(incoming.keys),
            # Kept where it is said, so that nobody agrees in the speakers' name (schedule/admin/talks.py).
            **({"do_not_record": True} if incoming.do_not_record else {}),
            **({"do_not_stream": True} if incoming.do_not_stream else {}),
            "speakers": [
                {"code": speaker.code, "keys": list(self._keys_of_speaker[key])}
                for key, speaker in zip(incoming.speakers, speakers, strict=True)
            ],
        }

    def _renewed(
        self, incoming: ProgrammeTalk, item: FeedItem, values: dict[str, Any]
    ) -> dict[str, Any]:
        """The fields of its item, once the line is applied."""
        ordinal = item.ordinal
        if item.key != incoming.key:
            taken = self._ordinals.setdefault(incoming.key, set())
            ordinal = _first_free(incoming.ordinal, taken)
            taken.add(ordinal)
        return {
            "key": incoming.key,
            "ordinal": ordinal,
            "guid": incoming.guid,
            "values": values,
            "missing_since": None,
            "missing_looks": 0,
            "is_settled": False,
            "has_hidden_talk": False,
        }

    def _conference_problems(self) -> list[Problem]:
        """What the file says against the conference."""
        doubts = []
        zone, own = self.programme.time_zone, self.conference.time_zone
        if zone and zone != own and _differ(zone, self.conference, self.programme):
            doubts.append(Problem("other-zone", read=f"{zone} / {own}"))
        for incoming in self.programme.talks:
            day = self.conference.day_of(incoming.starts_at)
            if not self.conference.starts_on <= day <= self.conference.ends_on:
                read = incoming.starts_at.astimezone(self.conference.zone).strftime(
                    "%Y-%m-%d %H:%M"
                )
                doubts.append(
                    Problem("outside-conference", incoming.location, read, incoming.title)
                )
        return doubts


def _items_of(feed: Feed) -> list[FeedItem]:
    if not feed.pk:
        return []
    items = FeedItem.objects.select_related("talk__room", "talk__track").filter(feed=feed)
    return list(items.prefetch_related("talk__speakers", "talk__also_in"))


def _overrides_of(feed: Feed) -> dict[int, dict[str, Override]]:
    """By talk and field."""
    overrides: dict[int, dict[str, Override]] = {}
    if feed.pk is not None:
        for override in Override.objects.filter(talk__feed_items__feed=feed).distinct():
            overrides.setdefault(override.talk_id, {})[override.field] = override
    return overrides


def _kinds(
    item: FeedItem, changes: Mapping[str, object], renewed: Mapping[str, object]
) -> tuple[LineKind, ...]:
    if not item.is_accepted:
        return (LineKind.NEW,)
    named = {
        LineKind.BACK: "is_hidden" in changes,
        LineKind.TIME: not TIMES.isdisjoint(changes),
        LineKind.ROOM: "room" in changes,
        LineKind.CANCELED: "is_canceled" in changes,
        LineKind.TEXT: bool(changes.keys() - TIMES - {"room", "is_canceled", "is_hidden"}),
        LineKind.REKEYED: item.key != renewed["key"],
    }
    kinds = tuple(kind for kind, applies in named.items() if applies)
    return kinds or (LineKind.UNCHANGED,)


def _value(talk: Talk, name: str) -> Any:
    return list(getattr(talk, name).all()) if name in FEED_LINKS else getattr(talk, name)


def _same(name: str, old: Any, new: Any) -> bool:
    """Speakers and further rooms have no order."""
    if name in FEED_LINKS:
        return {row.pk for row in old} == {row.pk for row in new}
    return bool(old == new)


def _feed_value(name: str, values: Mapping[str, Any]) -> object:
    value = values.get(name)
    if name == "speakers":
        return {speaker["code"] for speaker in value or ()}
    return value


def _feed_is_silent(name: str, incoming: ProgrammeTalk, item: FeedItem) -> bool:
    """The feed says nothing of this field, now as last time: it is the organizers'."""
    if not item.is_accepted:
        return False
    if name in FOLLOWED:
        return bool(item.values.get(name, False) == getattr(incoming, name))
    if name in TIMES:
        return False
    return not getattr(incoming, name) and not item.values.get(name)


def _newly_not_streamed(incoming: ProgrammeTalk, item: FeedItem) -> bool:
    """Said once; whoever then has it streamed all the same has asked the speakers."""
    is_new = incoming.do_not_stream and not item.values.get("do_not_stream")
    return is_new and item.talk.delivery != Talk.Delivery.ON_SITE


def _first_free(wanted: int, taken: set[int]) -> int:
    if wanted not in taken:
        return wanted
    return next(number for number in range(len(taken) + 1) if number not in taken)


def _differ(zone: str, conference: Conference, programme: Programme) -> bool:
    """Two names of zones may mean the same time, like Asia/Calcutta and Asia/Kolkata."""
    there = read_zone(zone)
    return any(
        talk.starts_at.astimezone(there).utcoffset()
        != talk.starts_at.astimezone(conference.zone).utcoffset()
        for talk in programme.talks
    )
