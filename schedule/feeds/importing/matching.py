"""Which talk of a file is which talk of the last import.

By guid first, and so on down the keys; where one key has several talks, by start. What is then left
over on both sides is compared by what people would know it by. A talk that came back under another key
keeps its row, and with it its address, streams and bookmarks; else it would be missing and new at once.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable

from lib.text import same_name
from schedule.feeds.formats.programme import ProgrammeTalk
from schedule.feeds.formats.values.identity import keys_by_kind
from schedule.models import Conference, FeedItem
from schedule.models.codes import own_guid


def match_talks(
    conference: Conference, talks: Iterable[ProgrammeTalk], items: Iterable[FeedItem]
) -> dict[tuple[str, int], FeedItem]:
    """The feed items by key and ordinal of the talk; what is new has none. Items have their talk."""
    return _Matcher(conference, talks, items).matched


class _Matcher:
    def __init__(
        self,
        conference: Conference,
        talks: Iterable[ProgrammeTalk],
        items: Iterable[FeedItem],
    ) -> None:
        self.talks = {(talk.key, talk.ordinal): talk for talk in talks}
        self.items = {item.pk: item for item in items}
        self.titles = Counter(same_name(talk.title) for talk in self.talks.values())
        self.known_titles = Counter(_title_of(item) for item in self.items.values())
        self.matched: dict[tuple[str, int], FeedItem] = {}
        self._same_key()
        self._exported_by_us(conference)
        for kind in ("code", "id", "slug", "title"):
            self._same(kind, with_start=True)
            self._same(kind, with_start=False)
        self._same_slot()
        self._same_title()

    def _same_key(self) -> None:
        talks_of: dict[str, list[ProgrammeTalk]] = defaultdict(list)
        for talk in self.talks.values():
            talks_of[talk.key].append(talk)
        items_of: dict[str, list[FeedItem]] = defaultdict(list)
        for item in self.items.values():
            items_of[item.key].append(item)
        for key, talks in talks_of.items():
            items = sorted(items_of[key], key=lambda item: item.ordinal)
            by_start = {item.values.get("starts_at"): item for item in reversed(items)}
            later = []
            for talk in sorted(talks, key=lambda talk: talk.ordinal):
                start = talk.starts_at.isoformat()
                if start not in by_start:
                    later.append(talk)
                    continue
                item = by_start.pop(start)
                items.remove(item)
                self._join(talk, item)
            for talk, item in zip(later, items, strict=False):
                self._join(talk, item)

    def _exported_by_us(self, conference: Conference) -> None:
        own = {
            f"guid:{own_guid(conference, 'talk', item.talk.code)}": item
            for item in self.items.values()
        }
        for talk in list(self.talks.values()):
            if item := own.pop(talk.key, None):
                self._join(talk, item)

    def _join(self, talk: ProgrammeTalk, item: FeedItem) -> None:
        self.matched[talk.key, talk.ordinal] = item
        del self.talks[talk.key, talk.ordinal]
        del self.items[item.pk]

    def _same(self, kind: str, *, with_start: bool) -> None:
        """What has the same weaker key."""

        def of_talk(talk: ProgrammeTalk) -> Hashable:
            start = talk.starts_at.isoformat() if with_start else ""
            return keys_by_kind(talk.keys).get(kind), start

        def of_item(item: FeedItem) -> Hashable:
            start = item.values.get("starts_at", "") if with_start else ""
            return keys_by_kind(item.values.get("keys", [])).get(kind), start

        for talk, item in self._alone(of_talk, of_item):
            if _may_join(kind, talk, item):
                self._join(talk, item)

    def _same_slot(self) -> None:
        """What has the same title at the same time in the same room, whatever its keys are by now."""

        def of_talk(talk: ProgrammeTalk) -> Hashable:
            return same_name(talk.title), talk.starts_at.isoformat(), same_name(talk.room)

        def of_item(item: FeedItem) -> Hashable:
            values = item.values
            return _title_of(item), values.get("starts_at"), same_name(values.get("room") or "")

        for talk, item in self._alone(of_talk, of_item):
            self._join(talk, item)

    def _same_title(self) -> None:
        """What alone has this title in all of the file, and had it in all that the feed ever said,
        unless it is by others. 36C3 had 201 titles that repeat: those identify nothing.
        """
        for talk, item in self._alone(lambda talk: same_name(talk.title), _title_of):
            title = same_name(talk.title)
            is_unique = self.titles[title] == self.known_titles[title] == 1
            if is_unique and _may_be_by_the_same(talk, item):
                self._join(talk, item)

    def _alone(
        self,
        of_talk: Callable[[ProgrammeTalk], Hashable],
        of_item: Callable[[FeedItem], Hashable],
    ) -> list[tuple[ProgrammeTalk, FeedItem]]:
        """Of what is left, the pairs that are alone with their fingerprint on both sides."""
        talks: dict[Hashable, list[ProgrammeTalk]] = defaultdict(list)
        for talk in self.talks.values():
            talks[of_talk(talk)].append(talk)
        items: dict[Hashable, list[FeedItem]] = defaultdict(list)
        for item in self.items.values():
            items[of_item(item)].append(item)
        return [
            (same[0], items[fingerprint][0])
            for fingerprint, same in talks.items()
            if len(same) == 1 and len(items.get(fingerprint, ())) == 1
        ]


def _may_join(kind: str, talk: ProgrammeTalk, item: FeedItem) -> bool:
    key = keys_by_kind(talk.keys).get(kind)
    if key is None:
        return False
    if kind == "title":  # a title alone identifies nothing: 36C3 had 201 that repeat
        return bool(talk.speakers)
    # Ids and slugs collide in merged files, so a guid that differs speaks louder.
    collides = talk.guid and item.guid and same_name(talk.title) != _title_of(item)
    return kind == "code" or not collides


def _may_be_by_the_same(talk: ProgrammeTalk, item: FeedItem) -> bool:
    """Nobody is named on one of the sides, or somebody on both."""
    people = {key for speaker in item.values.get("speakers", ()) for key in speaker["keys"]}
    return not people or not talk.speakers or not people.isdisjoint(talk.speakers)


def _title_of(item: FeedItem) -> str:
    return same_name(item.values.get("title", ""))
