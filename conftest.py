"""The people and the conference of every test: one with a ticket, one who organizes, one with
nothing. Everything else is made by the plain functions below.
"""

import logging
import os
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser

from lib import cached
from portal.mistakes.collecting import MistakesHandler
from schedule.models import Conference, ProgrammeRevision, Room, Speaker, Talk, Visibility
from schedule.site.conferences import read_directory
from streaming.models import Recording, StageRevision, Stream
from tickets.admission.sign_in import SignInWay
from tickets.models import Claim, Product, Role, Ticket, User
from tools.bench.sessions import session_key_of
from tools.browser import chromium
from tools.origin import rtmp_module
from tools.stack import Stack, Template

# The fixture `internet`.
pytest_plugins = ["lib.tests.internet"]

_number = count(1)


def forget_everything_kept() -> None:
    cache.clear()
    getattr(cache, "local", cache).clear()
    cached.clear()


@pytest.fixture(autouse=True)
def _nothing_kept(monkeypatch):
    """Tests roll their rows back, numbers of revisions included, so nothing may outlive one. Within
    one a second passes when it says so (settle), else a slow machine would read more often.
    """
    monkeypatch.setattr(cached.OnceASecond, "SECONDS", float("inf"))
    forget_everything_kept()


@pytest.fixture(autouse=True, scope="session")
def _no_mistakes_are_kept():
    """What fails on purpose would be written, from another thread, while a test looks at the database."""
    root = logging.getLogger()
    for handler in [each for each in root.handlers if isinstance(each, MistakesHandler)]:
        root.removeHandler(handler)


@pytest.fixture(autouse=True)
def _static_files_by_their_own_names(settings):
    """So that no test needs collectstatic; the names with hashes are for production."""
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


