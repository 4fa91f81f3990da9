"""Watching again: who may, what is told to whom, and what a page costs."""

from datetime import timedelta
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import (
    client_of,
    make_recording,
    make_room,
    make_speaker,
    make_talk,
    make_ticket,
    make_user,
    settle,
)
from schedule.models import Conference, Talk, Track, Visibility
from streaming.models import Nudge, Recording

SECRET_URL = "/recordings/very-secret/index.m3u8"
HOUR = timedelta(hours=1)
WIDE = {"accept-encoding": "identity"}


@pytest.fixture
def talk(conference, room):
    """Over since an hour, with a recording that is for ticket holders."""
    talk = make_talk(
        conference,
        room=room,
        code="PAST",
        title="What has been",
        starts_at=timezone.now() - 2 * HOUR,
        minutes=60,
        may_be_replayed=True,
        speakers=[make_speaker(conference, name="Ada Lindqvist")],
    )
    make_recording(talk, value=SECRET_URL)
    settle()
    return talk


@pytest.fixture
def client(attendee, talk):
    return client_of(attendee)


def change(model=Conference, **fields):
    model.objects.update(**fields)
    settle()


def page(client, path):
    response = client.get(path, headers=WIDE)
    assert response.status_code == 200, path
    return response.text


@pytest.mark.slow
def test_a_holder_finds_it_and_gets_its_address_after_the_check(client, talk):
    assert 'href="/replays/PAST/"' in page(client, "/talks/PAST/")
    assert 'href="/replays/PAST/"' in page(client, "/schedule/")
    assert 'href="/replays/"' in page(client, "/lobby/")
    library = page(client, "/replays/")
    assert "What has been" in library
    assert "60 minutes" in library
    assert "Open to everybody" not in library
    html = page(client, "/replays/PAST/")
    assert "Ada Lindqvist" in html
    assert 'data-playback="/replays/PAST/playback.json"' in html

    answer = client.get("/replays/PAST/playback.json")
    (source,) = answer.json()["sources"]
    assert (source["url"], source["start"], source["began"]) == (SECRET_URL, 0, None)
    assert answer.json()["seconds"] == 3600
    assert "no-store" in answer["Cache-Control"]
    assert "private" in answer["Cache-Control"]


@pytest.mark.slow
@pytest.mark.parametrize("programme", Visibility.values)
def test_without_consent_it_is_nowhere(conference, attendee, client, talk, programme):
    change(Talk, may_be_replayed=False)
    change(visibility=programme)
    for path in ("/", "/lobby/", "/schedule/", "/talks/PAST/", "/speakers/"):
        assert "/replays/" not in page(client, path), path
    assert "What has been" not in page(client, "/replays/")
    for path in ("/replays/PAST/", "/replays/PAST/playback.json"):
        assert client.get(path).status_code == 404


@pytest.mark.slow
def test_who_may_not_watch_learns_no_address(conference, stranger, talk, caplog):
    elsewhere = make_user()
    make_ticket(conference, user=elsewhere, scopes=["room:main"])
    for visibility in (Visibility.HIDDEN, Visibility.PROGRAMME):
        change(visibility=visibility)
        for user, code in (
            (None, "login_required"),
            (stranger, "ticket_required"),
            (elsewhere, "wrong_ticket"),
        ):
            client = client_of(user)
            refused = client.get("/replays/PAST/playback.json")
            assert refused.json()["error"]["code"] == code
            assert client.get("/replays/PAST/").status_code in (302, 403)
            for path in (
                "/",
                "/replays/",
                "/replays/PAST/",
                "/talks/PAST/",
                "/schedule/",
                "/live.json",
            ):
                response = client.get(path, headers=WIDE)
                said = response.text + str(response.headers) + caplog.text
                assert "very-secret" not in said
                if visibility == Visibility.HIDDEN and user is not elsewhere:
                    assert "What has been" not in said
    assert "very-secret" not in refused.text


@pytest.mark.slow
def test_no_page_of_a_holder_has_the_address(client, talk):
    for path in ("/", "/replays/", "/replays/PAST/", "/talks/PAST/", "/schedule/", "/lobby/"):
        response = client.get(path, headers=WIDE)
        assert "very-secret" not in response.text + str(response.headers)


