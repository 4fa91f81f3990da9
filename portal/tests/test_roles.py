"""What each role may see and do below the admin's path is what docs/roles.md says: every page of every
model, and every other page, by GET and by POST.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin
from django.db import models, transaction
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from conftest import (
    client_of,
    make_recording,
    make_role,
    make_speaker,
    make_stream,
    make_talk,
    make_ticket,
    make_user,
    on_both_hosts,
    settle,
)
from portal.tests.test_access import entries
from schedule.models import Change, Conference, Feed, FeedItem, Track
from streaming.models import Announcement, StreamAccount
from tickets.helpdesk.forms import FORMS
from tickets.models import Ban, Grant, ManyDevices, ReplacementCount, Shop, SyncRun, Upload, User

DOC = Path(settings.BASE_DIR, "docs", "roles.md")
ROLES = (
    "superuser",
    "organizer",
    "moderator",
    "help desk",
    "room helper",
    "chair",
    "attendee",
)
NOTHING = "–"
pytestmark = [
    pytest.mark.walk,
    on_both_hosts,
    # Django's own templates ask for variables that are not always there.
    pytest.mark.ignore_template_errors,
]


def table(heading: str) -> dict[str, dict[str, str]]:
    """Of docs/roles.md: by the first cell of a row and the name of a column."""
    part = DOC.read_text().partition(f"## {heading}\n")[2].partition("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")]
    head, _rule, *rows = ([cell.strip(" `") for cell in line.split("|")[1:-1]] for line in lines)
    assert tuple(head[1:]) == ROLES
    return {row[0]: dict(zip(ROLES, row[1:], strict=True)) for row in rows}


class Scene(NamedTuple):
    """A conference with one row of each model, and one person of each role."""

    conference: Conference
    people: dict[str, User]
    rows: dict[str, Any]
    change: Change

    def client_of(self, role: str) -> Client:
        return client_of(self.people[role], self.conference.domain)


@pytest.fixture
def scene(conference, room, attendee) -> Scene:
    speaker = make_speaker(conference)
    talk = make_talk(conference, room=room, code="LIVE", speakers=[speaker])
    helper, chair = make_user("helper@example.com"), make_user("chair@example.com")
    room.helpers.add(helper)
    talk.chairs.add(chair)
    people = {
        "superuser": make_user("root@example.com", is_superuser=True),
        "organizer": make_role(conference, "organizer"),
        "moderator": make_role(conference, "moderator"),
        "help desk": make_role(conference, "helpdesk"),
        "room helper": helper,
        "chair": chair,
        "attendee": attendee,
    }
    made: dict[str, Any] = {row._meta.label: row for row in rows(conference, room, talk, attendee)}
    made["schedule.Speaker"] = speaker
    change = Change.objects.create(
        conference=conference,
        act=Change.Act.IMPORT,
        feed=made["schedule.Feed"],
        made_at=timezone.now(),
    )
    settle()
    return Scene(conference, people, made, change)


def rows(conference: Conference, room: Any, talk: Any, person: User) -> Iterator[models.Model]:
    yield from (conference, room, talk, person, EmailAddress.objects.get(user=person))
    yield Track.objects.create(conference=conference, name="Looms", slug="looms")
    yield Feed.objects.create(conference=conference, source="x.json")
    yield FeedItem.objects.create(
        feed=Feed.objects.create(conference=conference, source="y.json"), talk=talk, key="1"
    )
    yield Announcement.objects.create(conference=conference, text="Hello")
    yield make_stream(room)
    yield make_recording(talk)
    yield StreamAccount.objects.create(conference=conference, kind="mux", key_id="k")
    yield Grant.objects.create(conference=conference, user=person, reason="crew")
    yield Ban.objects.create(
        conference=conference, user=make_user(), reason="x", ends_at=timezone.now()
    )
    ticket = make_ticket(conference, holder_email="free@example.com")
    yield from (ticket, ticket.product)
    ReplacementCount.objects.create(conference=conference, user=person, times=99)
    here = {"user": person, "ip": "127.0.0.1", "data": {"conference": conference.pk, "device": "x"}}
    UserSession.objects.create(session_key="x", **here)
    yield ManyDevices.objects.get(pk=person.pk)
    yield Shop.objects.create(conference=conference, slug="shop", kind="tito")
    asked = Shop.objects.create(conference=conference, slug="asked", kind="tito")
    yield SyncRun.objects.create(shop=asked, is_full=True, state="refused")
    mapping = {"columns": {"code": "code"}, "words": {}}
    table = [["code"], ["A"]]
    yield Upload.objects.create(conference=conference, name="a.csv", rows=table, mapping=mapping)
    yield Authenticator.objects.create(user=make_user(), type="totp", data={})
    yield DBTaskResult.objects.create(
        task_path="x", args_kwargs={}, backend_name="default", run_after=timezone.now()
    )


@pytest.fixture
def _unrendered(monkeypatch):
    """Whether a page is open is known before it is drawn, which takes most of the time."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")


