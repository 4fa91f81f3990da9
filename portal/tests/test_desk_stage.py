"""The desk on the day: what plays, how well and for how many; switching, slates, announcing."""

from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from conftest import (
    client_of,
    make_conference,
    make_room,
    make_stream,
    make_talk,
    make_user,
    settle,
)
from streaming.models import Announcement, RoomMinute, StreamHealth, Switch
from tickets.admission.watching import watch

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors
DESK = reverse("desk:index")


@pytest.fixture
def primary(room):
    make_talk(room.conference, room=room, title="Engines")
    return make_stream(room)


@pytest.fixture
def backup(room, primary):
    return make_stream(room, role="backup", value="/static/demo/backup.m3u8")


@pytest.fixture
def helper(room):
    user = make_user("helper@example.com", display_name="Hedy")
    room.helpers.add(user)
    return user


def desk(user, path=DESK):
    settle()
    response = client_of(user).get(path)
    assert response.status_code == 200
    return response.content.decode()


def press(user, act, *where, **values):
    settle()
    return client_of(user).post(reverse(f"desk:{act}", args=where), values)


def looked_at(stream, **kw):
    return StreamHealth.objects.create(stream=stream, **{"is_playing": True, **kw})


def test_it_says_what_plays_how_protected_and_how_well(backup, primary, organizer):
    looked_at(primary, is_playing=True)
    html = desk(organizer)
    assert "HLS playlist (primary)" in html
    assert "anyone with the link" in html
    assert "plays, seen" in html
    assert "HLS playlist (backup)" in html
    assert "not looked at" in html
    assert "is-alarm" not in html


def test_a_stream_that_does_not_play_is_red_and_said(primary, organizer):
    looked_at(primary, is_playing=False, problem="There is nothing at this address (404).")
    assert 'data-alarm="Main hall: There is nothing at this address (404)."' in desk(organizer)


def test_what_was_seen_long_ago_says_nothing(primary, organizer):
    long_ago = timezone.now() - timedelta(minutes=5)
    looked_at(primary, is_playing=False, problem="It was away.", probed_at=long_ago)
    html = desk(organizer)
    assert "It was away." not in html
    assert "not looked at" in html


def test_while_nothing_is_on_a_stream_that_rests_is_not_an_alarm(room, organizer):
    looked_at(make_stream(room), is_playing=False, problem="The stream has ended.")
    html = desk(organizer)
    assert "The stream has ended." in html
    assert "is-alarm" not in html


def test_many_devices_that_lost_the_stream_are_an_alarm(room, primary, organizer):
    RoomMinute.objects.count_failures(room, timezone.now(), 17)
    assert "17 devices lost the stream in the last two minutes." in desk(organizer)


@pytest.mark.parametrize(("failures", "viewers"), [(4, 0), (12, 1000)])
def test_one_bad_connection_is_none(room, primary, organizer, failures, viewers, monkeypatch):
    monkeypatch.setattr("portal.desk.cards.viewers", lambda *_: {"main": viewers})
    RoomMinute.objects.count_failures(room, timezone.now(), failures)
    html = desk(organizer)
    assert "is-alarm" not in html
    assert f"{failures} lost the stream" in html


def test_viewers_are_exact_now_and_over_time(room, primary, organizer):
    for device in range(23):
        watch(room.conference_id, str(device), "main")
    ago = timezone.now() - timedelta(minutes=30)
    RoomMinute.objects.count_viewers(room.pk, ago, 40)
    html = desk(organizer)
    assert "<strong>23</strong>" in html
    assert "Viewers in the last hour: 40 at most" in html
    assert 'd="M29 40v-40.0h.8v40.0z"' in html
    assert "style=" not in html.partition("desk-chart")[2].partition("</svg>")[0]
    assert "<td>40</td>" in desk(organizer, reverse("desk:room", args=["main"]))


