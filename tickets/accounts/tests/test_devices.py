"""Where one has signed in, and how to end that."""

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import client_of, make_conference, make_stream, make_ticket, make_user, settle
from schedule.models import Conference
from tickets.accounts.devices import sessions
from tickets.accounts.devices.sessions import browser_in_words
from tickets.accounts.tests.signing_in import ask_for_code, last_code
from tickets.admission.watching import device_of, devices_watching, watch

LAPTOP = (
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0 Safari/537"
)
PHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19 Safari/6"


def signed_in(user, user_agent=LAPTOP, address="192.0.2.1"):
    """By a code, as people do."""
    client = Client(headers={"user-agent": user_agent}, REMOTE_ADDR=address)
    ask_for_code(client, user.email)
    client.post("/accounts/login/code/", {"code": last_code()})
    return client


def device_name(client):
    return device_of(client.session.session_key)


@pytest.fixture
def laptop(attendee):
    return signed_in(attendee)


@pytest.fixture
def phone(attendee):
    return signed_in(attendee, PHONE)


def number_of(client):
    return UserSession.objects.get(session_key=client.session.session_key).pk


@pytest.mark.slow
def test_each_device_is_listed_in_words_this_one_first(laptop, phone):
    text = laptop.get("/my/devices/").text
    assert (
        text.index("Chrome on Linux") < text.index("this device") < text.index("Safari on iPhone")
    )
    assert "You may watch on 2 devices at the same time" in text
    assert "192.0.2.1" not in text
    assert phone.session.session_key not in text


def test_who_watches_is_said(laptop, phone, attendee, conference):
    assert "watching now" not in laptop.get("/my/devices/").text
    watch(conference.pk, device_name(phone), user_id=attendee.pk, limit=2)
    text = laptop.get("/my/devices/").text
    assert text.index("Safari on iPhone") < text.index("watching now")


def test_a_device_that_is_signed_out_here_is_out_at_once_and_gives_its_place_up(
    laptop, phone, attendee, conference, room
):
    make_stream(room)
    assert phone.get("/rooms/main/playback.json").json()["sources"]
    response = laptop.post(f"/my/devices/{number_of(phone)}/end/", follow=True)
    assert "That device is signed out" in response.text
    assert "Safari on iPhone" not in response.text
    assert devices_watching(conference.pk, attendee.pk) == frozenset()
    answer = phone.post("/pulse/", {"room": "main"}, headers={"accept": "application/json"})
    assert answer.status_code == 401
    assert laptop.get("/rooms/main/playback.json").json()["sources"]


def test_sign_out_all_others(laptop, phone, attendee):
    tablet = signed_in(attendee)
    response = laptop.post("/my/devices/end-others/", follow=True)
    assert "All other devices are signed out" in response.text
    assert "this device" in response.text
    assert "Safari on iPhone" not in response.text
    for device in (phone, tablet):
        assert device.get("/my/devices/").url == "/accounts/login/?next=%2Fmy%2Fdevices%2F"


def test_nobody_ends_what_is_not_theirs(laptop, stranger):
    theirs = signed_in(stranger)
    assert theirs.post(f"/my/devices/{number_of(laptop)}/end/").status_code == 404
    assert theirs.post("/my/devices/end-others/").url == "/my/devices/"
    assert "this device" in laptop.get("/my/devices/").text


def test_one_does_not_end_the_device_in_ones_hand(laptop):
    assert laptop.post(f"/my/devices/{number_of(laptop)}/end/").status_code == 404
    assert "this device" in laptop.get("/my/devices/").text


@pytest.mark.parametrize("path", ["/my/devices/", "/my/devices/1/end/", "/my/devices/end-others/"])
def test_only_for_the_signed_in(conference, path):
    client = client_of(None)
    response = client.get(path) if path == "/my/devices/" else client.post(path)
    assert response.status_code == 302
    assert "/accounts/login/" in response["Location"]


def test_signing_out_gives_the_place_up(laptop, attendee, conference):
    watch(conference.pk, device_name(laptop), user_id=attendee.pk, limit=2)
    laptop.post("/accounts/logout/")
    assert devices_watching(conference.pk, attendee.pk) == frozenset()


def test_a_session_that_has_run_out_is_not_listed(laptop, phone):
    key = phone.session.session_key
    Session.objects.filter(session_key=key).update(expire_date=timezone.now())
    assert "iPhone" not in laptop.get("/my/devices/").text


@pytest.mark.slow
def test_a_device_of_another_conference_is_not_seen_from_here(laptop, attendee, conference):
    Conference.objects.update(domain="testserver")
    other = make_conference(name="Otherconf", domain="other.example.com")
    make_ticket(other, user=attendee)
    settle()
    client = Client(headers={"user-agent": PHONE, "host": "other.example.com"})
    ask_for_code(client, attendee.email)
    client.post("/accounts/login/code/", {"code": last_code()})
    page = laptop.get("/my/devices/").text
    assert "Otherconf" not in page
    assert "iPhone" not in page
    laptop.post("/my/devices/end-others/")
    assert laptop.post(f"/my/devices/{number_of(client)}/end/").status_code == 404
    assert client.get("/my/devices/").status_code == 200


def test_a_sign_in_costs_one_statement_however_often_one_signed_in_before(attendee, laptop, phone):
    request = RequestFactory().get("/")
    request.session = laptop.session
    with CaptureQueriesContext(connection) as queries:
        sessions.remember_sign_in(request=request, user=attendee)
    assert [query["sql"].split()[0] for query in queries] == ["INSERT"]


def test_a_page_writes_nothing(laptop):
    laptop.get("/my/devices/")
    with CaptureQueriesContext(connection) as queries:
        laptop.get("/my/devices/")
        laptop.get("/schedule/")
    assert {query["sql"].split()[0] for query in queries} == {"SELECT"}


def test_no_address_is_kept_only_how_many_there_were(attendee):
    signed_in(attendee, address="192.0.2.1")
    signed_in(attendee, address="192.0.2.2")
    signed_in(attendee, address="2001:db8:1:2::3")
    signed_in(attendee, address="2001:db8:1:2:ffff::4")
    rows = UserSession.objects.all()
    assert {row.ip for row in rows} == {sessions.NO_ADDRESS}
    assert len({row.data["network"] for row in rows}) == 3
    assert "192.0.2" not in str([row.data for row in rows])


EDGE = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140.0 Safari/537.36 Edg/140.0"
FIREFOX = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0"
SAMSUNG = "Mozilla/5.0 (Linux; Android 15) SamsungBrowser/28 Chrome/130 Mobile Safari/537.36"
CHROME_IOS = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) CriOS/140 Mobile Safari/604.1"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (EDGE, "Edge on Windows"),
        (FIREFOX, "Firefox on Mac"),
        (SAMSUNG, "Samsung Internet on Android"),
        (CHROME_IOS, "Chrome on iPhone"),
        ("Mozilla/5.0 (Linux)", "Linux"),
        ("curl/8", "Some other browser"),
        ("", "Some other browser"),
    ],
)
def test_browsers_in_words(user_agent, words):
    assert browser_in_words(user_agent) == words


def test_somebody_whose_address_is_unknown_can_sign_in(conference):
    user = make_user()
    assert client_of(user).get("/my/devices/").status_code == 200
    assert UserSession.objects.get().user == user
