"""`schedule.xml` of the pentabarf family (pentabarf, frab, pretalx, wafer, FOSDEM, c3 hub).

The schema is https://github.com/voc/schedule validator/xsd/schedule.xml.xsd; hardly a file obeys it.
"""

from collections.abc import Iterator

from schedule.feeds.formats.problems import Problems
from schedule.feeds.formats.raw import (
    RawDay,
    RawEvent,
    RawLink,
    RawPerson,
    RawRoom,
    RawSchedule,
    RawTrack,
)
from schedule.feeds.formats.source import SourceFile, XmlNode
from schedule.feeds.formats.values.words import says_yes

NAME = "c3voc-xml"


def recognises(source: SourceFile) -> bool:
    return source.kind == "xml" and source.xml.tag == "schedule"


def read(source: SourceFile, problems: Problems) -> RawSchedule:
    root = source.xml
    conference = root.find("conference")
    if not isinstance(conference, XmlNode):
        conference = root
    raw = RawSchedule(
        format=NAME, location=_line(conference), words=_conference_words(root, conference)
    )
    for path in ("conference/track", "conference/tracks/track", "tracks/track"):
        raw.tracks += [_track(node) for node in _all(root, path)]
    for node in _all(root, "day"):
        day = RawDay(_line(node), node.get("date", ""), node.get("start", ""), node.get("end", ""))
        raw.days.append(day)
        for room in _all(node, "room"):
            raw.rooms.append(_room(room))
            name = room.get("name", "")
            raw.take(_event(each, day, name, problems) for each in _all(room, "event"))
        # Pentabarf has the events directly in the day.
        raw.take(_event(each, day, "", problems) for each in _all(node, "event"))
    return raw


def _conference_words(root: XmlNode, conference: XmlNode) -> dict[str, str]:
    names = "title acronym start end days time_zone_name base_url day_change"
    words = {name: conference.words_of(name) for name in names.split()}
    words["version"] = root.words_of("version") or conference.words_of("release")
    generator = root.find("generator")
    words["generator"] = generator.get("name", "") if generator is not None else ""
    return words


def _room(node: XmlNode) -> RawRoom:
    return RawRoom(_line(node), node.get("name", ""), node.get("guid", ""), node.get("slug", ""))


def _track(node: XmlNode) -> RawTrack:
    name = node.get("name") or "".join(node.itertext())
    return RawTrack(_line(node), name, node.get("slug", ""), node.get("color", ""))


def _event(node: XmlNode, day: RawDay, container: str, problems: Problems) -> RawEvent:
    words: dict[str, str] = {}
    places: dict[str, str] = {}
    for child in _all(node, "*"):
        places.setdefault(child.tag, _line(child))
        if len(child) == 0 or child.tag in _texts:
            words.setdefault(child.tag, child.words())
    words |= {name: node.get(name, "") for name in ("guid", "id", "code")}
    if not words["id"].strip().isdigit() and words["id"].strip():
        problems.add("bad-id", _line(node), words["id"])
    return RawEvent(
        location=_line(node),
        day=day,
        container=container,
        words=words,
        do_not_record=says_yes(node.words_of("recording/optout")),
        places=places,
        persons=[_person(person) for person in _all(node, "persons/person")],
        links=[
            RawLink(_line(link), "".join(link.itertext()), link.get("href", ""))
            for path in ("links/link", "attachments/attachment")
            for link in _all(node, path)
        ],
    )


# These may hold HTML as elements; other children with children are lists.
_texts = ("abstract", "description")


def _person(node: XmlNode) -> RawPerson:
    return RawPerson(
        location=_line(node),
        name="".join(node.itertext()),
        guid=node.get("guid", ""),
        code=node.get("code", ""),
        id=node.get("id", ""),
    )


def _all(node: XmlNode, path: str) -> Iterator[XmlNode]:
    return (found for found in node.iterfind(path) if isinstance(found, XmlNode))


def _line(node: XmlNode) -> str:
    return f"line {node.line}"