@pytest.mark.slow
def test_one_press_switches_to_the_backup_and_one_back(backup, primary, organizer):
    html = desk(organizer)
    assert "Switch to backup" in html
    assert "Back to what was planned" not in html
    press(organizer, "switch", "main", stream=backup.pk)
    assert Switch.objects.get().stream == backup
    html = desk(organizer)
    assert "by Olga" in html
    assert "Back to what was planned" in html
    press(organizer, "switch_back", "main")
    assert not Switch.objects.exists()
    assert LogEntry.objects.filter(user=organizer, object_id=backup.room.pk).count() == 2


def test_everybody_to_another_stream(room, primary, organizer):
    sound = make_stream(room, role="audio", value="/static/demo/sound.m3u8")
    assert f'<option value="{sound.pk}">' in desk(organizer)
    press(organizer, "switch", "main", stream=sound.pk)
    assert Switch.objects.get().stream == sound


def test_a_slate_goes_up_and_down_while_one_sees_how_the_stream_is(primary, organizer):
    looked_at(primary, is_playing=False, problem="The stream has ended.")
    press(organizer, "slate", "main", words="We are back in ten minutes")
    html = desk(organizer)
    assert "We are back in ten minutes" in html
    assert "The stream has ended." in html
    press(organizer, "slate_down", "main")
    assert not Switch.objects.exists()


def test_the_history_of_the_room_says_who_did_what(room, backup, organizer):
    press(organizer, "switch", "main", stream=backup.pk)
    press(organizer, "slate", "main", words="A moment, please")
    press(organizer, "slate_down", "main")
    press(organizer, "switch_back", "main")
    entries = LogEntry.objects.filter(object_id=room.pk).order_by("pk")
    assert [entry.change_message for entry in entries] == [
        "Switched to HLS playlist (backup)",
        "Put up: A moment, please",
        "Took the words down",
        "Switched back to what was planned",
    ]
    assert {entry.user_id for entry in entries} == {organizer.pk}


@pytest.mark.parametrize("words", ["", "  ", "x" * 201])
def test_a_slate_says_something_and_not_too_much(primary, organizer, words):
    response = press(organizer, "slate", "main", words=words)
    assert response.status_code == 302
    assert not Switch.objects.exists()


def test_streams_of_other_rooms_and_tests_are_refused(room, primary, organizer):
    elsewhere = make_stream(make_room(room.conference, slug="small"))
    test = make_stream(room, is_test=True)
    for stream in (elsewhere, test):
        press(organizer, "switch", "main", stream=stream.pk)
    assert not Switch.objects.exists()


def test_each_room_shows_its_own_picture(room, primary, organizer):
    small = make_stream(make_room(room.conference, slug="small", name="Small room"))
    settle()
    cards = client_of(organizer).get(DESK).context["cards"]
    assert [card.stage.room for card in cards] == [card.room for card in cards]
    shown = {card.room.slug: card.stage.plays.stream for card in cards}
    assert shown == {"main": primary, "small": small}


@pytest.mark.parametrize(
    ("act", "values", "said"),
    [
        ("switch", {}, "This stream is gone."),
        ("switch", {"stream": 0}, "This stream is gone."),
        ("slate", {"words": " "}, "Say it in 1 to 200 characters."),
        ("slate", {"words": "x" * 201}, "Say it in 1 to 200 characters."),
    ],
)
def test_what_is_wrong_is_said_in_the_room(primary, organizer, act, values, said):
    response = press(organizer, act, "main", **values)
    assert response.url == f"{DESK}#room-main"
    assert [str(each) for each in get_messages(response.wsgi_request)] == [said]
    assert not Switch.objects.exists()