def refused(response: Any) -> bool:
    """Told so, or sent to where one signs in."""
    return response.status_code == 403 or "login" in response.get("Location", "")


def post(client: Client, url: str, data: Any = None) -> Any:
    """What it writes is taken back."""
    with transaction.atomic():
        response = client.post(url, data or {})
        transaction.set_rollback(True)
    return response


# --- The pages of each model --------------------------------------------------------------------


def cell(client: Client, model_admin: Any, row: models.Model) -> str:
    """What somebody may do with a model, as the table says it."""
    opts = model_admin.opts
    name, one = f"admin:{opts.app_label}_{opts.model_name}", [row.pk]
    listed, change = reverse(f"{name}_changelist"), reverse(f"{name}_change", args=one)
    looks = {not refused(client.get(url)) for url in (listed, change)}
    looks.add(not refused(client.get(reverse(f"{name}_history", args=one))))
    assert len(looks) == 1, f"{name}: a part of the pages alone"
    found = ["view"] if looks == {True} else []
    adding, deleting = reverse(f"{name}_add"), reverse(f"{name}_delete", args=one)
    if _may(client, adding):
        found.append("add")
    if not refused(post(client, change)):
        found.append("change")
    if _may(client, deleting, {"post": "yes"}):
        found.append("delete")
    return ", ".join(found) or NOTHING


def _may(client: Client, url: str, data: Any = None) -> bool:
    answers = {refused(client.get(url)), refused(post(client, url, data))}
    assert len(answers) == 1, f"{url}: GET and POST differ"
    return answers == {False}


@pytest.mark.usefixtures("_unrendered")
@pytest.mark.parametrize("role", ROLES)
def test_the_pages_of_each_model(scene, role):
    client, said = scene.client_of(role), table("The rows of the admin")
    assert said.keys() == {model._meta.label for model in admin.site._registry}
    found = {
        model._meta.label: cell(client, model_admin, scene.rows[model._meta.label])
        for model, model_admin in admin.site._registry.items()
    }
    assert found == {label: cells[role] for label, cells in said.items()}


@pytest.mark.usefixtures("_unrendered")
@pytest.mark.parametrize("role", ROLES)
def test_actions_are_for_those_who_may_change(scene, role):
    client, said = scene.client_of(role), table("The rows of the admin")
    for model, model_admin in admin.site._registry.items():
        label, row = model._meta.label, scene.rows[model._meta.label]
        if "change" in said[label][role] or label == "schedule.FeedItem":
            continue
        opts = model_admin.opts
        url = reverse(f"admin:{opts.app_label}_{opts.model_name}_changelist")
        before = everything()
        for action in model_admin.actions:
            name = action if isinstance(action, str) else action.__name__
            client.post(url, {"action": name, "_selected_action": [row.pk], "post": "yes"})
        client.post(url, {"action": "delete_selected", "_selected_action": [row.pk], "post": "yes"})
        assert everything() == before