def test_a_ticket_for_replays_alone_opens_them_and_no_room(conference, talk):
    user = make_user()
    make_ticket(conference, user=user, scopes=["replay"])
    client = client_of(user)
    assert client.get("/replays/PAST/playback.json").json()["sources"]
    assert client.get("/rooms/main/playback.json").status_code == 403


@pytest.mark.slow
def test_replays_have_an_end(client, talk):
    change(replays_end_at=timezone.now() + HOUR)
    assert "Ticket holders can watch until" in page(client, "/replays/")
    change(replays_end_at=timezone.now() - HOUR)
    assert client.get("/replays/PAST/playback.json").json()["error"]["code"] == "over"
    assert client.get("/replays/PAST/").status_code == 403
    assert "nothing to watch again" in page(client, "/replays/")
    assert "Watch the recording" not in page(client, "/talks/PAST/")


@pytest.mark.slow
def test_a_recording_may_be_public_from_a_date(conference, attendee, talk):
    make_recording(talk, value="/recordings/german/index.m3u8", language="de")
    anybody = client_of(None)
    change(visibility=Visibility.HIDDEN)
    Recording.objects.filter(language="").update(public_at=timezone.now() + HOUR)
    settle()
    assert anybody.get("/replays/PAST/").status_code == 302
    Recording.objects.filter(language="").update(public_at=timezone.now() - HOUR)
    settle()
    assert "What has been" in page(anybody, "/replays/PAST/")
    sources = lambda client: client.get("/replays/PAST/playback.json").json()["sources"]  # noqa: E731
    assert [source["language"] for source in sources(anybody)] == [""]
    assert [source["language"] for source in sources(client_of(attendee))] == ["", "de"]
    # The library has titles, so it is as open as the programme.
    assert anybody.get("/replays/").status_code == 302
    change(visibility=Visibility.PROGRAMME)
    assert "Open to everybody" in page(anybody, "/replays/")


def test_a_conference_may_be_public_from_a_date(talk):
    anybody = client_of(None)
    change(public_at=timezone.now() - HOUR, replays_end_at=timezone.now() - HOUR)
    assert anybody.get("/replays/PAST/playback.json").json()["sources"][0]["url"] == SECRET_URL
    assert "What has been" in page(anybody, "/replays/")


@pytest.mark.parametrize("path", ["/replays/", "/talks/PAST/"])
def test_a_page_is_kept_until_a_recording_opens(client, talk, path):
    change(Recording, public_at=timezone.now() + timedelta(seconds=90))
    lives = []
    with mock.patch.object(cache, "set", lambda _key, kept, timeout=None: lives.append(kept[2])):
        client.get(path)
    assert 60 < max(lives) <= 90


def test_other_recordings_wait_for_their_end(client, conference, room):
    talk = make_talk(conference, room=room, code="NOW", may_be_replayed=True)
    make_recording(talk)
    settle()
    assert client.get("/replays/NOW/").status_code == 404
    assert "/replays/NOW/" not in page(client, "/talks/NOW/")


def test_what_still_goes_on_tells_the_moment(client, talk, room):
    Recording.objects.all().delete()
    recording = make_recording(room, kind="origin", value="main", starts_at=talk.starts_at - HOUR)
    Nudge.objects.create(recording=recording, talk=talk, seconds=5)
    settle()
    (source,) = client.get("/replays/PAST/playback.json").json()["sources"]
    assert source["start"] == 3605
    assert source["began"] == int(recording.starts_at.timestamp()) + 3605


@pytest.mark.parametrize(
    ("kind", "value", "ends"),
    [
        ("youtube", "aqz-KE-bpKQ", "&start=72"),
        ("vimeo", "76979871", "#t=72s"),
        ("iframe", "https://player.example.org/x", "/x"),
    ],
)
def test_players_of_others_begin_where_their_address_says(client, talk, kind, value, ends):
    change(Recording, kind=kind, value=value)
    Nudge.objects.create(recording=Recording.objects.get(), talk=talk, seconds=30)
    settle()
    (source,) = client.get("/replays/PAST/playback.json?t=42").json()["sources"]
    assert source["url"].endswith(ends)
    assert client.get("/replays/PAST/playback.json?t=%27x").status_code == 200