@pytest.mark.slow
def test_helpers_switch_in_their_rooms_only(backup, helper, organizer):
    make_stream(make_room(backup.room.conference, slug="small", name="Small room"))
    assert "Small room" not in desk(helper, reverse("desk:stage"))
    assert press(helper, "switch", "main", stream=backup.pk).status_code == 302
    assert Switch.objects.get().switched_by == helper
    for act in ("switch", "switch_back", "slate", "slate_down"):
        assert press(helper, act, "small", words="Hello").status_code == 403
    assert press(helper, "announce", text="Hello", urgency="info", until="10").status_code == 403
    announcement = Announcement.objects.create(conference=backup.room.conference, text="Hello")
    assert press(helper, "end_announcement", announcement.pk).status_code == 403
    assert "Announce for" not in desk(helper)


@pytest.mark.parametrize("act", ["switch", "switch_back", "slate", "slate_down"])
def test_attendees_do_none_of_it(attendee, primary, act):
    assert press(attendee, act, "main", stream=primary.pk, words="Hi").status_code in (302, 403)
    assert not Switch.objects.exists()


def test_a_get_changes_nothing(backup, organizer):
    press(organizer, "switch", "main", stream=backup.pk)
    press(organizer, "slate", "main", words="Back at noon")
    before = Switch.objects.values().get()
    for act in ("switch", "switch_back", "slate", "slate_down"):
        response = client_of(organizer).get(reverse(f"desk:{act}", args=["main"]))
        assert (response.status_code, response["Allow"]) == (405, "POST")
    assert Switch.objects.values().get() == before


@pytest.mark.parametrize(("until", "minutes"), [("10", 10), ("60", 60), ("open", None)])
def test_announcing_until_a_moment(conference, room, organizer, until, minutes):
    values = {"text": "The bus leaves", "urgency": "important", "room": room.pk, "is_public": "on"}
    press(organizer, "announce", until=until, **values)
    made = Announcement.objects.get()
    assert (made.text, made.urgency, made.room, made.is_public, made.made_by) == (
        "The bus leaves", "important", room, True, organizer,
    )  # fmt: skip
    assert (made.ends_at is None) == (minutes is None)
    if minutes:
        lasts = made.ends_at - made.starts_at
        assert round(lasts.total_seconds()) == 60 * minutes
    assert "The bus leaves" in desk(organizer)
    assert LogEntry.objects.get(object_id=made.pk).change_message == "Announced at the desk"


def test_announcing_for_today_ends_with_the_conference_s_day(conference, room, organizer):
    press(organizer, "announce", until="today", text="Lunch is late", urgency="info")
    made = Announcement.objects.get()
    assert made.room is None
    assert made.ends_at == conference.day_window(conference.day_of(timezone.now()))[1]


def test_nothing_is_announced_without_words_nor_in_rooms_of_others(conference, room, organizer):
    other = make_room(make_conference(domain="other.test"))
    press(organizer, "announce", until="10", text="", urgency="info")
    press(organizer, "announce", until="10", text="Hello", urgency="info", room=other.pk)
    press(organizer, "announce", until="for ever", text="Hello", urgency="info")
    assert not Announcement.objects.exists()


def test_one_press_ends_an_announcement(conference, room, organizer):
    announcement = Announcement.objects.create(conference=conference, text="Lunch is late")
    press(organizer, "end_announcement", announcement.pk)
    announcement.refresh_from_db()
    assert announcement.ends_at is not None
    assert LogEntry.objects.get(object_id=announcement.pk).change_message == "Ended at the desk"
    assert "Lunch is late" not in desk(organizer, reverse("desk:stage"))
    other = Announcement.objects.create(conference=make_conference(domain="x.test"), text="Hi")
    assert press(organizer, "end_announcement", other.pk).status_code == 404


def test_the_number_of_queries_does_not_grow(
    conference, room, primary, organizer, django_assert_max_num_queries
):
    client = client_of(organizer)
    for _room in range(5):
        looked_at(make_stream(make_room(conference)))
    settle()
    client.get(reverse("desk:stage"))
    with django_assert_max_num_queries(14):
        client.get(reverse("desk:stage"))
