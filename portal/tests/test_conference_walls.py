"""Whoever organizes one conference walks through the whole admin with the rows of another one."""

from itertools import chain

import pytest
from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.contrib import admin
from django.forms import ModelChoiceField
from django.urls import reverse
from django.urls.exceptions import NoReverseMatch

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
from schedule.models import Conference, Feed, FeedItem, Track
from schedule.site.scoped_admin import OfConference
from streaming.models import Announcement, Ingest, StreamAccount, StreamHost
from tickets.models import Ban, Claim, Grant, ManyDevices, Role, Shop, SyncRun, Upload, User

# Django's own templates ask for variables that are not always there.
pytestmark = [pytest.mark.walk, pytest.mark.ignore_template_errors]

HOST = "b.example.com"
SCOPED = {
    model: pages for model, pages in admin.site._registry.items() if isinstance(pages, OfConference)
}
OTHERS = [model for model in admin.site._registry if model not in SCOPED]


def make_rows(conference, word):
    """One of each model of the admin and of its inlines."""
    person = make_user(f"{word}@example.com", display_name=word)
    for number in range(4):
        seen = {"conference": conference.pk, "device": str(number), "network": "x"}
        UserSession.objects.create(
            user=person, session_key=f"{word}{number}", ip="0.0.0.0", data=seen
        )
    room = make_room(conference, name=word, slug=word)
    speaker = make_speaker(conference, name=word)
    talk = make_talk(conference, room=room, title=word, speakers=[speaker])
    feed = Feed.objects.create(conference=conference, source=word)
    shop = Shop.objects.create(conference=conference, kind="pretix", slug=word)
    ticket = make_ticket(conference, user=person, code=word)
    of = {"conference": conference}
    return [
        *(conference, person, room, speaker, talk, feed, shop, ticket, ticket.product),
        ManyDevices.objects.get(pk=person.pk),
        Claim.objects.get(ticket=ticket),
        Track.objects.create(**of, name=word, slug=word),
        FeedItem.objects.create(feed=feed, talk=talk, key=word),
        Announcement.objects.create(**of, text=word),
        make_recording(talk),
        make_stream(room),
        Ingest.objects.create(room=room),
        StreamHost.objects.create(**of, host=f"{word}.example.com"),
        StreamAccount.objects.create(**of, kind="mux", name=word),
        Grant.objects.create(**of, user=person, reason=word),
        Ban.objects.create(**of, user=person, reason=word),
        Role.objects.create(**of, user=person, kind="helpdesk"),
        SyncRun.objects.create(shop=shop, is_full=True, problem=word),
        Upload.objects.create(**of, name=word),
    ]


def state(rows):
    return {(type(row), row.pk): type(row)._base_manager.filter(pk=row.pk).values().first() for row in rows.values()}  # fmt: skip


@pytest.fixture
def theirs(conference):
    """Rows of the other conference by their model."""
    return {type(row): row for row in make_rows(conference, "theirs")}


@pytest.fixture
def ours(theirs):
    conference = make_conference(name="Ours", slug="ours", domain=HOST)
    settle()
    return {type(row): row for row in make_rows(conference, "ours")}


@pytest.fixture
def client(ours):
    organizer = make_user("organizer-of-ours@example.com")
    Role.objects.create(user=organizer, conference=ours[Conference], kind="organizer")
    return client_of(organizer, HOST)


def page_of(model, name, *arguments):
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{name}", args=arguments)


def pages_of_a_row(pages, row):
    """Addresses of the admin's pages that name this row, Django's and our own."""
    for pattern in pages.get_urls():
        names = pattern.pattern.converters
        if not {"pk", "object_id", "id"} & names.keys() or pattern.name is None:
            continue
        try:
            yield reverse(f"admin:{pattern.name}", args=[row.pk] * len(names))
        except NoReverseMatch:
            continue


