"""The pages of one stream and of accounts, for staff."""

from decimal import Decimal
from unittest import mock

import pytest
from django.urls import reverse
from django.utils import timezone

from conftest import client_of, make_conference, make_room, make_stream, make_ticket
from lib.sealing import SealBroken, seal
from streaming.admin import streams
from streaming.models import StreamAccount, StreamHost
from streaming.probes.traffic import Traffic
from streaming.sources.base import NOBODY, Probe
from streaming.sources.tests.keys import JITSI_SECRET, PEM, PEM_IN_BASE64

pytestmark = pytest.mark.ignore_template_errors
PAGES = ("look", "preview", "playback", "visit")


@pytest.fixture
def client(organizer):
    return client_of(organizer)


def url(name, stream):
    return reverse(f"admin:streaming_stream_{name}", args=[stream.pk])


def test_a_stream_says_what_it_is_and_draws(client, conference, room):
    stream = make_stream(room, kind="origin", value="main")
    page = client.get(url("look", stream), {"viewers": 600, "megabits": 3}).content.decode()
    assert "our own origin (primary) plays /hls/main/index.m3u8. Only ticket holders" in page
    assert "600 viewers × 3 Mbit/s = 1.8 Gbit/s, 810 GB an hour." in page
    assert "put a CDN before it" in page


def test_the_usual_number_of_viewers_is_that_of_the_tickets(client, conference, room):
    for _number in range(3):
        make_ticket(conference)
    make_ticket(conference, state="canceled")
    stream = make_stream(room, value="https://cdn.example.org/a.m3u8")
    page = client.get(url("look", stream)).content.decode()
    assert "3 viewers × 3 Mbit/s = 9 Mbit/s, 4 GB" in page
    assert "it is what the vendor counts" in page
    assert "CDN" not in page


def test_traffic_is_computed():
    traffic = Traffic(1200, Decimal("2.5"))
    assert str(traffic) == "1,200 viewers × 2.5 Mbit/s = 3 Gbit/s, 1350 GB an hour."
    assert "does not carry that" in traffic.advice
    assert "carries that" in Traffic(200, Decimal(3)).advice


@pytest.mark.parametrize(
    ("seen", "says"),
    [
        (Probe(True, mark="42", bits_per_second=2_500_000), "it plays"),
        (Probe(False, "There is nothing at this address (404)."), "at this address (404)"),
    ],
)
def test_the_server_looks_and_says_it_in_words(client, room, monkeypatch, seen, says):
    monkeypatch.setattr(streams, "probe", lambda *_args, **_kw: seen)
    stream = make_stream(room)
    assert client.get(url("test", stream)).status_code == 405
    response = client.post(url("test", stream), follow=True)
    page = response.content.decode()
    assert says in page
    assert ('value="2.50"' in page) is seen.is_playing


def test_the_preview_has_no_address_and_may_load_the_hosts(client, conference, room):
    StreamHost.objects.create(conference=conference, host="cdn.example.org")
    stream = make_stream(room, value="https://cdn.example.org/very-secret.m3u8", is_test=True)
    response = client.get(url("preview", stream))
    assert "very-secret" not in response.content.decode()
    assert "connect-src 'self' https://cdn.example.org" in response["Content-Security-Policy"]
    answer = client.get(url("playback", stream))
    assert answer.json()["sources"][0]["url"] == "https://cdn.example.org/very-secret.m3u8"
    assert "no-store" in answer["Cache-Control"]