@pytest.fixture(autouse=True)
def _quick_passwords(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def settle() -> None:
    """As if a transaction had been committed, a second had passed and another had begun."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED")
        for counter in (ProgrammeRevision, StageRevision):
            counter.objects.update(raised_in=0)
    cached.let_a_second_pass()


def make_conference(**kw: Any) -> Conference:
    """Its days may be given as text. Where they are not, it goes on now, and no day of it ends in the
    hours around now, so that a test means the same at whatever hour it runs.
    """
    if "starts_on" not in kw:
        kw.setdefault("day_starts_at_hour", day_hour_far_from_now())
    today = timezone.now().date()
    fields: dict[str, Any] = {
        "name": "Testconf",
        "slug": f"testconf-{next(_number)}",
        "time_zone": "Europe/Berlin",
        "starts_on": today - timedelta(days=1),
        "ends_on": today + timedelta(days=1),
        "visibility": Visibility.PROGRAMME,
        "help_email": "help@testconf.example",
        **kw,
    }
    for name in ("starts_on", "ends_on"):
        if isinstance(fields[name], str):
            fields[name] = date.fromisoformat(fields[name])
    return Conference.objects.create(**fields)


def day_hour_far_from_now() -> int:
    """For `day_starts_at_hour` in Berlin: no conference day ends in the hours around now."""
    return 12 if timezone.now().astimezone(ZoneInfo("Europe/Berlin")).hour < 8 else 4


def make_room(conference: Conference, **kw: Any) -> Room:
    number = next(_number)
    fields = {"name": f"Room {number}", "slug": f"room-{number}"}
    return Room.objects.create(conference=conference, **{**fields, **kw})


def make_talk(conference: Conference, **kw: Any) -> Talk:
    """Live now for half an hour more, unless said otherwise. `minutes` sets the length."""
    number = next(_number)
    speakers = kw.pop("speakers", [])
    starts_at = kw.pop("starts_at", timezone.now() - timedelta(minutes=10))
    ends_at = kw.pop("ends_at", starts_at + timedelta(minutes=kw.pop("minutes", 40)))
    fields = {"code": f"T{number}", "title": f"Talk {number}"}
    talk = Talk.objects.create(
        conference=conference, starts_at=starts_at, ends_at=ends_at, **{**fields, **kw}
    )
    talk.speakers.set(speakers)
    return talk


def make_speaker(conference: Conference, **kw: Any) -> Speaker:
    number = next(_number)
    fields = {"code": f"S{number}", "name": f"Speaker {number}"}
    return Speaker.objects.create(conference=conference, **{**fields, **kw})


def make_stream(room: Room, **kw: Any) -> Stream:
    fields = {"kind": "hls", "value": "/static/demo/talk.m3u8"}
    return Stream.objects.create(room=room, **{**fields, **kw})


def make_recording(of: Talk | Room, **kw: Any) -> Recording:
    """Of a room: since two hours ago, and still going on, unless said otherwise."""
    fields: dict[str, Any] = {"kind": "hls", "value": "/static/demo/talk.m3u8"}
    if isinstance(of, Talk):
        fields["talk"] = of
    else:
        fields |= {"room": of, "starts_at": timezone.now() - timedelta(hours=2)}
    return Recording.objects.create(conference=of.conference, **{**fields, **kw})


def make_user(email: str | None = None, **kw: Any) -> User:
    """A person who has proved the address once, as everybody has who signed in by code."""
    user = User.objects.create_user(email or f"person-{next(_number)}@example.com", **kw)
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    return user


def make_role(conference: Conference, kind: str, user: User | None = None) -> User:
    """Somebody who has that role there."""
    user = user or make_user(f"{kind}-{next(_number)}@example.com")
    Role.objects.create(conference=conference, user=user, kind=kind)
    return user


def make_ticket(conference: Conference, *, user: User | None = None, **kw: Any) -> Ticket:
    """With `user`, claimed by that person. `scopes` are the product's."""
    scopes = kw.pop("scopes", ["conference"])
    product, _made = Product.objects.get_or_create(
        conference=conference, name=f"Ticket for {scopes}", defaults={"scopes": scopes}
    )
    fields = {"code": f"TICKET-{next(_number)}", "product": product}
    if user is not None:
        fields["holder_email"] = user.email
    ticket = Ticket.objects.create(conference=conference, **{**fields, **kw})
    if user is not None:
        Claim.objects.create(ticket=ticket, user=user)
    return ticket


# For tests that hold in each of two conferences on hosts of their own.
HOSTS = ("first.example.com", "second.example.com")
on_both_hosts = pytest.mark.parametrize("conference", HOSTS, indirect=True)


@pytest.fixture
def conference(db: None, request: pytest.FixtureRequest) -> Conference:
    """On the host of tests, so that others may stand beside it; or one of those on both hosts."""
    hosts = HOSTS if hasattr(request, "param") else ("testserver",)
    by_host = {host: make_conference(domain=host) for host in hosts}
    return by_host[getattr(request, "param", "testserver")]


@pytest.fixture
def room(conference: Conference) -> Room:
    return make_room(conference, name="Main hall", slug="main")


@pytest.fixture
def attendee(conference: Conference) -> User:
    user = make_user("attendee@example.com", display_name="Ada")
    make_ticket(conference, user=user)
    return user


@pytest.fixture
def organizer(conference: Conference) -> User:
    return make_user("organizer@example.com", display_name="Olga", is_superuser=True)


@pytest.fixture
def stranger(conference: Conference) -> User:
    return make_user("stranger@example.com", display_name="Sam")


def client_of(
    user: User | None,
    host: str | None = None,
    *,
    way: SignInWay = SignInWay.CODE,
    has_factor: bool = False,
) -> Client:
    """Signed in on that host, and on no other one, in that way."""
    client = Client(headers={"host": host} if host else None)
    if user is not None:
        here = read_directory().conference_at(host or "testserver")
        client.cookies[settings.SESSION_COOKIE_NAME] = session_key_of(
            user, here, way=way, has_factor=has_factor
        )
    return client


def utc(text: str) -> datetime:
    """`utc("2026-11-21 09:00")`."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.fixture
def cache_commands(monkeypatch):
    """The names of the cache's methods, as they are called."""
    commands: list[str] = []

    def spy(name: str) -> None:
        original = getattr(cache, name, None)
        if original is None:
            return  # scripts are for Redis

        def called(*args, **kw):
            commands.append(name)
            return original(*args, **kw)

        monkeypatch.setattr(cache, name, called)

    deletes = ("delete", "delete_many", "delete_surely")
    for name in ("get", "set", "add", "get_many", "run_script", *deletes):
        spy(name)
    return commands


@pytest.fixture(scope="session")
def template() -> Template:
    """The same for all processes of pytest-xdist."""
    return Template(Path(os.environ["STACK_TEMPLATE"]))


@pytest.fixture(scope="session")
def site(template: Template) -> Iterator[Stack]:
    """The production shape with the demo conference, for tests in a browser."""
    with Stack(origin=rtmp_module() is not None, template=template) as stack:
        yield stack


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the whole run: while it is open, Django takes its thread for an asynchronous one."""
    with chromium() as started:
        yield started
