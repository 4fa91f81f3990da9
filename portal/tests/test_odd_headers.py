"""Headers and cookies that no browser sends: no answer is an error of ours."""

import pytest
from django.test import Client

from conftest import client_of, make_user
from portal.tests.hostile.sending import listening
from tickets.accounts.tests.signing_in import ask_for_code

pytestmark = pytest.mark.walk
PAGES = ["/", "/schedule/", "/tickets/", "/accounts/login/", "/my/zone/", "/live.json", "/nothing/"]
HEADERS = {
    "host": [
        "",
        "evil.example",
        "localhost:99999999",
        "local\0host",
        "[::1",
        "a" * 5_000,
        "..",
        "localhost,evil.example",
        "\xff",
        "http://localhost/",
    ],
    "accept-language": ["", "\xff", "de" * 5_000, ";q=;q=", "xx-" * 900, "*;q=nan", "../../etc"],
    "accept": ["", "/", "*", "a/b;q=x", "," * 5_000, "application/json;q=\xb2"],
    "accept-encoding": ["\xff", "gzip;q=nan", "," * 5_000],
    "if-none-match": ["", "*", "W/", '"' * 5_000, "\xff"],
    "if-modified-since": ["never", "Thu, 01 Jan 9999999 00:00:00 GMT", "9" * 5_000],
    "range": ["bytes=-", "bytes=9-1", "bytes=0-" + "9" * 5_000, "\xff"],
    "referer": ["http://[", "\xff", "x" * 8_000, "http://localhost:x/"],
    "origin": ["null", "http://[", "\xff", "http://evil.example:x"],
    "user-agent": ["", "\xff" * 5_000, "a\tb"],
    "authorization": ["Basic", "Basic \xff", "Bearer " + "x" * 8_000],
    "hx-request": ["true", "\xff"],
    "content-length": ["-1", "x", "9" * 5_000],
    "x-request-id": ["\xff" * 5_000],
    "x-forwarded-proto": ["\xff", "https, http"],
}
COOKIES = [
    *(
        'sessionid=""',
        "sessionid=../../x",
        'sessionid="aaaaaaaa\\000b"',
        "sessionid=" + "x" * 4_000,
    ),
    *("sessionid=\xff", "sessionid=a; sessionid=b", 'sessionid="\\377\\777"', "sessionid"),
    *('tz="a\\000b"', "tz=" + "x" * 4_000, "tz=../../etc/localtime", "tz=/", "tz=\xff"),
    *("line=x", "line=" + "x" * 4_000, 'line="\\000"', "line=a:b:c", "line=eyJhIjoxfQ:1:x"),
    *("csrftoken=x", "csrftoken=" + "x" * 4_000, 'csrftoken="\\000"', "csrftoken=\xff"),
    *(
        "messages=x",
        "messages=[]",
        "django_language=\xff",
        "known=x:y:z",
        'known="\\000"',
        "=",
        ";;;",
    ),
]


def said_by(client, method, path, **headers):
    """What the log says of an error, or its status."""
    with listening() as log:
        answer = client.generic(method, path, **headers)
    return log.said or ([answer.status_code] if answer.status_code >= 500 else [])


@pytest.mark.parametrize("name", HEADERS)
def test_odd_headers(room, attendee, name):
    key = name.upper().replace("-", "_")
    key = key if name == "content-length" else f"HTTP_{key}"
    for client in (Client(raise_request_exception=False), client_of(attendee)):
        client.raise_request_exception = False
        for path in PAGES:
            for value in HEADERS[name]:
                for method in ("GET", "POST"):
                    assert said_by(client, method, path, **{key: value}) == [], (path, value[:50])


def test_odd_cookies(room):
    client = Client(raise_request_exception=False)
    for path in PAGES:
        for cookie in COOKIES:
            for method in ("GET", "POST"):
                said = said_by(client, method, path, HTTP_COOKIE=cookie)
                assert said == [], (method, path, cookie[:50])


ADDRESSES = ["", "x", "\xff", "1.2.3.4, x", "x, 1.2.3.4", ",", ",,", "::1", "[::1]:80", "9" * 5_000]
ADDRESSES += ["1.2.3.4:x, 5.6.7.8", "1.2.3.4" + ", 1.2.3.4" * 900, "fe80::1%eth0, ::", "0, 0"]


@pytest.mark.parametrize("proxies", [0, 1, 2])
def test_odd_addresses_behind_proxies(settings, conference, proxies):
    settings.TRUSTED_PROXIES = settings.ALLAUTH_TRUSTED_PROXY_COUNT = proxies
    client = Client(raise_request_exception=False)
    for address in ADDRESSES:
        with listening() as log:
            answer = client.post(
                "/accounts/login/", {"email": "a@example.com"}, headers={"x-forwarded-for": address}
            )
        assert answer.status_code < 500, address[:50]
        assert all("TRUSTED_PROXIES is 2" in said for said in log.said), log.said


def test_fewer_proxies_than_the_settings_say_end_in_a_sentence(
    settings, conference, mailoutbox, caplog
):
    settings.TRUSTED_PROXIES = settings.ALLAUTH_TRUSTED_PROXY_COUNT = 2
    make_user("ada@example.com")
    client = Client(headers={"x-forwarded-for": "192.0.2.7"})
    ask_for_code(client, "ada@example.com")
    assert [mail.to for mail in mailoutbox] == [["ada@example.com"]]
    assert "TRUSTED_PROXIES is 2, but X-Forwarded-For has passed 1: set it" in caplog.text
