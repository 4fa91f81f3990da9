"""What all formats say of the programme, with the identities under which feeds know it."""

import re
import uuid
from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Self
from zoneinfo import ZoneInfo

from django.db.models import Max
from django.urls import reverse
from django.utils.text import slugify

from schedule.feeds.formats.values.clocks import whole_minutes
from schedule.feeds.formats.values.identity import is_guid, keys_by_kind
from schedule.models import Change, Conference, FeedItem, Speaker, Talk
from schedule.models.codes import own_guid

GENERATOR = "Front Row"


@dataclass(frozen=True)
class ExportedSpeaker:
    speaker: Speaker
    guid: str
    id: int | None


@dataclass(frozen=True)
class ExportedTalk:
    """`slug` "": the talk's own address has to do. `do_not_record`, `do_not_stream`: so says one of
    its feeds.
    """

    talk: Talk
    guid: str
    id: int
    slug: str
    url: str
    speakers: list[ExportedSpeaker]
    do_not_record: bool
    do_not_stream: bool

    @property
    def length(self) -> timedelta:
        """Strict readers take three parts for days, hours and minutes."""
        return whole_minutes(self.talk.length)

    @property
    def ends_at(self) -> datetime:
        return self.talk.starts_at + self.length

    @property
    def code(self) -> str:
        """What feeds know it by: a repeat shares its code with the others."""
        return self.talk.series or self.talk.code

    def words(self, room: str, zone: ZoneInfo) -> dict[str, str]:
        """What both schemas of c3voc say of it in text."""
        talk, starts_at = self.talk, self.talk.starts_at.astimezone(zone)
        return {
            "room": room,
            "title": talk.title,
            "subtitle": talk.subtitle,
            "type": talk.kind,
            "date": starts_at.isoformat(),
            "start": f"{starts_at:%H:%M}",
            "duration": length_words(self.length),
            "abstract": talk.abstract,
            "description": talk.description,
            "track": talk.track.name if talk.track else "",
            "language": talk.language,
            "url": self.url,
        }


@dataclass(frozen=True)
class ExportedDay:
    """`rooms`: the talks by the name of their room, "" for none."""

    index: int
    date: date
    starts_at: datetime
    ends_at: datetime
    rooms: dict[str, list[ExportedTalk]]


@dataclass(frozen=True)
class Export:
    """`base_url`: where the site is, with a slash at its end. `changed_at` None: never."""

    conference: Conference
    base_url: str
    talks: list[ExportedTalk]
    changed_at: datetime | None

    @classmethod
    def of(
        cls, conference: Conference, base_url: str, talks: Collection[Talk] | None = None
    ) -> Self:
        """`talks` None: all that attendees see. A fixed number of queries."""
        identities = _Identities(conference, talks)
        if talks is None:
            talks = Talk.objects.filter(conference=conference).shown().in_order().with_cards()
        exported = [identities.of_talk(talk, base_url) for talk in talks]
        newest = Change.objects.filter(conference=conference).aggregate(at=Max("made_at"))
        return cls(conference, base_url, exported, newest["at"])

    @property
    def version(self) -> str:
        return f"{self.changed_at:%Y-%m-%d %H:%M:%S}" if self.changed_at else "1"

    @property
    def acronym(self) -> str:
        """The conference's slug as both schemas allow it."""
        return re.sub(r"[^a-z0-9_]", "_", self.conference.slug.lower()).ljust(4, "_")

    @cached_property
    def days(self) -> list[ExportedDay]:
        """Without canceled talks: these formats have no word for them, and readers would go there."""
        conference = self.conference
        length = (conference.ends_on - conference.starts_on).days + 1
        dates = (conference.starts_on + timedelta(days=offset) for offset in range(length))
        by_day: dict[date, list[ExportedTalk]] = {day: [] for day in dates}
        for exported in self.talks:
            if not exported.talk.is_canceled:
                by_day.setdefault(conference.day_of(exported.talk.starts_at), []).append(exported)
        days = []
        for index, day in enumerate(sorted(by_day), start=1):
            first, last = (edge.astimezone(conference.zone) for edge in conference.day_window(day))
            days.append(ExportedDay(index, day, first, last, _by_room(by_day[day])))
        return days


