"""What is switched plays for everybody in the room until somebody switches back."""

import pytest
from django.utils import timezone

from conftest import client_of, make_stream, settle
from streaming.models import Switch


@pytest.fixture
def primary(room):
    return make_stream(room)


@pytest.fixture
def backup(room, primary):
    return make_stream(room, role="backup", value="/static/demo/backup.m3u8")


def switch_to(stream, *, actor):
    Switch.objects.put_on(stream.room, at=timezone.now(), by=actor, stream=stream, slate="")


def put_up_slate(room, words, *, actor):
    Switch.objects.put_on(room, at=timezone.now(), by=actor, slate=words)


def take_down_slate(room, *, actor):
    Switch.objects.filter(room=room).take_down_slate(at=timezone.now(), by=actor)


def switch_back(room):
    Switch.objects.filter(room=room).delete()


def on_stage():
    """The tag that open pages follow, and what a player then gets."""
    settle()
    return client_of(None).get("/live.json").json()["rooms"][0]["stream"]


def handed_out(user):
    settle()
    return client_of(user).get("/rooms/main/playback.json").json()


def test_everybody_is_switched_and_switched_back(room, primary, backup, attendee, organizer):
    assert on_stage() == primary.tag
    switch_to(backup, actor=organizer)
    assert on_stage() == backup.tag
    assert [each["tag"] for each in handed_out(attendee)["sources"]] == [backup.tag, primary.tag]
    switch_back(room)
    assert on_stage() == primary.tag


def test_a_slate_stands_in_the_place_of_any_picture(room, primary, attendee, organizer):
    put_up_slate(room, "Back in ten minutes", actor=organizer)
    answer = handed_out(attendee)
    assert (answer["sources"], answer["slate"]) == ([], "Back in ten minutes")
    assert on_stage() == answer["tag"] != primary.tag
    assert "ten minutes" not in client_of(None).get("/live.json").text


def test_what_was_switched_to_comes_back_after_a_slate(room, backup, primary, organizer):
    switch_to(backup, actor=organizer)
    put_up_slate(room, "A moment, please", actor=organizer)
    take_down_slate(room, actor=organizer)
    assert on_stage() == backup.tag
    switch_back(room)
    put_up_slate(room, "A moment, please", actor=organizer)
    take_down_slate(room, actor=organizer)
    assert on_stage() == primary.tag
    assert not Switch.objects.exists()


def test_a_choice_that_plays_is_not_offered_twice(room, primary, attendee, organizer):
    sound = make_stream(room, role="audio", value="/static/demo/sound.m3u8")
    assert [each["tag"] for each in handed_out(attendee)["choices"]] == [sound.tag]
    switch_to(sound, actor=organizer)
    answer = handed_out(attendee)
    assert [each["tag"] for each in answer["sources"]] == [sound.tag, primary.tag]
    assert answer["choices"] == []


def test_who_switched_is_known_until_it_is_undone(room, backup, organizer):
    switch_to(backup, actor=organizer)
    assert room.switch.switched_by == organizer
