"""Nothing of where a stream is reaches anybody who may not watch it, whatever its kind: no page, no
JSON, no header, no log. And who may watch finds it in one answer only.
"""

import logging

import pytest
from django.utils import timezone

from conftest import client_of, make_stream, make_talk, make_ticket, make_user, settle
from lib.sealing import seal
from streaming.models import StreamAccount, StreamHost
from streaming.sources import SOURCES
from streaming.sources.base import NOBODY
from streaming.sources.tests.keys import SIGNED, UNSIGNED

KINDS = sorted({*SIGNED, *UNSIGNED})
PATHS = ["/", "/lobby/", "/schedule/", "/rooms/main/", "/live.json", "/me.json"]
ASKED = ["/rooms/main/playback.json", "/rooms/main/join/"]


def test_every_kind_of_ours_is_tried():
    assert set(KINDS) == set(SOURCES)


@pytest.fixture(params=KINDS)
def stream(request, conference, room):
    value, account = SIGNED.get(request.param, (UNSIGNED.get(request.param), None))
    stored = account and StreamAccount.objects.create(
        conference=conference,
        kind=request.param,
        account_id=account.account_id,
        key_id=account.key_id,
        secret=seal(account.secret),
    )
    stream = make_stream(room, kind=request.param, value=value, account=stored)
    stream.add_missing_hosts()
    make_talk(conference, room=room)
    settle()
    return stream


def traces(stream):
    """What gives it away: what was stored, the address, its token, the key."""
    given = stream.playback(NOBODY, timezone.now()).url
    account = stream.opened_account()
    token = given.partition("token=")[2][:60] or given
    return [trace for trace in (stream.value, given, token, account.secret) if trace]


def told(response):
    return response.text + str(response.headers)


@pytest.mark.slow
def test_whoever_may_not_watch_learns_nothing(stream, conference, stranger, caplog):
    caplog.set_level(logging.DEBUG)
    elsewhere = make_user()
    make_ticket(conference, user=elsewhere, scopes=["room:workshop"])
    for user in (None, stranger, elsewhere):
        client = client_of(user)
        for path in (*PATHS, *ASKED):
            response = client.get(path)
            said = told(response) + caplog.text
            assert not [trace for trace in traces(stream) if trace in said], (user, path)
        for path in ASKED:
            assert client.get(path).status_code in (302, 401, 403)


@pytest.mark.slow
def test_whoever_may_watch_finds_it_in_one_answer(stream, attendee, caplog):
    caplog.set_level(logging.DEBUG)
    client = client_of(attendee)
    for path in PATHS:
        said = told(client.get(path)) + caplog.text
        assert not [trace for trace in traces(stream) if trace in said], path

    answer = client.get("/rooms/main/playback.json")
    (source,) = answer.json()["sources"]
    assert "no-store" in answer["Cache-Control"]
    assert source["player"] == stream.source.player
    assert (source["expires"] is None) is (
        stream.source.revocation is None or stream.kind.startswith("origin")
    )
    joins = client.get("/rooms/main/join/")
    if source["player"] == "link":
        assert source["url"] == f"/rooms/main/join/?stream={stream.tag}"
        assert not [trace for trace in traces(stream) if trace in told(answer)]
        joins = client.get(source["url"])
        assert joins.status_code == 302
        assert joins["Location"].startswith("https://")
        assert "no-store" in joins["Cache-Control"]
        assert joins["Referrer-Policy"] == "no-referrer"
    else:
        assert source["url"].startswith(("https://", "/hls/", "/recordings/"))
        assert joins.status_code == 404
    assert stream.opened_account().secret not in told(answer) or not stream.account
    assert source["url"] not in caplog.text


def test_the_page_may_load_what_the_kind_asks_for_and_no_more(stream, conference, attendee):
    client = client_of(attendee)
    policy = client.get("/rooms/main/")["Content-Security-Policy"]
    assert client.get("/rooms/main/player/")["Content-Security-Policy"] == policy
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";") if " " in part)
    hosts = stream.source.hosts(stream.value, stream.opened_account())
    listed = set(StreamHost.objects.values_list("host", flat=True))
    assert listed == hosts
    sources = " ".join(sorted(f"https://{host}" for host in hosts))
    assert directives["frame-src"] == (sources or "'none'")
    assert directives["connect-src"] == f"'self' {sources}".strip()
    assert directives["media-src"] == f"'self' blob: data: {sources}".strip()
    assert directives["script-src" if "script-src" in directives else "default-src"] == "'self'"


def test_a_meeting_that_is_not_on_is_not_joined(attendee, room):
    other = make_stream(room, kind="join", value="https://meet.example.org/x", is_test=True)
    client = client_of(attendee)
    for path in (f"/rooms/main/join/?stream={other.tag}", "/rooms/main/join/"):
        answer = client.get(path)
        assert answer.status_code == 404
        assert "meet.example.org" not in answer.text
    answer = client.post("/rooms/main/join/")
    assert (answer.status_code, answer["Allow"]) == (405, "GET, HEAD")


def test_a_key_that_is_gone_leaves_the_next_source(attendee, conference, room, caplog):
    broken = StreamAccount.objects.create(
        conference=conference, kind="mux", key_id="k", secret=seal("env:FRONT_ROW_GONE")
    )
    make_stream(room, kind="mux", value="x" * 36, account=broken)
    backup = make_stream(room, role="backup")
    make_stream(room, kind="gone", role="backup")
    answer = client_of(attendee).get("/rooms/main/playback.json").json()
    assert [source["tag"] for source in answer["sources"]] == [backup.tag]
    assert "cannot be signed" in caplog.text
