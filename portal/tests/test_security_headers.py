"""What every page of the app tells the browser to forbid, and how cookies are set."""

import pytest

from conftest import client_of
from tickets.accounts.tests.signing_in import ask_for_code

PAGES = [
    "/",
    "/schedule/",
    "/rooms/main/",
    "/tickets/",
    "/accounts/login/",
    "/nothing/",
    "/me.json",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_says_what_browsers_may_not_do(room, attendee, path):
    answer = client_of(attendee).get(path)
    policy = answer["Content-Security-Policy"].split("; ")
    assert {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert "default-src 'self'" in policy
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] in {"strict-origin-when-cross-origin", "strict-origin"}
    assert "Access-Control-Allow-Origin" not in answer


def test_with_tls_it_is_kept_for_a_year(settings, client, conference):
    settings.SECURE_HSTS_SECONDS = 365 * 24 * 3600
    answer = client.get("/", secure=True)
    assert answer["Strict-Transport-Security"] == "max-age=31536000"


def test_cookies_are_for_us_alone_and_not_for_scripts(settings, client, conference):
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    client.get("/accounts/login/", secure=True)
    ask_for_code(client, "ada@example.com")
    client.post("/my/zone/", {"zone": "Asia/Tokyo"}, secure=True)
    cookies = list(client.cookies.values())
    assert len(cookies) >= 2
    for cookie in cookies:
        assert cookie["samesite"] == "Lax"
        assert cookie["httponly"]
        assert cookie["secure"]
        assert cookie["domain"] == ""
