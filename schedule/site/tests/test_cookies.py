"""Every cookie is for one host alone; where there is HTTPS its name makes browsers see to it."""

import subprocess
import sys

import pytest
from django.conf import settings as project
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.http import HttpResponse
from django.test import Client, RequestFactory

from conftest import client_of
from schedule.site.cookies import MessageStorage, cookie_name, set_cookie
from tickets.accounts import waiting_line
from tickets.accounts.sessions import SessionStore
from tickets.accounts.tests.signing_in import LOGIN, ask_for_code, last_code


@pytest.fixture
def https(settings):
    settings.HTTPS = settings.SESSION_COOKIE_SECURE = settings.CSRF_COOKIE_SECURE = True
    settings.COOKIE_PREFIX = "__Host-"
    settings.SESSION_COOKIE_NAME = "__Host-sessionid"
    settings.CSRF_COOKIE_NAME = "__Host-csrftoken"


@pytest.mark.slow
def test_each_cookie_of_the_site_is_for_its_host_alone(https, attendee, settings, monkeypatch):
    client, seen = Client(), {}

    def visit(path, data=None, client=client):
        ask = client.get if data is None else client.post
        response = ask(path, data, secure=True)
        seen.update(response.cookies)
        return response

    visit("/me.json")
    visit("/schedule/?tz=Asia/Seoul")
    visit("/my/zone/", {"zone": ""})
    visit("/in/wait/")
    visit(LOGIN, {"email": attendee.email})
    visit("/accounts/login/code/", {"code": last_code()})
    assert visit("/lobby/").status_code == 200
    settings.SIGN_INS_PER_SECOND = 0.01
    monkeypatch.setattr(waiting_line, "BURST_SECONDS", 0)
    ask_for_code(Client(), "first@example.com")
    visit(LOGIN, {"email": "second@example.com"}, Client())
    visit("/accounts/logout/", {})

    names = {"sessionid", "csrftoken", "tz", "line", "known", "messages"}
    assert set(seen) == {f"__Host-{name}" for name in names}
    for name, morsel in seen.items():
        assert morsel["path"] == "/", name
        assert morsel["domain"] == "", name
        assert morsel["secure"] is True, name
        assert morsel["samesite"] == "Lax", name
        assert morsel["httponly"] is True or not morsel.value, name


@pytest.mark.slow
@pytest.mark.parametrize(("https", "prefix"), [("on", "__Host-"), ("off", "")])
def test_the_names_follow_from_https(https, prefix):
    code = (
        "from django.conf import settings as s;"
        "print(s.SESSION_COOKIE_NAME, s.CSRF_COOKIE_NAME, s.LANGUAGE_COOKIE_NAME, s.COOKIE_PREFIX,"
        " s.SESSION_COOKIE_DOMAIN, s.CSRF_COOKIE_DOMAIN, s.LANGUAGE_COOKIE_DOMAIN)"
    )
    env = {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "ENV_FILE": "",
        "SECRET_KEY": "x",
        "HTTPS": https,
        "DATABASE_URL": "sqlite://:memory:",
    }
    ran = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=project.BASE_DIR, capture_output=True, text=True
    )
    names = [f"{prefix}{name}" for name in ("sessionid", "csrftoken", "language", "")]
    assert ran.stdout.split() == [*(name for name in names if name), "None", "None", "None"]


def test_a_plain_cookie_counts_for_nothing_where_there_is_https(attendee, https):
    client = client_of(attendee)
    assert client.get("/lobby/", secure=True).status_code == 200
    client.cookies["sessionid"] = client.cookies.pop("__Host-sessionid").value
    assert client.get("/lobby/", secure=True).status_code == 302


def test_a_message_of_one_host_is_not_shown_on_another(rf: RequestFactory):
    request = rf.get("/", headers={"host": "one.example.org"})
    request.session = SessionStore()
    storage = MessageStorage(request)
    storage.add(messages.INFO, "Words of the first conference")
    response = HttpResponse()
    storage.update(response)
    for host, shown in (("one.example.org", 1), ("two.example.org", 0)):
        request = rf.get("/", headers={"host": host})
        request.COOKIES = {name: morsel.value for name, morsel in response.cookies.items()}
        request.session = SessionStore()
        found: list[Message] = list(MessageStorage(request))
        assert len(found) == shown


def test_ours_are_kept_from_scripts():
    response = HttpResponse()
    set_cookie(response, "tz", "UTC", max_age=1)
    morsel = response.cookies[cookie_name("tz")]
    assert (morsel["httponly"], morsel["samesite"], morsel["domain"]) == (True, "Lax", "")
