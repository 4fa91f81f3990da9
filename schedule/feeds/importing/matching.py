"""Which talk of a file is which talk of the last import.

By guid first, and so on down the keys; where one key has several talks, by start. A talk that came
back under another key keeps its row, and with it its address, streams and bookmarks.
"""

from collections import defaultdict
from collections.abc import Hashable, Iterable

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
        self.matched: dict[tuple[str, int], FeedItem] = {}
        self._same_key()
        self._exported_by_us(conference)
        for kind in ("code", "id", "slug", "title"):
            self._same(kind, with_start=True)
            self._same(kind, with_start=False)

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
        """Joins what is left and alone with its weaker key on both sides."""
        talks_of: dict[Hashable, list[ProgrammeTalk]] = defaultdict(list)
        for talk in self.talks.values():
            start = talk.starts_at.isoformat() if with_start else ""
            talks_of[keys_by_kind(talk.keys).get(kind), start].append(talk)
        items_of: dict[Hashable, list[FeedItem]] = defaultdict(list)
        for item in self.items.values():
            start = item.values.get("starts_at", "") if with_start else ""
            items_of[keys_by_kind(item.values.get("keys", [])).get(kind), start].append(item)
        for fingerprint, talks in talks_of.items():
            items = items_of.get(fingerprint, [])
            if len(talks) == len(items) == 1 and _may_join(kind, talks[0], items[0]):
                self._join(talks[0], items[0])


def _may_join(kind: str, talk: ProgrammeTalk, item: FeedItem) -> bool:
    key = keys_by_kind(talk.keys).get(kind)
    if key is None:
        return False
    if kind == "title":  # a title alone identifies nothing: 36C3 had 201 that repeat
        return bool(talk.speakers)
    # Ids and slugs collide in merged files, so a guid that differs speaks louder.
    return kind == "code" or not (talk.guid and item.guid)
