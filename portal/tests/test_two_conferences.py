"""Two conferences side by side on two hosts: what belongs to the one is not to be read at the other,
whoever asks and however. Each row of the first holds a word that no page of the second may say.
"""

import itertools
import logging
import re
from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any, NamedTuple

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib import admin
from django.contrib.contenttypes.models import ContentType
from django.core import mail
from django.db import models
from django.test import Client
from django.utils import timezone

from conftest import (
    client_of,
    make_conference,
    make_recording,
    make_room,
    make_speaker,
    make_stream,
    make_talk,
    make_ticket,
    make_user,
    settle,
)
from lib.sealing import seal
from portal.desk import forms as desk_forms
from portal.tests.test_access import entries
from schedule.models import (
    AgendaLink,
    Bookmark,
    Change,
    Conference,
    Feed,
    FieldChange,
    Talk,
    Visibility,
)
from streaming.models import Announcement, Ingest, StreamAccount, StreamHost, Switch
from tickets.helpdesk import forms as helpdesk_forms
from tickets.holders.links import link_to, token_of
from tickets.models import Ban, Claim, Grant, Role, Shop, SyncRun, Ticket, Upload, User

FIRST, SECOND = "first.example.com", "second.example.com"
# Fields of text that people read. Others mean something to the code.
SAID = (models.CharField, models.TextField, models.EmailField, models.URLField)
KEPT_AS_THEY_ARE = {
    "slug", "code", "domain", "kind", "time_zone", "languages", "language", "accent_colour", "colour",
    "token", "hook_secret", "hook_token", "secret", "password", "key", "field", "format", "sha256",
    "etag", "digest", "series", "shop_code", "cursor", "mark", "guid", "host", "reference",
}  # fmt: skip
# The people themselves: what they read of themselves is theirs.
NOT_MARKED = {User, Role, Claim, AgendaLink, Ingest}


def mark(word: str, *, but: type[models.Model] | None = None) -> None:
    """Write the word into each text that stands in a row without one."""
    for model in apps.get_models():
        if model._meta.app_label not in {"schedule", "tickets", "streaming"}:
            continue
        if model in NOT_MARKED or model is but or model._meta.proxy:
            continue
        names = [
            field.name
            for field in model._meta.concrete_fields
            if isinstance(field, SAID)
            and not field.choices
            and not field.is_relation
            and field.name not in KEPT_AS_THEY_ARE
        ]
        for row in model._default_manager.all():
            for name in names:
                if not re.search("quokka|wombat", str(getattr(row, name))):
                    setattr(row, name, marked(word, model._meta.get_field(name), row.pk))
            model._default_manager.filter(pk=row.pk).update(
                **{name: getattr(row, name) for name in names}
            )


def marked(word: str, field: Any, pk: object) -> str:
    if isinstance(field, models.EmailField):
        return f"{word}-{pk}@example.com"
    if isinstance(field, models.URLField) or field.name == "value":
        return f"https://{word}.example.com/{pk}.m3u8"
    return f"{word} {field.name} {pk}"[: getattr(field, "max_length", None) or 100]


class Side(NamedTuple):
    """A conference with one row of everything, and somebody of each kind."""

    conference: Conference
    people: dict[str, User]


def make_side(domain: str, word: str) -> Side:
    at = timezone.now()
    conference = make_conference(
        domain=domain, visibility=Visibility.HIDDEN, name=domain.split(".")[0]
    )
    kinds = (
        "attendee",
        "canceled",
        "organizer",
        "helpdesk",
        "moderator",
        "helper",
        "chair",
        "nobody",
    )
    # Nothing in their own address tells a conference's word.
    people = {kind: make_user(f"{kind}@{domain}", display_name=kind.title()) for kind in kinds}
    room = make_room(conference, slug="main", chat_url="https://chat.example.com/")
    room.helpers.add(people["helper"])
    speaker = make_speaker(conference, code="S1")
    talk = make_talk(conference, code="T1", room=room, speakers=[speaker])
    talk.chairs.add(people["chair"])
    over = make_talk(conference, code="T2", room=room, starts_at=at - timedelta(hours=3))
    make_stream(room)
    make_recording(over)
    StreamHost.objects.create(conference=conference, host=f"{word}.example.com")
    StreamAccount.objects.create(
        conference=conference, kind="mux", account_id=word, key_id="1", secret=seal(word), name=word
    )
    Ingest.objects.create(room=room, key=f"{word}streamkey")
    Switch.objects.create(room=room, slate=f"{word} slate")
    Announcement.objects.create(conference=conference, text=f"{word} said")
    shop = Shop.objects.create(
        conference=conference, slug="shop", kind="pretix", base_url="https://shop.example.com/",
        account="account", event="event", token=seal(word), hook_secret="secret", synced_at=at,
    )  # fmt: skip
    SyncRun.objects.create(shop=shop, is_full=True, problem=f"{word} problem")
    Upload.objects.create(conference=conference, name=f"{word}.csv", rows=[[word]])
    make_ticket(conference, user=people["attendee"], holder_name=word)
    make_ticket(conference, user=people["canceled"], state="canceled")
    link_to(make_ticket(conference, holder_email=f"{word}@example.com", holder_name=word))
    Grant.objects.create(conference=conference, user=people["organizer"], reason=f"{word} crew")
    banned = make_user(f"{word}-banned@example.com", display_name=f"{word} banned")
    Ban.objects.create(conference=conference, user=banned, reason=f"{word} rude")
    for kind in ("organizer", "helpdesk", "moderator"):
        Role.objects.create(conference=conference, user=people[kind], kind=kind)
    feed = Feed.objects.create(conference=conference, source=f"{word} feed", format="c3voc_json")
    change = Change.objects.create(
        conference=conference, act=Change.Act.DESK, actor=people["organizer"], feed=feed,
        summary=f"{word} change",
    )  # fmt: skip
    FieldChange.objects.create(change=change, talk=talk, field="title", old=word, new=word)
    Bookmark.objects.create(user=people["attendee"], talk=talk)
    AgendaLink.objects.create(conference=conference, user=people["attendee"], token="agenda")
    return Side(conference, people)