def everything() -> dict[str, list[Any]]:
    """What anybody could have changed."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in admin.site._registry
    }


@pytest.mark.usefixtures("_unrendered")
@pytest.mark.parametrize("role", ROLES)
def test_what_is_offered_while_one_types(scene, role):
    """Whoever may look at rows may search them."""
    client, said = scene.client_of(role), table("The rows of the admin")
    fields = {
        model._meta.get_field(name)
        for model_admin in admin.site._registry.values()
        for model, names in [
            (model_admin.model, model_admin.autocomplete_fields),
            *((inline.model, inline.autocomplete_fields) for inline in model_admin.inlines),
        ]
        for name in names
    }
    assert len(fields) > 8
    for field in fields:
        opts = field.model._meta
        asked = {"app_label": opts.app_label, "model_name": opts.model_name, "term": "a"}
        response = client.get(reverse("admin:autocomplete"), {**asked, "field_name": field.name})
        may_look = "view" in said[field.related_model._meta.label][role]
        assert refused(response) != may_look, str(field)


# --- All other pages ----------------------------------------------------------------------------

ORDINARY = re.compile(r"^admin:\w+_(changelist|add|change|delete|history)$|RedirectView|catch_all")
# For whoever comes, or who may open the admin at all; each says by itself what it has for whom.
SITE = {"admin:login", "admin:logout", "admin:index", "admin:app_list", "admin:jsi18n"}
SITE |= {"admin:password_change", "admin:password_change_done", "admin:autocomplete"}


def other_pages(scene: Scene) -> Iterator[tuple[str, str]]:
    """The name of each with its address."""
    for entry in entries():
        if not entry.path.startswith(f"/{settings.ADMIN_PATH}") or entry.name in SITE:
            continue
        is_password = entry.name == "admin:auth_user_password_change"
        if ORDINARY.search(entry.name) and not is_password:
            continue
        if entry.name == "helpdesk:act":
            for act in FORMS:
                yield f"helpdesk:act {act}", reverse("helpdesk:act", args=[act])
            continue
        yield entry.name, address(scene, entry)


def address(scene: Scene, entry: Any) -> str:
    ours = {label.lower(): row for label, row in scene.rows.items()}
    known: dict[str, Any] = {
        "slug": "main",
        "code": "LIVE",
        "act": "shift",
        "change_pk": scene.change.pk,
        "talk_pk": ours["schedule.talk"].pk,
        "id": scene.people["chair"].pk,
    }
    model = re.match(r"admin:([a-z]+)_([a-z]+)_", entry.name)
    if model:
        known["pk"] = ours.get(".".join(model.groups()), scene.people["chair"]).pk
    else:
        known["pk"] = {
            "desk:undo": scene.change,
            "desk:end_announcement": ours["streaming.announcement"],
            "helpdesk:person": ours["tickets.user"],
            "helpdesk:ticket": ours["tickets.ticket"],
        }.get(entry.name, scene.change).pk
    names = re.findall(r"<(?:\w+:)?(\w+)>", entry.path)
    return reverse(entry.name, kwargs={name: known[name] for name in names})


@pytest.mark.usefixtures("_unrendered")
@pytest.mark.parametrize("role", ROLES)
def test_the_other_pages(scene, role):
    client, said = scene.client_of(role), table("The other pages")
    found = {}
    for name, url in other_pages(scene):
        answers = [client.get(url), post(client, url)]
        open_to = {not refused(each) for each in answers if each.status_code != 405}
        assert len(open_to) == 1, f"{name}: GET and POST differ"
        found[name] = "yes" if open_to == {True} else NOTHING
    assert found == {name: cells[role] for name, cells in said.items()}


# --- Links --------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", ROLES)
def test_the_links_of_the_header_lead_where_one_may_go(scene, role):
    client = scene.client_of(role)
    pages = [reverse(name) for name in ("admin:index", "desk:index", "helpdesk:index")]
    for page in pages:
        answer = client.get(page, follow=True)
        if answer.status_code != 200:
            continue
        head = answer.text.partition('id="user-tools"')[2].partition("</header>")[0]
        links = re.findall(r'href="([^"]+)"', head)
        assert links
        assert [link for link in links if client.get(link).status_code == 403] == []
        shown = [page for page in pages[1:] if f'href="{page}"' in head]
        assert shown == [page for page in pages[1:] if client.get(page).status_code == 200]


def test_who_has_nothing_in_the_admin_is_led_to_the_desk(scene):
    assert scene.client_of("room helper").get("/admin/").url == reverse("desk:index")


def test_django_s_way_to_any_row_by_its_number_is_closed(scene):
    """It tells the address of each row of each conference, which of some is a secret."""
    assert "view_on_site" not in {entry.name.rpartition(":")[2] for entry in entries()}
    answer = scene.client_of("organizer").get("/admin/r/1/1/")
    assert answer.status_code == 404


@pytest.mark.parametrize("role", ["superuser", "organizer", "moderator", "help desk"])
def test_view_on_site_leads_to_pages_that_are_open(scene, role):
    client, seen = scene.client_of(role), 0
    for model in admin.site._registry:
        row = scene.rows[model._meta.label]
        url = reverse(
            f"admin:{model._meta.app_label}_{model._meta.model_name}_change", args=[row.pk]
        )
        page = client.get(url)
        for link in re.findall(r'href="([^"]+)" class="viewsitelink"', page.text):
            assert client.get(link, follow=True).status_code == 200, link
            seen += 1
    assert client.get("/", follow=True).status_code == 200
    if role in ("superuser", "organizer"):
        assert seen >= 2
