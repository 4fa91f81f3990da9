"""The speakers of a file among those that this feed brought before."""

from schedule.changes.row_changes import RowChanges
from schedule.feeds.formats.programme import ProgrammeSpeaker
from schedule.feeds.formats.values.identity import KeyIndex
from schedule.models import Conference, FeedItem, Speaker
from schedule.models.codes import claim_code


class FileSpeakers:
    """By guid, code, id, name, within the feed: two feeds may each have a number 7."""

    def __init__(
        self, conference: Conference, items: list[FeedItem], incoming: tuple[ProgrammeSpeaker, ...]
    ) -> None:
        self.rows: RowChanges[Speaker] = RowChanges(Speaker)
        self._conference = conference
        self._by_code = {speaker.code: speaker for speaker in conference.speakers.all()}
        self._codes = set(self._by_code)
        self.by_key: dict[str, Speaker] = {}
        known = self._known(items)
        claimed: set[int] = set()
        for person in incoming:
            speaker = known.find(person.keys)
            if speaker is None or speaker.pk in claimed:
                speaker = self._make(person)
            else:
                claimed.add(speaker.pk)
                self._update(speaker, person)
            self.by_key[person.key] = speaker

    def _known(self, items: list[FeedItem]) -> KeyIndex[Speaker]:
        index: KeyIndex[Speaker] = KeyIndex()
        for item in items:
            for mention in item.values.get("speakers", []):
                speaker = self._by_code.get(mention["code"])
                if speaker is not None:
                    index.add(mention["keys"], speaker)
        return index

    def _update(self, speaker: Speaker, person: ProgrammeSpeaker) -> None:
        self.rows.set(speaker, name=person.name)
        if person.biography is not None:
            self.rows.set(speaker, biography=person.biography)
        if person.avatar_url is not None:
            self.rows.set(speaker, avatar_url=person.avatar_url)

    def _make(self, person: ProgrammeSpeaker) -> Speaker:
        speaker = Speaker(
            conference=self._conference,
            code=claim_code(person.code, person.key, self._codes),
            name=person.name,
            biography=person.biography or "",
            avatar_url=person.avatar_url or "",
        )
        self.rows.new.append(speaker)
        return speaker