def _by_room(talks: list[ExportedTalk]) -> dict[str, list[ExportedTalk]]:
    rooms: dict[str, list[ExportedTalk]] = {}
    for exported in talks:
        room = exported.talk.room
        rooms.setdefault(room.name if room else "", []).append(exported)
    return rooms


class _Identities:
    """What feeds call talks and people: of talks by primary key, of people by code."""

    def __init__(self, conference: Conference, talks: Collection[Talk] | None) -> None:
        """`talks` None: all. Guids are compared with all others in any case."""
        self.conference = conference
        self.keys: dict[int, dict[str, str]] = {}
        self.said: dict[str, set[int]] = {"do_not_record": set(), "do_not_stream": set()}
        self.keys_of_people: dict[str, dict[str, str]] = {}
        # Of a talk that two feeds have, the first one names it.
        items = FeedItem.objects.filter(feed__conference=conference).order_by("-pk")
        guids = dict(items.values_list("talk_id", "guid"))
        wanted = items if talks is None else items.filter(talk__in=talks)
        for talk_id, values in wanted.values_list("talk_id", "values"):
            self.keys[talk_id] = {**keys_by_kind(values.get("keys", [])), "guid": guids[talk_id]}
            for word, talk_ids in self.said.items():
                if values.get(word):
                    talk_ids.add(talk_id)
            for person in values.get("speakers", []):
                self.keys_of_people[person["code"]] = keys_by_kind(person["keys"])
        self.counts = Counter(("guid", guid) for guid in guids.values())
        self.counts.update(
            (kind, keys[kind])
            for keys in self.keys.values()
            for kind in ("id", "slug")
            if kind in keys
        )
        self.ids = {int(keys["id"]) for keys in self.keys.values() if self._is_own_id(keys)}

    def of_talk(self, talk: Talk, base_url: str) -> ExportedTalk:
        keys = self.keys.get(talk.pk, {})
        guid = keys.get("guid", "")
        if not is_guid(guid) or self.counts["guid", guid] > 1:
            guid = own_guid(self.conference, "talk", talk.code)
        slug = keys.get("slug", "")
        return ExportedTalk(
            talk=talk,
            guid=guid,
            id=int(keys["id"]) if self._is_own_id(keys) else self._free_id(guid),
            slug=slug if self.counts["slug", slug] == 1 else "",
            url=base_url.rstrip("/") + reverse("talk", args=[talk.code]),
            speakers=[self._speaker(speaker) for speaker in talk.speakers.all()],
            **{word: talk.pk in talk_ids for word, talk_ids in self.said.items()},
        )

    def _speaker(self, speaker: Speaker) -> ExportedSpeaker:
        keys = self.keys_of_people.get(speaker.code, {})
        id, guid = keys.get("id", ""), keys.get("guid", "")
        return ExportedSpeaker(
            speaker,
            guid if is_guid(guid) else own_guid(self.conference, "speaker", speaker.code),
            int(id) if _is_number(id) else None,
        )

    def _is_own_id(self, keys: dict[str, str]) -> bool:
        id = keys.get("id", "")
        return _is_number(id) and self.counts["id", id] == 1

    def _free_id(self, guid: str) -> int:
        """The same on every export, unless another talk has it."""
        number = uuid.UUID(guid).int % 2**31
        while number in self.ids or number == 0:
            number += 1
        self.ids.add(number)
        return number


def _is_number(text: str) -> bool:
    return text.isdecimal() and 0 < int(text) < 2**63


def slug_of(exported: ExportedTalk, acronym: str) -> str:
    """The feed's, else made of code and title."""
    if re.fullmatch(r"[a-z0-9_-]+[a-z0-9]", exported.slug):
        return exported.slug
    title = slugify(exported.talk.title)[:40]
    return f"{acronym}-{exported.talk.code.lower()}-{title}".rstrip("-_")


def length_words(length: timedelta) -> str:
    """Hours and minutes, also of more than a day."""
    minutes = length // timedelta(minutes=1)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def links_of(talk: Talk) -> list[dict[str, str]]:
    return [{"title": link.get("title", ""), "url": link["url"]} for link in talk.links]