@pytest.fixture
def sides(db):
    first = make_side(FIRST, "quokka")
    mark("quokka")
    second = make_side(SECOND, "wombat")
    mark("wombat", but=Conference)
    settle()
    return first, second


# What a number in an address means, by a part of the address.
NUMBERED: dict[str, type[models.Model]] = {
    "announcements": Announcement,
    "changes": Change,
    "helpdesk/people": User,
    "my/devices": UserSession,
    "tickets": Ticket,
}


def ids_of(side: Side, name: str, path: str) -> list[Any]:
    """What stands in an address in the place of a parameter: of everything that the side has."""
    conference = side.conference
    if name == "object_id":
        app, model = path.split("/")[2:4]
        return [conference.pk] if app == "r" else pks_of(side, apps.get_model(app, model))
    known: dict[str, list[Any]] = {
        "code": ["T1", "T2", "S1"],
        "slug": ["main"],
        "shop": ["shop"],
        "act": [*helpdesk_forms.FORMS, *desk_forms.FORMS],
        "folder": ["1"],
        "colour": ["336699"],
        "app_label": ["schedule", "tickets"],
        "token": [token_of(link_to(ticket)) for ticket in conference.tickets.all()],
        "secret": ["secret", *conference.agenda_links.values_list("token", flat=True)],
        "content_type_id": [ContentType.objects.get_for_model(Talk).pk],
        "id": pks_of(side, User),
        "url": ["elsewhere"],
    }
    if name in known:
        return list(known[name])
    numbered = next((its for part, its in NUMBERED.items() if part in path), Ticket)
    return pks_of(side, numbered)


def pks_of(side: Side, model: type[models.Model]) -> list[Any]:
    """Of the side's rows. People belong to no conference: those that were made with it."""
    if model is Conference:
        return [side.conference.pk]
    if model in (User, UserSession):
        people = [side.people[kind].pk for kind in ("attendee", "organizer", "helper")]
        if model is User:
            return people
        return list(UserSession.objects.filter(user__in=people).values_list("pk", flat=True))
    path = path_to_conference(model)
    if path is None:
        return []
    here = model._default_manager.filter(**{path: side.conference})
    return list(here.values_list("pk", flat=True))


def path_to_conference(model: type[models.Model], steps: int = 3) -> str | None:
    """How a row says to which conference it belongs, by its foreign keys."""
    keys: list[Any] = [field for field in model._meta.concrete_fields if field.is_relation]
    for field in keys:
        if field.related_model is Conference:
            return str(field.name)
    for field in keys if steps else ():
        if field.related_model is not User and (
            rest := path_to_conference(field.related_model, steps - 1)
        ):
            return f"{field.name}__{rest}"
    return None


def addresses(of: Side, *, but_secret: bool = False) -> Iterator[str]:
    """Every address of the site, with what the side has in the place of each parameter. `but_secret`:
    without those that open by themselves to whoever knows them.
    """
    for entry in entries():
        if but_secret and entry.name in OPENED_BY_A_SECRET:
            continue
        path = re.sub(r"[\^$]|\\(?=\.)|\\Z", "", entry.path)
        path = re.sub(r"\(\?P<(\w+)>[^)]*\)", r"<str:\1>", path)
        names = re.findall(r"<(?:\w+:)?(\w+)>", path)
        for values in itertools.product(*(ids_of(of, name, path) for name in names)):
            filled = path
            for value in values:
                filled = re.sub(r"<[^>]*>", str(value), filled, count=1)
            yield filled
    queries = ("?q=@", "?q=e")
    for path in ("schedule/", "admin/helpdesk/", *admin_lists()):
        yield from (f"/{path}{query}" for query in queries)
    for app, model, field in autocompletes():
        yield (
            f"/{settings.ADMIN_PATH}autocomplete/?app_label={app}&model_name={model}"
            f"&field_name={field}&term=e"
        )


