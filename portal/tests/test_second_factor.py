"""In production whoever may open the admin needs a second factor; watching needs none."""

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.test import Client
from django.urls import reverse

from conftest import client_of, make_conference, make_room, make_user
from schedule.models import Conference
from tickets.models import Role, User

# allauth's templates ask for variables that are not there.
pytestmark = pytest.mark.ignore_template_errors

STAFF_PAGES = ["/admin/", "/admin/schedule/talk/", "/admin/desk/", "/admin/helpdesk/"]


@pytest.fixture(autouse=True)
def _required(settings):
    settings.REQUIRE_SECOND_FACTOR = True


def is_sent_to_get_one(client: Client, path: str = "/admin/") -> bool:
    return client.get(path).get("Location") == "/accounts/2fa/"


@pytest.mark.slow
def test_an_organizer_with_one_is_let_in(organizer):
    TOTP.activate(organizer, generate_totp_secret())
    for path in STAFF_PAGES:
        page = client_of(organizer, has_factor=True).get(path)
        assert page.status_code == 200
        assert reverse("admin:logout") in page.text


def test_a_passkey_is_one(organizer):
    Authenticator.objects.create(user=organizer, type=Authenticator.Type.WEBAUTHN, data={})
    page = client_of(organizer, has_factor=True).get("/admin/")
    assert page.status_code == 200
    assert "/admin/schedule/talk/" in page.text


@pytest.mark.parametrize("path", STAFF_PAGES)
def test_an_organizer_without_one_is_sent_to_get_one(organizer, path):
    client = client_of(organizer)
    assert is_sent_to_get_one(client, path)
    assert client.post(path).get("Location") == "/accounts/2fa/"
    page = client.get("/accounts/2fa/")
    assert page.status_code == 200
    assert "needs a second factor here" in page.text


def test_recovery_codes_alone_are_none(organizer):
    RecoveryCodes.activate(organizer)
    assert is_sent_to_get_one(client_of(organizer))


def superuser(conference: Conference) -> User:
    return make_user(is_superuser=True)


def with_role(conference: Conference) -> User:
    user = make_user()
    Role.objects.create(user=user, conference=conference, kind="organizer")
    return user


def room_helper(conference: Conference) -> User:
    user = make_user()
    make_room(conference).helpers.add(user)
    return user


@pytest.mark.slow
@pytest.mark.parametrize("make", [superuser, with_role, room_helper])
def test_everybody_who_may_open_the_admin_needs_one(conference, make):
    user = make(conference)
    client = client_of(user)
    assert is_sent_to_get_one(client)
    assert client.get("/accounts/2fa/totp/activate/").status_code in (200, 302)
    TOTP.activate(user, generate_totp_secret())
    assert client.get("/admin/").status_code == 403
    passed = client_of(user, has_factor=True).get("/admin/", follow=True)
    assert (passed.status_code, passed.request["PATH_INFO"][:7]) == (200, "/admin/")


def test_strangers_and_attendees_learn_nothing_new(attendee):
    assert Client().get("/admin/").url.startswith("/admin/login/")
    assert client_of(attendee).get("/admin/", follow=True).status_code == 403


def test_the_crew_of_a_room_tries_its_streams_without(conference):
    user = room_helper(conference)
    slug = conference.rooms.get().slug
    page = client_of(user).get(f"/rooms/{slug}/check/")
    assert page.status_code == 200
    assert "Tech check" in page.text


def test_organizers_watch_and_sign_out_without(organizer):
    client = client_of(organizer)
    assert client.get("/lobby/").status_code == 200
    assert client.post("/admin/logout/").status_code in (200, 302)
    assert "_auth_user_id" not in client.session


def test_the_first_conference_is_made_without(db):
    root = make_user(is_superuser=True)
    page = client_of(root).get("/admin/")
    assert page.status_code == 200
    assert "/admin/schedule/conference/add/" in page.text


def test_a_host_without_a_conference_is_no_way_round(organizer):
    make_conference(domain="live.example.org")
    Conference.objects.exclude(domain="live.example.org").update(domain="other.example.org")
    refused = client_of(organizer, "nobody.example.org").get("/admin/")
    assert refused.status_code == 403
    assert "/admin/schedule/" not in refused.text


def test_it_can_be_off(organizer, settings):
    settings.REQUIRE_SECOND_FACTOR = False
    assert client_of(organizer).get("/admin/").status_code == 200
    with pytest.raises(SystemCheckError, match=r"portal\.W008"):
        call_command("check", deploy=True, fail_level="WARNING", tags=["security"])
