"""An organizer adds a passkey and signs in with it, in a real browser under the real policy."""

import pytest
from allauth.mfa.models import Authenticator

from conftest import make_conference, make_user
from tools.browser import chromium, chromium_path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
    pytest.mark.ignore_template_errors,
]


@pytest.fixture
def organizer(transactional_db, settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    make_conference()
    organizer = make_user("organizer@example.com", is_superuser=True)
    organizer.set_password("a long password")
    organizer.save()
    return organizer


def add_authenticator(page) -> None:
    devtools = page.context.new_cdp_session(page)
    devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
    }
    devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def sign_in(page) -> None:
    page.goto("/accounts/login/password/?next=/accounts/2fa/")
    page.get_by_label("E-mail").fill("organizer@example.com")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Sign in").click()


def press_when_loaded(page, name: str) -> None:
    """The button does nothing before the scripts of its page have run."""
    button = page.get_by_role("button", name=name)
    button.wait_for()
    page.wait_for_load_state()
    button.click()


def add_passkey(page) -> None:
    page.goto("/accounts/2fa/webauthn/add/")
    page.get_by_label("Password").fill("a long password")
    page.get_by_role("button", name="Confirm").click()
    press_when_loaded(page, "Add")
    page.wait_for_url("**/accounts/2fa/recovery-codes/")


def sign_out(page) -> None:
    page.goto("/accounts/logout/")
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/")


def test_a_passkey(organizer, live_server):
    complaints: list[str] = []
    # While the browser runs, Django does not let this thread use the database.
    with chromium() as browser:
        # Browsers know passkeys on https and on this host.
        assert live_server.url.startswith("http://localhost:")
        page = browser.new_context(base_url=live_server.url).new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console", lambda said: complaints.append(said.text) if said.type == "error" else None
        )
        add_authenticator(page)
        sign_in(page)
        page.wait_for_url("**/accounts/2fa/")
        add_passkey(page)
        page.goto("/accounts/2fa/webauthn/")
        assert page.get_by_role("cell", name="Master key").count() == 1
        sign_out(page)
        sign_in(page)
        press_when_loaded(page, "Use a security key")
        page.wait_for_url("**/accounts/2fa/")
        assert page.get_by_role("heading", name="Two-Factor Authentication").count() == 1
    assert Authenticator.objects.get(user=organizer, type="webauthn").last_used_at
    assert complaints == []
