"""The plan into the database, in one transaction. Rows that are there already are changed in place,
so that pages that are open and tickets that are claimed go on.
"""

from django.db import models, transaction
from django.utils.text import slugify

from lib.text import to_html
from portal.demo import words
from portal.demo.plan import DemoPlan, PlannedTalk
from schedule.models import Conference, Feed, Room, Speaker, Talk, Track, Visibility
from streaming.models import Recording, Stream

SLUG = "demo"
# Marks the conference as this command's own.
SOURCE = "manage.py demo"
CLIP = "/static/demo/talk.m3u8"
STREAMS = [(CLIP, Stream.Role.PRIMARY), (f"{CLIP}?backup", Stream.Role.BACKUP)]


class NotTheDemo(Exception):
    """There is a conference with the demo's slug that somebody else made."""


def demo_conference() -> Conference | None:
    """Raises NotTheDemo."""
    conference = Conference.objects.filter(slug=SLUG).first()
    if conference and not conference.feeds.filter(source=SOURCE).exists():
        raise NotTheDemo
    return conference


@transaction.atomic
def write_conference(plan: DemoPlan) -> Conference:
    """Raises ValidationError where it would be reached nowhere, beside other conferences."""
    fields: dict[str, object] = {
        "name": words.CONFERENCE,
        "tagline": words.TAGLINE,
        "time_zone": plan.zone,
        "starts_on": plan.days[0],
        "ends_on": plan.days[-1],
        "languages": "en, ar",
        "visibility": Visibility.PROGRAMME,
        "help_email": "help@example.com",
    }
    conference = Conference.objects.filter(slug=SLUG).first() or Conference(slug=SLUG)
    for name, value in fields.items():
        setattr(conference, name, value)
    conference.clean()
    conference.save()
    Feed.objects.get_or_create(conference=conference, source=SOURCE, defaults={"format": "demo"})
    _write_programme(conference, plan)
    return conference


def _write_programme(conference: Conference, plan: DemoPlan) -> None:
    rooms = [
        Room(slug=slug, name=name, position=position, description=description)
        for position, (slug, name, description) in enumerate(plan.rooms)
    ]
    by_slug = {room.slug: room for room in _upsert(conference, rooms, key="slug")}
    speakers = {each.code: each for each in _upsert(conference, [*plan.speakers], key="code")}
    tracks = [Track(slug=slugify(name), name=name, colour=colour) for name, colour in words.TRACKS]
    tracks = _upsert(conference, tracks, key="slug")
    talks = [_talk(planned, by_slug, tracks) for planned in plan.talks]
    talks = _upsert(conference, talks, key="code")
    _link_talks(talks, plan, speakers, by_slug)
    _write_recording(talks)
    _remove_the_rest(conference, plan)
    _write_streams([*by_slug.values()])


def _talk(planned: PlannedTalk, rooms: dict[str, Room], tracks: list[Track]) -> Talk:
    is_pause = planned.kind == Talk.Kind.BREAK
    return Talk(
        code=planned.code,
        series=planned.series,
        kind=planned.kind,
        delivery=planned.delivery,
        title=planned.piece.title,
        subtitle=planned.piece.subtitle,
        abstract=to_html(planned.piece.abstract),
        language="" if is_pause else planned.language,
        room=rooms.get(planned.room),
        track=None if is_pause else tracks[planned.piece.track],
        starts_at=planned.starts_at,
        ends_at=planned.ends_at,
        planned_starts_at=planned.planned_starts_at,
        is_canceled=planned.is_canceled,
        may_be_replayed=planned.piece == words.WELCOME,
    )


def _upsert[Row: (Room, Speaker, Track, Talk)](
    conference: Conference, rows: list[Row], *, key: str
) -> list[Row]:
    """One statement, or a few for thousands of rows. The rows come back with their ids."""
    for row in rows:
        row.conference = conference
    model, unique = type(rows[0]), ("conference", key)
    fields = [field.name for field in model._meta.concrete_fields if not field.primary_key]
    return model._default_manager.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=unique,
        update_fields=[name for name in fields if name not in unique],
        batch_size=500,
    )


def _link_talks(
    talks: list[Talk], plan: DemoPlan, speakers: dict[str, Speaker], rooms: dict[str, Room]
) -> None:
    speaking, also = Talk.speakers.through, Talk.also_in.through
    for through in (speaking, also):
        through._default_manager.filter(talk__conference=talks[0].conference_id).delete()
    pairs = list(zip(talks, plan.talks, strict=True))
    speaking._default_manager.bulk_create(
        speaking(talk_id=talk.pk, speaker_id=speakers[code].pk)
        for talk, planned in pairs
        for code in planned.speakers
    )
    also._default_manager.bulk_create(
        also(talk_id=talk.pk, room_id=rooms[slug].pk)
        for talk, planned in pairs
        for slug in planned.also_in
    )


def _write_recording(talks: list[Talk]) -> None:
    """There is one thing to watch again: how the day was opened."""
    for talk in talks:
        if talk.title == words.WELCOME.title:
            Recording.objects.update_or_create(
                conference=talk.conference, talk=talk, defaults={"kind": "hls", "value": CLIP}
            )


def _remove_the_rest(conference: Conference, plan: DemoPlan) -> None:
    """What an earlier demo, or somebody playing with it, has left."""
    slugs = [slug for slug, _name, _description in plan.rooms]
    rest: list[models.QuerySet[models.Model]] = [
        conference.talks.exclude(code__in=[talk.code for talk in plan.talks]),
        conference.speakers.exclude(code__in=[speaker.code for speaker in plan.speakers]),
        Stream.objects.filter(room__conference=conference).exclude(room__slug__in=slugs),
        conference.rooms.exclude(slug__in=slugs),
    ]
    for rows in rest:
        rows.delete()


def _write_streams(rooms: list[Room]) -> None:
    """A stream that is as it should be keeps its row: a new one would make open players switch."""
    missing = {(room.pk, value, str(role)) for room in rooms for value, role in STREAMS}
    for stream in Stream.objects.filter(room__in=rooms):
        is_always = stream.starts_at is None and stream.ends_at is None
        what = (stream.room_id, stream.value, stream.role)
        if stream.kind == "hls" and is_always and what in missing:
            missing.remove(what)
        else:
            stream.delete()
    Stream.objects.bulk_create(
        Stream(room_id=room_id, kind="hls", value=value, role=role)
        for room_id, value, role in sorted(missing)
    )
