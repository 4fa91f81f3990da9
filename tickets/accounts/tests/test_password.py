"""Organizers may have a password, and a second factor, which then guards every way in."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value
from django.test import Client

from conftest import client_of
from tickets.accounts.tests.signing_in import sign_in, signed_in_as, told
from tickets.models import User

# The pages of the second factor are allauth's, and they count on undefined variables being empty.
pytestmark = pytest.mark.ignore_template_errors

PASSWORD_PAGE = "/accounts/login/password/"
SECOND_FACTOR = "/accounts/2fa/authenticate/"
SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture(autouse=True)
def _fast_hashes(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def with_password(organizer):
    organizer.set_password("a long password")
    organizer.save()
    return organizer


@pytest.fixture
def with_totp(with_password):
    TOTP.activate(with_password, SECRET)
    return with_password


def totp():
    return format_hotp_value(hotp_value(SECRET, int(time.time() // 30)))


def by_password(client, email="organizer@example.com", password="a long password", **kw):
    return client.post(PASSWORD_PAGE, {"login": email, "password": password, **kw})


def test_a_password_signs_in(client, with_password):
    page = client.get(PASSWORD_PAGE + "?next=/admin/")
    assert 'autocomplete="current-password"' in page.text
    response = by_password(client, "Organizer@Example.com", next="/admin/")
    assert response.url == "/admin/"
    assert signed_in_as(client) == str(with_password.pk)


def test_a_new_superuser_gets_in_without_any_mail(client, conference, mailoutbox):
    User.objects.create_superuser("root@example.com", "a long password")
    response = by_password(client, "root@example.com", next="/admin/")
    assert response.url == "/admin/"
    assert client.get("/admin/").status_code == 200
    assert mailoutbox == []


@pytest.mark.parametrize(
    ("email", "password"),
    [
        ("organizer@example.com", "wrong"),
        ("attendee@example.com", "!"),
        ("attendee@example.com", ""),
        ("nobody@example.com", "a long password"),
    ],
)
def test_a_wrong_password_does_not(client, with_password, attendee, email, password):
    response = by_password(client, email, password)
    assert "errorlist" in told(client, response)
    assert signed_in_as(client) is None


def test_wrong_passwords_are_counted_per_account(client, with_password):
    for number in range(10):
        by_password(Client(REMOTE_ADDR=f"192.0.2.{number}"), password="wrong")
    assert "Too many wrong attempts" in told(client, by_password(client))
    assert signed_in_as(client) is None


def test_the_login_page_leads_there_with_next(client, conference):
    page = client.get("/accounts/login/?next=/admin/")
    assert f'href="{PASSWORD_PAGE}?next=/admin/"' in page.text


def test_the_admin_uses_these_pages(client, with_password):
    response = client.get("/admin/", follow=True)
    assert response.redirect_chain[-1][0] == PASSWORD_PAGE + "?next=/admin/"
    by_password(client)
    assert client.get("/admin/").status_code == 200


@pytest.mark.slow
def test_the_second_factor_is_asked_after_the_password(client, with_totp):
    assert by_password(client, next="/admin/").url == SECOND_FACTOR
    assert signed_in_as(client) is None
    page = client.get(SECOND_FACTOR)
    assert "authenticator code" in page.text
    assert "Incorrect code" in told(client, client.post(SECOND_FACTOR, {"code": "000000"}))
    assert signed_in_as(client) is None
    assert client.post(SECOND_FACTOR, {"code": totp()}).url == "/admin/"
    assert signed_in_as(client) == str(with_totp.pk)


def test_the_second_factor_is_asked_after_the_mailed_code(client, with_totp):
    assert sign_in(client, "organizer@example.com").url == SECOND_FACTOR
    assert signed_in_as(client) is None


@pytest.mark.slow
def test_totp_can_be_added_and_taken_away(client, with_password):
    by_password(client)
    activate = "/accounts/2fa/totp/activate/"
    again = client.get(activate)
    assert again.url == f"/accounts/reauthenticate/?next={activate.replace('/', '%2F')}"
    assert "Enter your password" in client.get(again.url).text
    assert client.post(again.url, {"password": "a long password"}).url == activate
    page = client.get(activate)
    assert 'src="data:image/svg+xml' in page.text
    secret = re.search(r'value="([A-Z2-7]{32})"', page.text)[1]
    code = format_hotp_value(hotp_value(secret, int(time.time() // 30)))
    client.post(activate, {"code": code})
    assert Authenticator.objects.filter(user=with_password, type="totp").exists()
    page = client.get("/accounts/2fa/")
    assert "is active" in page.text
    client.post("/accounts/2fa/totp/deactivate/")
    assert not Authenticator.objects.filter(user=with_password).exists()


@pytest.mark.slow
def test_a_factor_that_was_passed_opens_the_admin(client, with_totp, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    assert by_password(client, next="/admin/").url.startswith(SECOND_FACTOR)
    assert client.get("/admin/").status_code == 302
    client.post(SECOND_FACTOR, {"code": totp()})
    assert client.get("/admin/").status_code == 200
    assert client.get("/accounts/2fa/").status_code == 200


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_device_on_which_it_is_added_stays_and_the_others_go(client, with_password):
    """Its session is not yet written when the others are ended."""
    other = client_of(with_password)
    by_password(client)
    activate = "/accounts/2fa/totp/activate/"
    client.post(client.get(activate).url, {"password": "a long password"})
    secret = re.search(r'value="([A-Z2-7]{32})"', client.get(activate).text)[1]
    client.post(activate, {"code": format_hotp_value(hotp_value(secret, int(time.time() // 30)))})
    assert "is active" in client.get("/accounts/2fa/").text
    assert signed_in_as(other) is None
    assert other.get("/accounts/2fa/").status_code == 302


PAGES = [
    "",
    "totp/activate/",
    "webauthn/",
    "webauthn/add/",
    "recovery-codes/",
    "recovery-codes/generate/",
    "reauthenticate/",
]


@pytest.mark.parametrize("page", PAGES)
def test_pages_of_the_second_factor_obey_a_strict_policy(client, with_totp, page):
    if page.startswith("totp"):
        Authenticator.objects.all().delete()
    by_password(client)
    if with_totp.authenticator_set.exists():
        client.post(SECOND_FACTOR, {"code": totp()})
    client.post("/accounts/reauthenticate/", {"password": "a long password"})
    if page == "recovery-codes/":
        client.post("/accounts/2fa/recovery-codes/generate/")
    response = client.get(f"/accounts/2fa/{page}")
    assert response.status_code == 200
    assert "<h1>" in response.text
    assert "'unsafe" not in response.headers["Content-Security-Policy"]
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", response.text)
    for tag in re.findall(r"<script[^>]*>", response.text):
        assert "src=" in tag or 'type="application/json"' in tag, tag


CHANGE = "/admin/password_change/"


def change(client, old, new):
    fields = {"old_password": old, "new_password1": new, "new_password2": new}
    return client.post(CHANGE, fields)


def test_one_changes_ones_own_password_by_typing_the_old_one(client, with_password):
    other = Client()
    for each in (client, other):
        by_password(each)
    change(client, "wrong", "battery staple horse")
    with_password.refresh_from_db()
    assert with_password.check_password("a long password")
    assert change(client, "a long password", "battery staple horse").status_code == 302
    with_password.refresh_from_db()
    assert with_password.check_password("battery staple horse")
    assert client.get("/admin/").status_code == 200
    assert other.get("/admin/").status_code == 302


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("seven77", "too short"),
        ("qwertyuiop", "too common"),
        ("Testconf2026!", "have to be left"),
        ("organizer-front-row", "have to be left"),
        ("olga@example.com", "have to be left"),
    ],
)
def test_a_password_that_is_guessed_first_is_refused(client, with_password, password, why):
    by_password(client)
    assert why in change(client, "a long password", password).text
    with_password.refresh_from_db()
    assert with_password.check_password("a long password")


@pytest.mark.parametrize("password", ["testconf is where we meet", "слова через пробел", "x7" * 64])
def test_whatever_it_is_made_of_it_is_taken_as_it_is(client, with_password, password):
    by_password(client)
    assert change(client, "a long password", password).status_code == 302
    fresh = Client()
    assert "errorlist" in told(fresh, by_password(fresh, password=password.upper()))
    by_password(fresh, password=password)
    assert signed_in_as(fresh) == str(with_password.pk)


def test_the_browser_may_fill_it_in_and_hides_it(client, with_password):
    page = client.get(PASSWORD_PAGE).text
    field = re.search(r'<input[^>]*name="password"[^>]*>', page)[0]
    assert 'type="password"' in field
    assert 'autocomplete="current-password"' in field
    assert "onpaste" not in page


def test_attendees_need_no_password_for_their_pages(attendee):
    assert client_of(attendee).get("/accounts/2fa/").status_code == 200
    assert Client().get("/accounts/2fa/").url.startswith("/accounts/login/")
