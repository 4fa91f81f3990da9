"""A conference with one row of everything, its people, and a valid value for each path parameter."""

import hashlib
import re
from datetime import timedelta
from itertools import product
from typing import Any

from allauth.account.authentication import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from cryptography.hazmat.primitives.asymmetric import ec
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import models
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    Aaguid,
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from conftest import (
    client_of,
    make_conference,
    make_recording,
    make_role,
    make_room,
    make_speaker,
    make_stream,
    make_talk,
    make_ticket,
    make_user,
)
from portal.desk.forms import FORMS as DESK_FORMS
from schedule.feeds.tests.schedule_files import event_json, schedule_json
from schedule.models import AgendaLink, Bookmark, Change, Feed, ImportReview, Timer
from streaming.models import Announcement, Ingest
from tickets.helpdesk.forms import FORMS as HELPDESK_FORMS
from tickets.holders.links import link_to, token_of
from tickets.models import Grant, Shop, Upload, User
from tickets.sources.spreadsheets.files import read_book

PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>(?:[^()\\]|\\.)*\)(?:\{\d+\})?")
ORIGIN_SECRET = "of-nginx"
# What some addresses ask for first of all.
QUERIES = {
    "admin:autocomplete": {"app_label": "tickets", "model_name": "claim", "field_name": "user"},
    **{
        f"origin_{call}": {"secret": ORIGIN_SECRET}
        for call in ("key", "began", "ended", "recorded")
    },
}
WITH_KEY = ("attendee", "superuser")
PARSED = {
    "url": "nowhere",
    "app_label": "schedule",
    "colour": "336699",
    "content_type_id": "1",
    "number": "1",
}