def test_staff_may_look_into_a_meeting_at_any_time(client, room):
    stream = make_stream(room, kind="join", value="https://meet.example.org/x", is_test=True)
    answer = client.get(url("visit", stream))
    assert (answer.status_code, answer["Location"]) == (302, "https://meet.example.org/x")
    assert answer["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("name", PAGES)
def test_they_are_for_organizers(attendee, room, name):
    stream = make_stream(room, value="https://cdn.example.org/very-secret.m3u8")
    response = client_of(attendee).get(url(name, stream))
    assert response.status_code in (302, 403)
    assert "very-secret" not in response.content.decode() + str(response.headers)


def test_those_of_another_conference_are_not_found(client, monkeypatch):
    probe = mock.Mock()
    monkeypatch.setattr(streams, "probe", probe)
    room = make_room(make_conference(domain="other.example.org"))
    stream = make_stream(room, value="https://cdn.example.org/very-secret.m3u8")
    for answer in (client.get(url("look", stream)), client.post(url("test", stream))):
        assert answer.status_code == 404
        assert "very-secret" not in answer.text
    probe.assert_not_called()


def add_account(client, kind, **fields):
    address = reverse("admin:streaming_streamaccount_add")
    return client.post(f"{address}?kind={kind}", {"name": "", **fields}, follow=True)


def test_an_account_asks_for_what_its_vendor_calls_it(client, conference):
    address = reverse("admin:streaming_streamaccount_add")
    assert "?kind=cloudflare" in client.get(address).content.decode()
    form = client.get(f"{address}?kind=cloudflare").content.decode()
    assert "Customer code, as in customer-CODE.cloudflarestream.com" in form
    assert "Signing key: “pem”" in form
    form = client.get(f"{address}?kind=bunny-cdn").content.decode()
    assert "Token authentication key of the pull zone" in form
    assert "key_id" not in form


@pytest.mark.slow
def test_an_account_is_kept_and_its_key_never_shown_again(client, conference):
    host = "https://customer-abc12345.cloudflarestream.com"
    add_account(client, "cloudflare", account_id=host, key_id="id1", secret=PEM.replace("\n", ""))
    account = StreamAccount.objects.get()
    assert (account.kind, account.account_id, account.conference) == (
        "cloudflare",
        "abc12345",
        conference,
    )
    change = reverse("admin:streaming_streamaccount_change", args=[account.pk])
    page = client.get(change).content.decode()
    assert "It is stored, and not shown again" in page
    assert account.secret not in page
    assert "PRIVATE KEY" not in page
    client.post(change, {"name": "Ours", "account_id": "abc12345", "key_id": "id2", "secret": ""})
    changed = StreamAccount.objects.get()
    assert (changed.key_id, changed.secret) == ("id2", account.secret)
    assert changed.opened().secret.startswith("-----BEGIN")


@pytest.mark.parametrize(
    ("kind", "fields", "field", "says"),
    [
        ("mux", {"key_id": "k", "secret": "no key"}, "secret", "no private RSA key"),
        ("mux", {"key_id": "", "secret": PEM_IN_BASE64}, "key_id", "required"),
        ("mux", {"key_id": "k", "secret": ""}, "secret", "required"),
        ("mux", {"key_id": "k", "secret": "env:SECRET_KEY"}, "secret", "FRONT_ROW_"),
        ("mux", {"key_id": "k", "secret": "env:FRONT_ROW_X"}, "secret", "SECRET_BINDINGS does not"),
        ("jitsi", {"account_id": "a", "secret": "short"}, "secret", "can be guessed"),
        ("bigbluebutton", {"account_id": "bbb", "secret": "s"}, "account_id", "https://"),
        (
            "cloudflare",
            {"account_id": "no code", "key_id": "k", "secret": PEM_IN_BASE64},
            "account_id",
            "code alone",
        ),
    ],
)
def test_an_account_that_cannot_sign_is_refused(client, conference, kind, fields, field, says):
    response = add_account(client, kind, **fields)
    assert says in str(response.context["adminform"].form.errors[field])
    assert not StreamAccount.objects.exists()


def test_a_key_may_be_in_the_environment(client, conference, monkeypatch, settings):
    settings.SECRET_BINDINGS = {"FRONT_ROW_JITSI": conference.slug}
    said = add_account(client, "jitsi", account_id="app", secret="env:FRONT_ROW_JITSI")
    errors = said.context["adminform"].form.errors
    assert "The environment has no FRONT_ROW_JITSI." in str(errors["secret"])
    monkeypatch.setenv("FRONT_ROW_JITSI", JITSI_SECRET)
    add_account(client, "jitsi", account_id="app", secret="env:FRONT_ROW_JITSI")
    assert StreamAccount.objects.get().opened().secret == JITSI_SECRET


@pytest.mark.parametrize("bound_to", ["", "other", "{slug}:https://pretix.eu/"])
def test_nobody_signs_with_the_key_of_another_conference(
    client, conference, room, monkeypatch, settings, bound_to
):
    monkeypatch.setenv("FRONT_ROW_JITSI", JITSI_SECRET)
    settings.SECRET_BINDINGS = {"FRONT_ROW_JITSI": bound_to.format(slug=conference.slug)}
    said = add_account(client, "jitsi", account_id="app", secret="env:FRONT_ROW_JITSI")
    errors = said.context["adminform"].form.errors
    assert "SECRET_BINDINGS does not give FRONT_ROW_JITSI to this conference" in str(errors)
    # Nor by a row that is there already.
    account = StreamAccount.objects.create(
        conference=conference, kind="jitsi", account_id="app", secret=seal("env:FRONT_ROW_JITSI")
    )
    stream = make_stream(room, kind="jitsi", value="hall", account=account)
    with pytest.raises(SealBroken):
        stream.playback(NOBODY, timezone.now())


@pytest.mark.slow
def test_a_stream_whose_key_cannot_be_read_is_explained(client, conference, room):
    StreamHost.objects.create(conference=conference, host="*.mux.com")
    broken = StreamAccount.objects.create(
        conference=conference, kind="mux", key_id="k", secret=seal("env:FRONT_ROW_GONE")
    )
    stream = make_stream(room, kind="mux", value="x" * 36, account=broken)
    assert client.get(url("look", stream)).status_code == 200
    assert client.get(url("playback", stream)).json() == {"sources": []}
    data = {"room": room.pk, "value": "x" * 36, "account": broken.pk, "role": "primary"}
    change = reverse("admin:streaming_stream_change", args=[stream.pk])
    response = client.post(change, data)
    assert "SECRET_BINDINGS does not give FRONT_ROW_GONE" in str(
        response.context["adminform"].form.errors["account"]
    )


def test_the_list_of_all_streams(client, room):
    make_stream(room, kind="origin", value="main", is_test=True)
    page = client.get(reverse("admin:streaming_stream_changelist")).content.decode()
    assert "our own origin (primary): gated, 10 s" in page
    assert "Main hall" in page
    assert "always" in page
