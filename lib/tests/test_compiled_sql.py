"""A prepared query finds what its queryset finds, and its SQL is written once."""

import threading

import pytest
from django.db import connection
from django.db.models import Exists, OuterRef

from conftest import make_conference, make_room, make_talk
from lib.compiled_sql import prepared
from schedule.models import Room, Talk


def talks_of(conference_id, slug):
    talks = Talk.objects.filter(conference=conference_id, room__slug=slug)
    return talks.select_related("room").order_by("title")


@pytest.fixture
def two_rooms(conference):
    for slug, titles in (("main", "ab"), ("small", "c")):
        room = make_room(conference, slug=slug)
        for title in titles:
            make_talk(conference, room=room, title=title)
    elsewhere = make_conference(slug="other", domain="other.test")
    make_talk(elsewhere, room=make_room(elsewhere, slug="main"))
    return conference


def test_it_finds_for_every_value_what_the_queryset_finds(two_rooms, django_assert_num_queries):
    find = prepared(talks_of)
    for slug in ("main", "small", "main", "none", "it's 100 %"):
        with django_assert_num_queries(1):
            found = find(two_rooms.pk, slug)
            seen = [(talk.title, talk.starts_at, talk.room.name) for talk in found]
        asked = talks_of(two_rooms.pk, slug)
        assert seen == [(talk.title, talk.starts_at, talk.room.name) for talk in asked]
    assert [talk.title for talk in find(two_rooms.pk, "main")] == ["a", "b"]


def test_columns_come_as_a_queryset_gives_them(two_rooms):
    def rows(title):
        has_talk = Talk.objects.filter(room=OuterRef("pk"), title=title)
        talks = Talk.objects.filter(room__in=Room.objects.filter(Exists(has_talk)))
        return talks.order_by("pk").values_list("starts_at", "is_canceled", "links", "room__slug")

    find = prepared(rows)
    assert find("a") == list(rows("a"))
    assert find("c") == list(rows("c")) != find("a")


@pytest.mark.services  # SQLite in memory is one connection for all
@pytest.mark.django_db(transaction=True)
def test_its_sql_is_written_once_for_all_threads(two_rooms):
    asked_for, found = [], []

    def talks(conference_id, slug):
        asked_for.append(slug)
        return talks_of(conference_id, slug)

    find = prepared(talks)
    assert len(find(two_rooms.pk, "main")) == 2

    def ask():
        found.extend(talk.title for talk in find(two_rooms.pk, "small"))
        connection.close()

    thread = threading.Thread(target=ask)
    thread.start()
    thread.join()
    assert found == ["c"]
    assert len(asked_for) == 1
    assert asked_for[0] not in ("main", "small")


@pytest.mark.parametrize("value", [None, True, 1.5])
def test_only_numbers_and_texts_can_be_asked_for(conference, value):
    with pytest.raises(TypeError, match="neither a number nor a text"):
        prepared(talks_of)(conference.pk, value)


def test_what_is_not_only_compared_with_is_refused(conference):
    def talks(slug):
        return Talk.objects.filter(room__slug="main") if slug == "main" else Talk.objects.all()

    with pytest.raises(TypeError, match="Not every argument"):
        prepared(talks)("main")