class World:
    """`rows` has one row of each model of the admin."""

    def __init__(self) -> None:
        self.now = timezone.now()
        self.conference = make_conference(name="Walked")
        self.room = make_room(self.conference, slug="main")
        make_room(self.conference, slug="small")
        self.people = self._people()
        speaker = make_speaker(self.conference, code="SPEAKER", email=self.people["speaker"].email)
        self.talk = make_talk(
            self.conference, room=self.room, code="LIVE", speakers=[speaker], title="Engines"
        )
        make_talk(
            self.conference, room=self.room, code="LATER", starts_at=self.now + timedelta(hours=1)
        )
        self.talk.chairs.add(self.people["speaker"])
        self.ticket = make_ticket(self.conference, user=self.people["attendee"])
        make_ticket(
            self.conference, holder_email="friend@example.com", buyer_email="attendee@example.com"
        )
        self.rows: dict[type[models.Model], models.Model] = {}
        self._fill()

    def _people(self) -> dict[str, User]:
        people: dict[str, User] = {}
        for name in (
            "stranger",
            "attendee",
            "speaker",
            "helper",
            "helpdesk",
            "moderator",
            "organizer",
        ):
            people[name] = make_user(f"{name}@example.com", display_name=name)
        for name in ("helpdesk", "moderator", "organizer"):
            make_role(self.conference, name, people[name])
        self.room.helpers.add(people["helper"])
        people["superuser"] = make_user("root@example.com", is_superuser=True)
        Grant.objects.create(conference=self.conference, user=people["superuser"], reason="crew")
        return people

    def _fill(self) -> None:
        recording = make_recording(self.talk, is_shown=True)
        make_recording(self.room)
        make_stream(self.room)
        shop = Shop(conference=self.conference, slug="shop", kind="pretix", account="a", event="e")
        shop.base_url = "https://shop.example"
        shop.save()
        Timer.of(self.talk)
        attendee = self.people["attendee"]
        Bookmark.objects.create(user=attendee, talk=self.talk)
        self.agenda = AgendaLink.objects.of(attendee.pk, self.conference)
        Ingest.objects.create(room=self.room)
        for name in WITH_KEY:
            data = {"name": "Key", "credential": security_key()}
            Authenticator.objects.create(user=self.people[name], type="webauthn", data=data)
        for model in admin.site._registry:
            self.rows[model] = self._row(model)
        self.rows[type(recording)] = recording
        feed = Feed.objects.get()
        self.change = Change.objects.create(
            conference=self.conference, act=Change.Act.IMPORT, feed=feed
        )
        self._wait_for_review()

    def _wait_for_review(self) -> None:
        """A file of talks that somebody has uploaded and nobody has looked at; one of tickets, too."""
        organizer, data = self.people["organizer"], schedule_json(event_json(1), event_json(2))
        file = SimpleUploadedFile("schedule.json", data)
        client_of(organizer).post(reverse("admin:schedule_feed_upload"), {"file": file})
        self.review = ImportReview.objects.get()
        book = read_book(b"code,email\nA-1,a@example.com\n").at()
        self.upload = Upload.objects.keep(
            self.conference, "tickets.csv", book.pack(), by=organizer, at=self.now
        )
        self.rows[Upload] = self.upload

    def _row(self, model: type[models.Model]) -> models.Model:
        """One that is there, or one with the fields that it needs."""
        if (found := model._default_manager.first()) is not None:
            return found
        values: dict[str, Any] = {}
        for field in model._meta.concrete_fields:
            if field.null or field.blank or field.has_default() or field.primary_key:
                continue
            values[field.name] = self._value(field)
        row: models.Model = model._default_manager.create(**values)
        return row

    def _value(self, field: Any) -> Any:
        if field.remote_field:
            return self._row(field.related_model)
        if field.choices:
            return field.choices[0][0]
        kinds = {"JSONField": {}, "BooleanField": True, "DateTimeField": self.now}
        return kinds.get(field.get_internal_type(), "1")

    def clients(self) -> dict[str, Client]:
        """Who has a key has just used it."""
        signed_in = {
            name: client_of(user, has_factor=name in WITH_KEY) for name, user in self.people.items()
        }
        for name in WITH_KEY:
            session = signed_in[name].session
            used = {"method": "mfa", "type": "webauthn", "at": self.now.timestamp()}
            session[AUTHENTICATION_METHODS_SESSION_KEY] = [{**used, "reauthenticated": True}]
            session.save()
        return {"anonymous": Client(), **signed_in}

    def samples(self, name: str, parameter: str) -> list[str]:
        """Valid values of a path's parameter, for the view of this name."""
        if name in ("desk:act", "helpdesk:act"):
            return [*(DESK_FORMS if name == "desk:act" else HELPDESK_FORMS)]
        if parameter in PARSED:
            return [PARSED[parameter]]
        if name == "entry":
            return [token_of(link_to(self.ticket))]
        special = {
            ("admin:schedule_feed_review", "pk"): str(self.review.feed_id),
            ("agenda_feed", "secret"): self.agenda.secret,
            ("hook", "secret"): Shop.objects.get().hook_secret,
            ("desk:undo", "pk"): str(self.change.pk),
        }
        named = {
            "slug": self.room.slug,
            "code": "SPEAKER" if name == "speaker" else self.talk.code,
            "talk_pk": str(self.talk.pk),
            "change_pk": str(self.change.pk),
            "shop": "shop",
            "folder": "1",
            "secret": "1",
            "token": "1",
        }
        return [special.get((name, parameter)) or named.get(parameter) or self._pk(name)]

    def _pk(self, name: str) -> str:
        if name == "admin:auth_user_password_change":
            return str(self.people["attendee"].pk)
        for model, row in self.rows.items():
            if name.startswith(f"admin:{model._meta.app_label}_{model._meta.model_name}_"):
                return str(row.pk)
        by_name: dict[str, models.Model] = {
            "helpdesk:person": self.people["attendee"],
            "desk:end_announcement": self.rows[Announcement],
        }
        return str(by_name.get(name, self.ticket).pk)


def security_key() -> dict[str, Any]:
    """What a browser would have sent of one."""
    public = ES256.from_cryptography_key(ec.generate_private_key(ec.SECP256R1()).public_key())
    key = AttestedCredentialData.create(Aaguid(bytes(16)), b"key", public)
    host = hashlib.sha256(b"testserver").digest()
    signed = AuthenticatorData.create(host, AuthenticatorData.FLAG.AT, 0, key)
    client = CollectedClientData.create("webauthn.create", b"challenge", "https://testserver")
    return {
        "id": websafe_encode(b"key"),
        "rawId": websafe_encode(b"key"),
        "type": "public-key",
        "clientExtensionResults": {},
        "response": {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", signed, {})),
        },
    }


def parameters_of(pattern: str) -> list[str]:
    return [first or second for first, second in PARAMETER.findall(pattern)]


def filled(pattern: str, values: dict[str, str]) -> str:
    path = PARAMETER.sub(lambda found: values[found[1] or found[2]], pattern)
    return path.replace("^", "").replace("$", "").replace("\\", "")


def paths_of(world: World, name: str, pattern: str) -> list[dict[str, str]]:
    names = parameters_of(pattern)
    choices = [world.samples(name, parameter) for parameter in names]
    return [dict(zip(names, values, strict=True)) for values in product(*choices)]
