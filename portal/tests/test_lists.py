"""A list of three rows costs the queries of a list of one. Whoever changes a count changes it here."""

import pytest
from django.urls import reverse

from conftest import client_of, make_room, make_speaker, make_stream, make_talk, settle
from streaming.models import StreamHealth

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors


@pytest.fixture
def shows(organizer, django_assert_num_queries):
    """The page has these words so many times, for so many queries."""
    client = client_of(organizer, has_factor=True)

    def shows(url, words, times, *, queries):
        settle()
        client.get(url)  # so that what is read once a second, and sessions, are not counted
        with django_assert_num_queries(queries):
            page = client.get(url)
        assert page.status_code == 200
        assert page.text.count(words) == times

    return shows


def make_stage(conference):
    """A room with a talk that runs, and its stream."""
    room = make_room(conference)
    make_talk(conference, room=room, speakers=[make_speaker(conference)])
    StreamHealth.objects.create(stream=make_stream(room), is_playing=True)


@pytest.mark.slow
@pytest.mark.parametrize(("page", "queries"), [("index", 11), ("stage", 5)])
def test_rooms_at_the_desk(conference, shows, page, queries):
    url = reverse(f"desk:{page}")
    make_stage(conference)
    shows(url, 'class="desk-stage"', 1, queries=queries)
    make_stage(conference)
    make_stage(conference)
    shows(url, 'class="desk-stage"', 3, queries=queries)


@pytest.mark.slow
def test_the_run_sheet_of_a_room(conference, room, shows):
    url = reverse("desk:room", args=["main"])

    def make_row():
        make_talk(conference, room=room, title="Looms", speakers=[make_speaker(conference)])

    make_row()
    shows(url, "Looms", 1, queries=8)
    make_row()
    make_row()
    shows(url, "Looms", 3, queries=8)


@pytest.mark.slow
def test_warnings(conference, shows):
    """Of two talks in one room at the same time."""
    url = reverse("desk:warnings")

    def make_overlap():
        room = make_room(conference)
        make_stream(room)
        make_talk(conference, room=room)
        make_talk(conference, room=room)

    make_overlap()
    shows(url, '<li dir="auto">', 1, queries=6)
    make_overlap()
    make_overlap()
    shows(url, '<li dir="auto">', 3, queries=6)
