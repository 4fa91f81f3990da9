"""Who does not want to be recorded says so in the feed, and no import and no organizer overrides it."""

import json
from datetime import date
from zoneinfo import ZoneInfo

import pytest
from django.contrib import admin
from django.urls import reverse

from conftest import client_of, make_conference, make_talk, utc
from schedule.feeds.exporting.export import Export
from schedule.feeds.exporting.views import WRITERS
from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.import_file import import_schedule
from schedule.feeds.tests.schedule_files import event_json, schedule_json
from schedule.models import Change, Talk

PRETALX_SLOT = {"start": "2026-03-06T10:00:00Z", "end": "2026-03-06T10:30:00Z"}
XML = """<schedule><conference><title>C</title></conference><day date="2026-03-06"><room name="Hall">
<event id="1" guid="%s"><title>Talk</title><date>2026-03-06T10:00:00+01:00</date><start>10:00</start>
<duration>00:30</duration><recording><license/><optout>true</optout></recording></event>
</room></day></schedule>""" % ("0" * 8 + "-0000-4000-8000-" + "0" * 12)  # noqa: UP031


SYMPOSION = {"conf_key": 1, "name": "Talk", "room": "Hall", "released": False, **PRETALX_SLOT}


def pretalx(**words):
    talk = {"code": "ABCDEF", "title": "Talk", "state": "confirmed", **words}
    return {"results": [{**PRETALX_SLOT, "room": {"name": "Hall"}, "submission": talk}]}


def widget(**words):
    talk = {"code": "ABCDEF", "title": "Talk", "room": 1, **PRETALX_SLOT, **words}
    return {"talks": [talk], "rooms": [{"id": 1, "name": "Hall"}], "timezone": "UTC"}


@pytest.mark.parametrize(
    "data",
    [
        schedule_json(event_json(1, do_not_record=True)),
        XML.encode(),
        json.dumps(pretalx(do_not_record=True)).encode(),
        json.dumps(widget(do_not_record=True)).encode(),
        b"title,start,end,room,do not record\nTalk,2026-03-06 10:00,10:30,Hall,yes\n",
        b"title,start,end,room,opt-out\nTalk,2026-03-06 10:00,10:30,Hall,audio only\n",
        json.dumps({"schedule": [SYMPOSION]}).encode(),
    ],
    ids=["json", "xml", "pretalx", "widget", "csv", "doubtful csv", "symposion"],
)
def test_formats_that_can_say_it_do(data):
    programme = parse(data, default_zone=ZoneInfo("Europe/Berlin"))
    assert [talk.do_not_record for talk in programme.talks] == [True]


@pytest.fixture
def conference(db):
    return make_conference(starts_on=date(2026, 3, 6), ends_on=date(2026, 3, 7))


def load(conference, **words):
    return import_schedule(
        conference=conference,
        programme=parse(schedule_json(event_json(1, **words))),
        source="feed",
        at=utc("2026-03-06 07:00"),
    )


def test_it_takes_back_what_an_organizer_has_noted(conference):
    load(conference)
    Talk.objects.update(may_be_replayed=True)
    assert load(conference, title="Other").counts["changed"] == 1
    assert Talk.objects.get().may_be_replayed
    (line,) = load(conference, title="Other", do_not_record=True).as_dict()["lines"]
    field = {"field": "may_be_replayed", "old": True, "new": False}
    assert (line["fields"], line["kinds"]) == ([field], ["text"])
    assert not Talk.objects.get().may_be_replayed
    # It does not come back by itself: nobody has agreed.
    load(conference, title="Other")
    assert not Talk.objects.get().may_be_replayed


def act(organizer, name, *talks):
    data = {"action": name, admin.helpers.ACTION_CHECKBOX_NAME: [talk.pk for talk in talks]}
    address = reverse("admin:schedule_talk_changelist")
    return client_of(organizer).post(address, data, follow=True).content.decode()


@pytest.mark.slow
@pytest.mark.ignore_template_errors
def test_organizers_note_who_agrees(conference, organizer):
    load(conference, do_not_record=True)
    refuses, other = Talk.objects.get(), make_talk(conference, title="Other")
    page = act(organizer, "agree", refuses, other)
    assert "1 talk changed." in page
    assert f"may not be recorded: {refuses.title}" in page
    assert list(Talk.objects.filter(may_be_replayed=True)) == [other]
    assert Change.objects.filter(summary="Consent to the recording: Other").exists()
    assert "1 talk changed." in act(organizer, "disagree", refuses, other)
    assert not Talk.objects.filter(may_be_replayed=True).exists()


def test_who_does_not_want_to_be_streamed_is_on_site_only(conference):
    load(conference)
    talk = Talk.objects.get()
    assert talk.delivery == Talk.Delivery.LIVE
    load(conference, do_not_stream=True)
    talk.refresh_from_db()
    assert talk.delivery == Talk.Delivery.ON_SITE
    Talk.objects.update(delivery=Talk.Delivery.LIVE)  # the organizers have asked the speakers
    assert load(conference, do_not_stream=True).plan["lines"] == []
    assert load(conference, do_not_stream=True, title="Renamed").counts["changed"] == 1
    talk.refresh_from_db()
    assert talk.delivery == Talk.Delivery.LIVE
    exported = WRITERS["json"].write(Export.of(conference, "https://live.example.org/"))
    assert b'"do_not_stream":true' in exported
    Talk.objects.all().delete()
    load(conference, do_not_stream="yes")
    assert Talk.objects.get().delivery == Talk.Delivery.ON_SITE
