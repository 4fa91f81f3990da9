"""A list of three rows costs the queries of a list of one. Whoever changes a count changes it here."""

import pytest
from django.urls import reverse

from conftest import client_of, make_recording, make_room, make_stream, make_talk, settle
from streaming.models import Announcement, StreamAccount

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors


@pytest.fixture
def shows(django_assert_num_queries):
    """The page has these words so many times, for so many queries."""

    def shows(client, url, words, times, *, queries):
        settle()
        client.get(url)  # so that what is read once a second, and sessions, are not counted
        with django_assert_num_queries(queries):
            page = client.get(url)
        assert page.status_code == 200
        assert page.text.count(words) == times

    return shows


def make_talk_with_stream(conference, organizer):
    make_stream(room := make_room(conference), talk=make_talk(conference, room=room))


def make_talk_with_recording(conference, organizer):
    make_recording(make_talk(conference, room=make_room(conference)))


def make_room_with_recording(conference, organizer):
    make_recording(make_room(conference))


def make_announcement(conference, organizer):
    Announcement.objects.create(
        conference=conference, text="Lunch", room=make_room(conference), made_by=organizer
    )


def make_account_with_stream(conference, organizer):
    account = StreamAccount.objects.create(conference=conference, kind="mux", name="Ours")
    make_stream(make_room(conference), account=account)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("model", "make", "cell", "queries"),
    [
        ("streamaccount", make_account_with_stream, "field-stream_count", 4),
        ("stream", make_talk_with_stream, "field-span", 5),
        ("recording", make_talk_with_recording, "field-span", 6),
        ("recording", make_room_with_recording, "field-span", 6),
        ("announcement", make_announcement, "field-made_by", 5),
    ],
)
def test_lists_of_the_admin(conference, organizer, shows, model, make, cell, queries):
    client, url = (
        client_of(organizer, has_factor=True),
        reverse(f"admin:streaming_{model}_changelist"),
    )
    make(conference, organizer)
    shows(client, url, cell, 1, queries=queries)
    make(conference, organizer)
    make(conference, organizer)
    shows(client, url, cell, 3, queries=queries)


def test_the_history_of_announcements(conference, attendee, organizer, shows):
    client, url = client_of(attendee), reverse("announcements")
    make_announcement(conference, organizer)
    shows(client, url, '<li class="card">', 1, queries=1)
    make_announcement(conference, organizer)
    make_announcement(conference, organizer)
    shows(client, url, '<li class="card">', 3, queries=1)