def test_every_model_of_the_admin_is_walked(theirs):
    assert SCOPED.keys() <= theirs.keys()
    inlines = {inline.model for pages in SCOPED.values() for inline in pages.inlines}
    assert inlines <= theirs.keys()


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_pages_of_rows_of_another_conference_are_404(client, theirs, ours, model):
    pages, before = SCOPED[model], state(theirs)
    urls = list(pages_of_a_row(pages, theirs[model]))
    assert len(urls) >= 3
    for url in urls:
        for answer in (client.get(url), client.post(url, {"post": "yes"})):
            # 405: that page is only for the other method.
            assert answer.status_code in (404, 405), url
            assert "theirs" not in answer.text.replace(url, "")
    assert state(theirs) == before


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_lists_searches_and_actions_leave_them_out(client, theirs, model):
    pages, before = SCOPED[model], state(theirs)
    url = page_of(model, "changelist")
    assert "theirs" not in client.get(url).text
    if pages.search_fields:
        for words in ("theirs", "theirs@example.com"):
            found = client.get(url, {"q": words}).context["cl"].result_list
            assert theirs[model] not in found
    actions = {*pages.actions, "delete_selected"}
    for action in actions:
        data = {"action": action, "_selected_action": [theirs[model].pk], "post": "yes"}
        client.post(url, data)
        client.post(url, data | {"select_across": "1"})
    assert state(theirs) == before


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_lists_are_not_filtered_through_relations(client, theirs, model):
    url = page_of(model, "changelist")
    relations = [field.name for field in model._meta.get_fields() if field.is_relation]
    for relation in relations:
        for lookup in ("email", "slug", "user__email", "conference__slug", "token"):
            answer = client.get(url, {f"{relation}__{lookup}__startswith": "t"})
            assert answer.status_code == 400 or answer.status_code == 302
    if model is User:
        assert client.get(url, {"password__startswith": "m"}).status_code == 400


def fields_of(answer):
    form = answer.context["adminform"].form
    sets = [each.formset.empty_form for each in answer.context["inline_admin_formsets"]]
    return chain.from_iterable(each.fields.items() for each in (form, *sets))


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_forms_offer_and_take_none_of_their_rows(client, theirs, ours, model):
    urls = [page_of(model, "change", ours[model].pk), page_of(model, "add")]
    for url in urls:
        answer = client.get(url)
        if answer.status_code != 200 or "adminform" not in answer.context:
            continue
        for name, field in fields_of(answer):
            # An inline's own id is another test's.
            is_choice = isinstance(field, ModelChoiceField) and name != "id"
            if is_choice and field.queryset.model in theirs:
                their = theirs[field.queryset.model]
                assert their not in field.queryset, f"{url} {name}"
        chosen = {
            name: theirs[field.queryset.model].pk
            for name, field in answer.context["adminform"].form.fields.items()
            if isinstance(field, ModelChoiceField) and field.queryset.model in theirs
        }
        assert "theirs" not in client.get(url, chosen).text
    for name in SCOPED[model].autocomplete_fields:
        options = model._meta
        asked = {"app_label": options.app_label, "model_name": options.model_name}
        for words in ("theirs", "theirs@example.com"):
            answer = client.get(
                reverse("admin:autocomplete"), asked | {"field_name": name, "term": words}
            )
            assert answer.json()["results"] == []


@pytest.mark.parametrize(
    "model",
    [model for model, pages in SCOPED.items() if pages.inlines],
    ids=lambda model: model.__name__,
)
def test_inlines_do_not_reach_their_rows_by_hidden_ids(client, theirs, ours, model):
    before = state(theirs)
    url = page_of(model, "change", ours[model].pk)
    answer = client.get(url)
    form = answer.context["adminform"].form
    data = {name: form[name].value() for name in form.fields}
    for each in answer.context["inline_admin_formsets"]:
        formset = each.formset
        prefix, row = formset.prefix, theirs[formset.model]
        data |= {f"{prefix}-TOTAL_FORMS": 1, f"{prefix}-INITIAL_FORMS": 1}
        values = {name: field.initial for name, field in formset.empty_form.fields.items()}
        values |= {formset._pk_field.name: row.pk, "DELETE": "on", "release": "on"}
        data |= {f"{prefix}-0-{name}": value for name, value in values.items()}
    flat = {name: "" if value is None else value for name, value in data.items()}
    assert client.post(url, flat).status_code in (200, 302)
    assert state(theirs) == before


@pytest.mark.parametrize("model", OTHERS, ids=lambda model: model.__name__)
def test_what_belongs_to_no_conference_is_for_superusers(client, theirs, model):
    address = EmailAddress.objects.get(email="theirs@example.com")
    urls = [page_of(model, "changelist"), page_of(model, "add")]
    if model is EmailAddress:
        urls += [page_of(model, name, address.pk) for name in ("change", "history", "delete")]
    for url in urls:
        assert client.get(url).status_code == 403
        assert client.post(url, {}).status_code == 403