def admin_lists() -> Iterator[str]:
    for entry in entries():
        if entry.name.startswith("admin:") and entry.name.endswith("_changelist"):
            yield entry.path.removeprefix("/")


def autocompletes() -> Iterator[tuple[str, str, str]]:
    """Django refuses those of what no admin searches before it reads a row."""
    searched = {model for model, pages in admin.site._registry.items() if pages.search_fields}
    for model in apps.get_models():
        for field in model._meta.get_fields():
            is_key = isinstance(field, models.ForeignKey | models.ManyToManyField)
            if is_key and field.related_model in searched:
                yield model._meta.app_label, model._meta.model_name or "", field.name


def text_of(response: Any) -> str:
    body = b"".join(response) if response.streaming else response.content
    headers = "\n".join(f"{name}: {value}" for name, value in response.items())
    cookies = response.cookies.output()
    return f"{headers}\n{cookies}\n{body.decode(errors='replace')}".casefold()


OPENED_BY_A_SECRET = {"entry", "agenda_feed", "hook"}
ENDS_THE_SESSION = re.compile("/(logout|end-others)/")


BOTH = ("get", "post")


def said_to(
    client: Client, host: str, path: str, methods: Iterable[str]
) -> Iterator[tuple[str, str]]:
    for method in methods:
        response = getattr(client, method)(path, headers={"host": host})
        yield f"{method} {path}", text_of(response)
        # The gate does not look at the method (portal/tests/test_roles.py).
        if response.status_code == 403 or ENDS_THE_SESSION.search(path):
            break


def leaks(
    client: Client, host: str, paths: list[str], word: str, methods: Iterable[str] = BOTH
) -> list[str]:
    said = re.compile(word)
    found = []
    for path in paths:
        own = path.casefold()
        for what, text in said_to(client, host, path, methods):
            # What somebody typed may be said back to them.
            if said.search(text.replace(own, "")):
                found.append(what)
    return found


# Hundreds of addresses, twice for each person.
pytestmark = pytest.mark.walk
# Words of its rows, and addresses of its people.
OF_THE_FIRST = f"quokka|{FIRST}"
OF_THE_SECOND = f"wombat|@{SECOND}"
KINDS = ("attendee", "organizer", "helpdesk", "moderator", "helper", "chair", "nobody")


@pytest.mark.ignore_template_errors
def test_who_belongs_there_reads_the_words(sides):
    """Else nothing would be found, whatever leaked."""
    _first, second = sides
    paths = ["/lobby/", "/rooms/main/", "/admin/schedule/talk/", "/admin/tickets/ticket/"]
    client = client_of(second.people["organizer"], SECOND)
    found = leaks(client, SECOND, paths, OF_THE_SECOND)
    assert {f"get {path}" for path in paths} <= set(found)


@pytest.mark.ignore_template_errors
@pytest.mark.parametrize("kind", KINDS)
def test_at_the_own_host_nobody_reads_what_the_other_one_has(sides, kind, caplog):
    """Signed in as they should be, and asking for the rows of the first by their numbers."""
    first, second = sides
    caplog.set_level(logging.INFO)
    client = client_of(second.people[kind], SECOND)
    client.raise_request_exception = False
    # Forms are those of attendees and of organizers; others have a part of them.
    methods = BOTH if kind in ("attendee", "organizer") else BOTH[:1]
    assert leaks(client, SECOND, [*addresses(first)], OF_THE_FIRST, methods) == []
    assert said_outside(caplog, OF_THE_FIRST) == []


@pytest.mark.ignore_template_errors
@pytest.mark.parametrize("kind", ["attendee", "organizer"])
def test_a_cookie_is_nothing_at_the_other_host(sides, kind, caplog):
    first, second = sides
    caplog.set_level(logging.INFO)
    client = client_of(first.people[kind], FIRST)
    either = f"{OF_THE_FIRST}|{OF_THE_SECOND}"
    client.raise_request_exception = False
    assert (
        leaks(client, SECOND, [*addresses(first), *addresses(second, but_secret=True)], either)
        == []
    )
    assert said_outside(caplog, either) == []
    assert client.get("/me.json", headers={"host": SECOND}).json()["name"] is None


@pytest.mark.ignore_template_errors
@pytest.mark.parametrize("kind", ["attendee", "organizer", "helper"])
def test_who_has_signed_in_at_the_other_host_is_a_stranger_there(sides, kind, caplog):
    """Rights and tickets of the first open nothing of the second."""
    first, second = sides
    caplog.set_level(logging.INFO)
    client = client_of(first.people[kind], SECOND)
    client.raise_request_exception = False
    assert leaks(client, SECOND, [*addresses(second, but_secret=True)], OF_THE_SECOND) == []
    assert said_outside(caplog, OF_THE_SECOND) == []


def said_outside(caplog: pytest.LogCaptureFixture, words: str) -> list[str]:
    """In mails and in the log."""
    outside = [str(each.message()) for each in mail.outbox] + [*caplog.text.splitlines()]
    return [text for text in outside if re.search(words, text.casefold())]
