import io
import json
import zipfile

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.contrib.auth import get_user_model
from django.utils import timezone

from conftest import (
    client_of,
    make_conference,
    make_role,
    make_speaker,
    make_talk,
    make_ticket,
    make_user,
)
from portal.keeping.my_data import LEFT_OUT, PARTS
from schedule.models import AgendaLink, Bookmark, Change
from tickets.accounts.accounts import prove_address
from tickets.admission.sign_in import SignInWay
from tickets.models import Ban, Grant, ReplacementCount


def downloaded(client):
    response = client.post("/my/data/download/")
    assert response.status_code == 200
    assert response["Content-Type"] == "application/zip"
    assert "no-store" in response["Cache-Control"]
    with zipfile.ZipFile(io.BytesIO(response.content)) as archive:
        return json.loads(archive.read("data.json"))


def fields_with_people():
    """What has a person in it, of all models there are; the rows between two models go with them."""
    person = get_user_model()
    return {
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if field.is_relation and not field.auto_created and field.related_model is person
    }


def test_every_field_with_a_person_is_told_or_left_out_for_a_reason():
    told = {f"{part.label}.{part.field}" for part in PARTS}
    installed = {each for each in told if each.partition(".")[0] in apps.app_configs}
    assert fields_with_people() == installed | set(LEFT_OUT)
    assert told - installed == {"socialaccount.SocialAccount.user"}
    assert not told & set(LEFT_OUT)
    assert all(LEFT_OUT.values())


def test_all_that_hangs_on_the_account(conference, attendee, client):
    other = make_conference(slug="other", domain="other.test")
    talk = make_talk(other, title="Elsewhere")
    make_ticket(
        conference, user=attendee, code="T1", holder_email=attendee.email, holder_name="Ann"
    )
    Bookmark.objects.create(user=attendee, talk=talk)
    link = AgendaLink.objects.create(user=attendee, conference=conference)
    Grant.objects.create(user=attendee, conference=other, reason="press")
    Ban.objects.create(user=attendee, conference=other, reason="rude", ends_at=timezone.now())
    ReplacementCount.add(conference, attendee.pk)
    Change.objects.create(conference=other, act="desk", actor=attendee, summary="moved it")
    make_speaker(conference, name="Ann Speaks", email=attendee.email.upper())
    prove_address(attendee)
    told = downloaded(client)
    assert told["account"]["email"] == attendee.email
    assert told["addresses"] == [{"email": attendee.email, "is_verified": True, "is_main": True}]
    tickets = {each["ticket"]: each for each in told["tickets"]}
    assert (tickets["T1"]["holder_name"], tickets["T1"]["is_held_by_you"]) == ("Ann", True)
    assert "T1" in {each["ticket"] for each in told["claims"]}
    assert told["stars"] == [{"conference": "other", "talk": talk.code, "title": "Elsewhere"}]
    assert told["grants"][0]["reason"] == "press"
    assert told["bans"][0]["reason"] == "rude"
    assert told["replaced_devices"][0]["times"] == 1
    assert told["changes_of_the_programme"][0]["summary"] == "moved it"
    assert told["speaker"][0]["name"] == "Ann Speaks"
    assert len(told["devices"]) == UserSession.objects.filter(user=attendee).count() >= 1
    assert told["calendars"][0]["conference"] == conference.slug
    assert link.token not in json.dumps(told)


def test_nothing_of_others(conference, attendee, client):
    """Somebody else's address and name on a ticket that the help desk gave, and all of other people."""
    prove_address(attendee)
    make_ticket(
        conference,
        user=attendee,
        code="GIVEN",
        holder_email="first@example.org",
        holder_name="First Holder",
        buyer_email="buyer@example.org",
        shop_email="shop@example.org",
    )
    bought = make_ticket(
        conference, code="BOUGHT", buyer_email=attendee.email, holder_email="friend@example.org"
    )
    bought.seal("door_code", "secret-of-the-friend")
    bought.save()
    stranger = make_user("stranger@example.net", display_name="Strange Name")
    make_ticket(conference, user=stranger, code="THEIRS", holder_email=stranger.email)
    Bookmark.objects.create(user=stranger, talk=make_talk(conference, title="Their star"))
    Grant.objects.create(
        user=stranger, conference=conference, reason="their grant", given_by=attendee
    )
    told = downloaded(client)
    assert {"GIVEN", "BOUGHT"} <= {each["ticket"] for each in told["tickets"]}
    text = json.dumps(told)
    words = ("first@", "First Holder", "buyer@", "shop@", "friend@", "secret-of-the-friend")
    assert [word for word in words if word in text] == []
    words = ("stranger@", "Strange Name", "THEIRS", "Their star", "their grant")
    assert [word for word in words if word in text] == []


def test_an_address_that_is_not_proved_finds_no_ticket(conference, client, attendee):
    make_ticket(conference, code="NAMED", holder_email=attendee.email)
    attendee.emailaddress_set.update(verified=False)
    assert "NAMED" not in {each["ticket"] for each in downloaded(client)["tickets"]}
    prove_address(attendee)
    assert "NAMED" in {each["ticket"] for each in downloaded(client)["tickets"]}


def test_mails_that_wait_without_their_text(client, attendee, mail_waits):
    for number, address in enumerate((attendee.email, "else@example.org")):
        mail_waits(address, f"Mail {number}", "code 1234")
    told = downloaded(client)
    assert [each["subject"] for each in told["mails_that_wait"]] == ["Mail 0"]
    assert "code 1234" not in json.dumps(told)


@pytest.mark.slow
def test_only_so_many_times_an_hour(client):
    for _time in range(10):
        downloaded(client)
    response = client.post("/my/data/download/", follow=True)
    assert "Wait an hour" in response.text


def test_a_link_does_not_open_it(conference, attendee):
    client = client_of(attendee, conference.domain, way=SignInWay.LINK)
    for response in (client.get("/my/data/"), client.post("/my/data/download/")):
        assert response.status_code == 403
        assert "Sign in again to go on" in response.text


def test_the_page(client):
    assert "Download my data" in client.get("/my/data/").text
    assert "/my/data/" in client.get("/tickets/").text
    assert client.get("/my/data/download/").status_code == 405


def test_who_organizes_gets_what_they_did(conference):
    organizer = make_role(conference, "organizer")
    told = downloaded(client_of(organizer, conference.domain))
    assert told["roles"] == [{"conference": conference.slug, "role": "organizer"}]
