"""The countdown on stage and the page of its chair."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from conftest import client_of, make_speaker, make_talk, make_user, settle
from schedule.models import Change, Conference, Talk, Timer, Visibility


@pytest.fixture
def talk(room):
    return make_talk(room.conference, room=room, code="ENGINE", title="Engines")


@pytest.fixture
def chair(talk):
    user = make_user("chair@example.com")
    talk.chairs.add(user)
    return user


def timer_link(talk):
    return Timer.of(talk).get_absolute_url()


def json_link(talk):
    return timer_link(talk).replace("/timer/", "/timer.json")


def chair_url(name="chair"):
    return reverse(name, args=["ENGINE"])


def test_the_secret_link_needs_no_login(talk):
    page = client_of(None).get(timer_link(talk))
    assert page.status_code == 200
    assert "Engines" in page.content.decode()
    body = client_of(None).get(json_link(talk)).json()
    assert body["ends"] == int(talk.ends_at.timestamp())
    assert body["message"] == ""


def test_it_follows_a_shift(talk):
    client = client_of(None)
    first = client.get(json_link(talk))
    same = client.get(json_link(talk), headers={"if-none-match": first["ETag"]})
    assert same.status_code == 304
    Talk.objects.update(ends_at=talk.ends_at + timedelta(minutes=5))
    moved = client.get(json_link(talk), headers={"if-none-match": first["ETag"]})
    assert moved.json()["ends"] == first.json()["ends"] + 300


@pytest.mark.slow
def test_without_the_link_it_is_closed(talk, attendee):
    other = make_talk(talk.conference)
    wrong = timer_link(other).replace(other.code, talk.code)
    for client in (client_of(None), client_of(attendee)):
        for url in (
            reverse("timer", args=["ENGINE"]),
            reverse("timer_json", args=["ENGINE"]),
            wrong,
        ):
            refused = client.get(url)
            assert refused.status_code == 403
            assert "Engines" not in refused.text
    Talk.objects.filter(pk=talk.pk).update(is_hidden=True)
    hidden = client_of(None).get(timer_link(talk))
    assert hidden.status_code == 404
    assert "Engines" not in hidden.text


@pytest.mark.parametrize("name", ["timer", "timer_json", "chair"])
def test_nobody_learns_which_talks_a_hidden_programme_has(talk, stranger, name):
    Conference.objects.update(visibility=Visibility.HIDDEN)
    settle()
    for client in (client_of(None), client_of(stranger)):
        there, nowhere = (client.get(reverse(name, args=[code])) for code in ("ENGINE", "NOWHERE"))
        assert there.status_code == nowhere.status_code
        assert there.status_code in (404, 302)
        assert there.text == nowhere.text
    assert client_of(None).get(timer_link(talk)).status_code == 200


def test_a_speaker_who_signed_in_and_the_chair_open_it(talk, chair, stranger):
    talk.speakers.add(make_speaker(talk.conference, email="Stranger@example.com"))
    for user in (chair, stranger):
        assert "Engines" in client_of(user).get(reverse("timer", args=["ENGINE"])).text
    refused = client_of(stranger).get(chair_url())
    assert refused.status_code == 403
    assert "Engines" not in refused.text


def test_the_chair_sends_words_to_the_stage(talk, chair):
    client = client_of(chair)
    page = client.get(chair_url()).content.decode()
    assert "Wrap up" in page and timer_link(talk) in page.replace("&amp;", "&")
    client.post(chair_url("chair_say"), {"message": "Wrap up"})
    assert client_of(None).get(json_link(talk)).json()["message"] == "Wrap up"
    assert "Wrap up" in client_of(None).get(timer_link(talk)).content.decode()
    client.post(chair_url("chair_say"), {"message": "x" * 81})
    assert client_of(None).get(json_link(talk)).json()["message"] == "Wrap up"
    client.post(chair_url("chair_say"), {"message": ""})
    assert client_of(None).get(json_link(talk)).json()["message"] == ""


@pytest.mark.slow
def test_the_chair_gives_time(talk, chair):
    following = make_talk(talk.conference, room=talk.room, starts_at=talk.ends_at, title="Looms")
    page = client_of(chair).post(chair_url("chair_extend"), {"minutes": 5}, follow=True)
    assert "5 min longer" in page.content.decode()
    talk.refresh_from_db()
    assert talk.length == timedelta(minutes=45)
    following.refresh_from_db()
    assert following.starts_at == talk.ends_at
    change = Change.objects.get()
    assert (change.act, change.actor) == ("desk", chair)
    assert client_of(None).get(json_link(talk)).json()["message"] == "+5 min"
    for minutes in (0, 16, "x"):
        client_of(chair).post(chair_url("chair_extend"), {"minutes": minutes})
    Talk.objects.filter(pk=talk.pk).update(is_canceled=True)
    client_of(chair).post(chair_url("chair_extend"), {"minutes": 5})
    assert Change.objects.count() == 1


def test_a_new_link_closes_the_old_one(talk, chair):
    old = timer_link(talk)
    client_of(chair).post(chair_url("chair_link"))
    assert client_of(None).get(old).status_code == 403
    talk = Talk.objects.select_related("timer").get(pk=talk.pk)
    assert client_of(None).get(timer_link(talk)).status_code == 200
    assert Timer.objects.get().generation == 1


def test_helpers_and_organizers_chair_too(talk, organizer):
    helper = make_user()
    talk.room.helpers.add(helper)
    for message, user in (("Wrap up", helper), ("Time for questions", organizer)):
        client = client_of(user)
        page = client.get(chair_url())
        assert page.status_code == 200
        assert "Engines" in page.text
        client.post(chair_url("chair_say"), {"message": message})
        assert Timer.objects.get().message == message


@pytest.mark.slow
def test_others_do_not_chair(talk, attendee, stranger):
    posts = ("chair_say", "chair_extend", "chair_link")
    for user in (attendee, stranger):
        assert client_of(user).get(chair_url()).status_code == 403
        for name in posts:
            sent = {"message": "Boo", "minutes": 1}
            assert client_of(user).post(chair_url(name), sent).status_code == 403
    for name in posts:
        assert client_of(None).post(chair_url(name)).status_code == 302
        assert client_of(None).get(chair_url(name)).status_code in (302, 405)
    assert not Timer.objects.exists() and not Change.objects.exists()


def test_a_poll_costs_two_queries(talk, django_assert_num_queries):
    link = json_link(talk)
    client_of(None).get(link)
    at = timezone.now()
    with django_assert_num_queries(1):
        client_of(None).get(link)
    assert timezone.now() - at < timedelta(seconds=1)
