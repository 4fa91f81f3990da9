"""Streams raise the number of the stage; stream hosts are in the pages' policy, so they raise the
programme's."""

from conftest import settle
from schedule.models import Conference, ProgrammeRevision
from streaming.models import StageRevision, Stream, StreamHost


def numbers(conference: Conference) -> tuple[int, int]:
    """Of programme and stage."""
    settle()
    return (
        ProgrammeRevision.objects.get(conference=conference).number,
        StageRevision.objects.get(conference=conference).number,
    )


def test_streams_raise_the_stage_and_not_the_programme(room):
    Stream.objects.create(room=room, kind="hls", value="/a.m3u8")
    programme, stage = numbers(room.conference)
    Stream.objects.update(value="/b.m3u8")
    programme_after, stage_after = numbers(room.conference)
    assert programme_after == programme
    assert stage_after > stage


def test_stream_hosts_raise_the_programme(room):
    Stream.objects.create(room=room, kind="hls", value="/a.m3u8")
    programme, stage = numbers(room.conference)
    StreamHost.objects.create(conference=room.conference, host="cdn.example.org")
    programme_after, stage_after = numbers(room.conference)
    assert programme_after > programme
    assert stage_after == stage