def test_talks_of_one_recording_are_its_chapters(client, conference, talk, room):
    Recording.objects.all().delete()
    make_talk(conference, room=room, code="NEXT", title="What came next", may_be_replayed=True,
              starts_at=talk.ends_at, minutes=30)  # fmt: skip
    make_recording(room, starts_at=talk.starts_at, ends_at=timezone.now())
    settle()
    html = page(client, "/replays/PAST/")
    assert "In the same recording" in html
    assert 'href="/replays/NEXT/"' in html


@pytest.mark.parametrize(
    ("query", "titles"),
    [
        ("", ["What has been", "Von gestern"]),
        ("?q=gestern", ["Von gestern"]),
        ("?q=Lindqvist", ["What has been"]),
        ("?room=zoo", ["Von gestern"]),
        ("?track=web", ["What has been"]),
        ("?language=de", ["Von gestern"]),
        ("?room=nowhere", []),
        ("?day={yesterday}", ["Von gestern"]),
        ("?day={yesterday}&q=Lindqvist", None),
    ],
)
def test_search_and_filters(client, conference, talk, query, titles):
    web = Track.objects.create(conference=conference, name="Web", slug="web")
    Track.objects.create(conference=conference, name="Data", slug="data")
    Talk.objects.filter(code="PAST").update(track=web, language="en")
    yesterday = talk.starts_at - timedelta(days=1)
    # After midnight the talk is of the day before, and the one of yesterday of the day before that.
    conference.starts_on -= timedelta(days=1)
    conference.save()
    zoo = make_room(conference, name="Zoo", slug="zoo")
    old = make_talk(conference, title="Von gestern", language="de", room=zoo,
                    starts_at=yesterday, may_be_replayed=True)  # fmt: skip
    make_talk(conference, title="Not recorded", room=zoo, starts_at=yesterday)
    make_recording(old)
    settle()
    query = query.format(yesterday=conference.day_of(yesterday).isoformat())
    response = client.get(f"/replays/{query}", headers=WIDE)
    if titles is None:
        assert response.status_code == 404
        return
    known = ("What has been", "Von gestern", "Not recorded")
    assert [title for title in known if f">{title}</a>" in response.text] == titles
    assert client.get(f"/replays/{query or '?'}&utm_source=x&kind=talk")["ETag"] == response["ETag"]


@pytest.mark.parametrize("path", ["/replays/", "/replays/PAST/", "/replays/PAST/?t=90"])
def test_a_warm_page_costs_no_sql(client, path):
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as queries:
        assert client.get(path).status_code == 200
    assert len(queries) == 0


@pytest.mark.services
def test_a_warm_library_costs_two_round_trips(client):
    change(visibility=Visibility.HIDDEN)
    client.get("/replays/")
    stats = cache.client.get_client().info
    before = stats("stats")["total_reads_processed"]
    client.get("/replays/")
    assert stats("stats")["total_reads_processed"] - before - 1 == 2


def test_a_playback_costs_one_query_for_the_person(client):
    client.get("/replays/PAST/playback.json")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/replays/PAST/playback.json").status_code == 200
    assert len([query for query in queries if "revision" not in query["sql"]]) <= 2


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/replays/", "/replays/?q=a", "/schedule/"])
def test_more_replays_cost_no_more_queries(client, conference, talk, room, path, settings):
    settings.CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

    def queries():
        client.get(path)
        with CaptureQueriesContext(connection) as captured:
            assert client.get(path).status_code == 200
        return len([query for query in captured if "revision" not in query["sql"]])

    count = queries()
    for number in range(3):
        more = make_talk(conference, room=room, starts_at=talk.starts_at - number * HOUR,
                         may_be_replayed=True, speakers=[make_speaker(conference)])  # fmt: skip
        make_recording(more)
    settle()
    assert queries() == count
