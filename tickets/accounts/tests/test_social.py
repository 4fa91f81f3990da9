"""Signing in by another site: its word for an address is as good as a code, and no better.

The site runs as in production, because what is installed hangs on SOCIAL_PROVIDERS.
"""

import http.client
import json
import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.apps import apps
from django.urls import NoReverseMatch, reverse

from tickets.accounts.tests.fake_oidc import fake_provider
from tickets.accounts.tests.signing_in import LOGIN
from tools.stack import Stack
from tools.visitor import Visitor

ATTENDEE, ORGANIZER = "attendee@example.com", "organizer@example.com"


def test_without_providers_nothing_of_it_is_there(client, conference):
    assert not apps.is_installed("allauth.socialaccount")
    with pytest.raises(NoReverseMatch):
        reverse("openid_connect_login", args=["any"])
    assert "Sign in with" not in client.get(LOGIN).text
    assert client.get("/accounts/oidc/any/login/").status_code == 404


@pytest.fixture(scope="module")
def provider():
    with fake_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
def site(provider):
    """Two providers that are one: the second is trusted with accounts that are there."""
    app = {"client_id": "us", "secret": "the secret"}
    apps = [
        {**app, "provider_id": "club", "name": "Club", "settings": {"server_url": provider.url}},
        {
            **app,
            "provider_id": "staff",
            "name": "Staff",
            "settings": {"server_url": provider.url, "email_authentication": True},
        },
    ]
    providers = {"openid_connect": {"APPS": apps}, "github": {"APPS": [app]}}
    with Stack(workers=1, variables={"SOCIAL_PROVIDERS": json.dumps(providers)}) as site:
        yield site


@pytest.fixture
def visitor(site):
    visitor = Visitor(site.url.removeprefix("http://"))
    yield visitor
    visitor.close()


def come_by(visitor, provider, name="club", query="", **claims):
    """The page to which somebody comes back from the provider."""
    provider.claims = {"sub": claims.get("email", "x"), **claims} if claims else None
    away = visitor.get(f"/accounts/oidc/{name}/login/{query}")
    assert away.location.startswith(provider.url)
    parts = urlsplit(away.location)
    there = http.client.HTTPConnection(parts.netloc)
    there.request("GET", f"{parts.path}?{parts.query}")
    back = urlsplit(there.getresponse().headers["Location"])
    there.close()
    return visitor.get(f"{back.path}?{back.query}")


def signed_in_as(visitor):
    found = re.search(r"[\w.-]+@example\.com", visitor.get("/accounts/logout/").text)
    return found and found[0]


@pytest.mark.services
def test_the_login_page_has_a_button_for_each(visitor):
    page = visitor.get(f"{LOGIN}?next=/rooms/main/").text
    assert 'href="/accounts/oidc/club/login/?next=%2Frooms%2Fmain%2F"' in page
    assert "Sign in with Club" in page
    assert "Sign in with GitHub" in page
    assert 'href="/accounts/github/login/?next=%2Frooms%2Fmain%2F"' in page


@pytest.mark.services
def test_a_newcomer_with_a_proved_address_gets_the_ticket(site, visitor, provider):
    proved = {"email": "Attendee@Example.com", "email_verified": True, "sub": "1"}
    answer = come_by(visitor, provider, query="?next=/rooms/main/", **proved)
    assert (answer.status, answer.location) == (302, "/rooms/main/")
    assert visitor.get("/rooms/main/").status == 200
    assert signed_in_as(visitor) == ATTENDEE
    again = Visitor(visitor.host)
    assert come_by(again, provider, sub="1", email="changed@example.com").status == 302
    assert signed_in_as(again) == ATTENDEE
    again.close()
    kept = site.manage(
        "shell",
        "-v0",
        "-c",
        "from allauth.socialaccount.models import *;"
        "print(list(SocialAccount.objects.values_list('extra_data', flat=True)),"
        "SocialToken.objects.count())",
    )
    assert kept.strip() == "[{}] 0"


@pytest.mark.services
def test_who_was_taken_out_of_a_conference_is_linked_no_more(site, visitor, provider):
    come_by(visitor, provider, email="over@example.com", email_verified=True, sub="over")
    left = site.manage(
        "shell",
        "-v0",
        "-c",
        "from allauth.socialaccount.models import SocialAccount;"
        "from portal.keeping.anonymise import blank_people;"
        "from tickets.models import User;"
        "linked = SocialAccount.objects.filter(uid='over'); print(linked.count());"
        "blank_people(User.objects.filter(email='over@example.com')); print(linked.count())",
    )
    assert left.split() == ["1", "0"]


@pytest.mark.services
@pytest.mark.parametrize("verified", [{}, {"email_verified": False}, {"email_verified": "false"}])
@pytest.mark.parametrize("name", ["club", "staff"])
@pytest.mark.parametrize("email", ["canceled@example.com", ORGANIZER])
def test_an_unproved_address_opens_and_claims_nothing(visitor, provider, verified, name, email):
    answer = come_by(visitor, provider, name, email=email, **verified)
    assert answer.status == 403
    assert "does not say that it has checked your address" in answer.text
    assert signed_in_as(visitor) is None


@pytest.mark.services
def test_an_account_that_is_there_is_opened_only_by_a_trusted_provider(visitor, provider):
    proved = {"email": ORGANIZER, "email_verified": True}
    answer = come_by(visitor, provider, "club", query="?next=/rooms/main/", **proved)
    assert answer.status == 403
    assert "There is an account with your address already" in answer.text
    assert f'href="{LOGIN}?next=/rooms/main/"' in answer.text
    assert signed_in_as(visitor) is None
    assert come_by(visitor, provider, "staff", **proved).location == "/lobby/"
    assert signed_in_as(visitor) == ORGANIZER
    # The provider's word is as good as our code, for what the person may do as well.
    assert visitor.get("/admin/").status == 200


@pytest.mark.services
def test_next_leads_nowhere_else(visitor, provider):
    proved = {"email": "group@example.com", "email_verified": True}
    answer = come_by(visitor, provider, query="?next=https://evil.example/", **proved)
    assert answer.location == "/lobby/"


@pytest.mark.services
def test_an_account_is_not_linked_to_anything_by_who_is_signed_in(visitor, provider):
    come_by(visitor, provider, email="pending@example.com", email_verified=True)
    answer = come_by(
        visitor, provider, query="?process=connect", sub="other", email="x@example.com"
    )
    assert answer.status == 403
    assert "can only be used to sign in" in answer.text


@pytest.mark.services
def test_who_cancels_there_is_told_what_to_do(visitor, provider):
    answer = come_by(visitor, provider)
    assert answer.location == "/accounts/cancelled/"
    assert "We can mail you a code" in visitor.get(answer.location).text


@pytest.mark.services
def test_a_forged_answer_is_none(visitor):
    answer = visitor.get("/accounts/oidc/club/login/callback/?code=code-0&state=made-up")
    assert answer.status == 401
    assert "did not sign you in" in answer.text
    assert signed_in_as(visitor) is None


@pytest.mark.services
@pytest.mark.parametrize("name", ["oidc/club", "github"])
def test_an_answer_is_of_use_to_who_asked_alone(visitor, name):
    asked = parse_qs(urlsplit(visitor.get(f"/accounts/{name}/login/").location).query)
    assert len(asked["state"][0]) >= 16
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["code_challenge"][0]) == 43
