from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conftest import (
    client_of,
    make_conference,
    make_room,
    make_speaker,
    make_talk,
    settle,
    utc,
)
from schedule.admin.tests.talk_forms import ADD_TALK, TALKS, errors_of, shown_then, talk_data
from schedule.models import Conference, Feed, FeedItem, Room, Speaker, Talk, Track

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors


@pytest.fixture
def client(organizer):
    return client_of(organizer)


@pytest.mark.slow
def test_a_talk_is_added_in_the_conferences_zone(client, conference):
    response = client.post(ADD_TALK, talk_data())
    assert response.status_code == 302
    talk = Talk.objects.get()
    assert talk.conference == conference
    # Berlin in summer is two hours ahead.
    assert talk.starts_at == utc("2026-07-01 08:00")

    page = client.get(reverse("admin:schedule_talk_change", args=[talk.pk])).content.decode()
    assert 'value="10:00:00"' in page
    assert "times of Europe/Berlin" in page
    assert "Wed 1 Jul, 10:00–10:45" in client.get(TALKS).content.decode()


def test_the_zone_is_left_after_the_request(client):
    client.get(TALKS)
    assert timezone.get_current_timezone_name() == "UTC"


def test_a_code_is_proposed(client):
    page = client.get(ADD_TALK)
    assert len(page.context["adminform"].form.initial["code"]) == 6


@pytest.mark.slow
def test_a_second_talk_with_the_same_code_is_refused_in_the_form(client, conference):
    make_talk(conference, code="TEA")
    make_talk(make_conference(), code="OTHER")
    assert "Another talk of this conference has this code." in errors_of(
        client.post(ADD_TALK, talk_data())
    )
    # Codes of other conferences are free.
    assert client.post(ADD_TALK, talk_data(code="OTHER")).status_code == 302


def test_a_talk_that_ends_before_it_starts_is_refused_in_the_form(client):
    response = client.post(ADD_TALK, talk_data(ends_at_1="09:00:00"))
    assert "The talk ends before it starts." in errors_of(response)


@pytest.mark.slow
def test_rooms_of_other_conferences_are_neither_offered_nor_accepted(client, conference):
    mine = make_room(conference, name="My room")
    other = make_room(make_conference(), name="Other room")
    response = client.post(ADD_TALK, talk_data(room=other.pk))
    assert "Select a valid choice" in errors_of(response)

    offered = client.get(
        reverse("admin:autocomplete"),
        {"app_label": "schedule", "model_name": "talk", "field_name": "room", "term": "room"},
    )
    assert [found["id"] for found in offered.json()["results"]] == [str(mine.pk)]


def test_texts_are_stored_as_clean_html(client):
    data = talk_data(abstract="<p>Hi<script>alert(1)</script></p>", description="plain *words*")
    client.post(ADD_TALK, data)
    talk = Talk.objects.get()
    assert talk.abstract == "<p>Hi</p>"
    assert talk.description == "<p>plain <em>words</em></p>"


@pytest.mark.slow
def test_links_are_typed_as_lines(client):
    client.post(
        ADD_TALK, talk_data(links="https://example.org/a.pdf Slides\nhttps://example.org/b")
    )
    talk = Talk.objects.get()
    assert talk.links == [
        {"title": "Slides", "url": "https://example.org/a.pdf"},
        {"title": "example.org", "url": "https://example.org/b"},
    ]
    page = client.get(reverse("admin:schedule_talk_change", args=[talk.pk])).content.decode()
    assert "https://example.org/a.pdf Slides" in page


def test_a_link_without_an_address_is_explained(client):
    response = client.post(ADD_TALK, talk_data(links="javascript:alert(1) Slides"))
    assert "does not begin with an address like" in errors_of(response)


@pytest.mark.slow
def test_canceling_and_restoring(client, conference):
    talks = [make_talk(conference), make_talk(conference), make_talk(conference, is_canceled=True)]
    chosen = {"_selected_action": [talk.pk for talk in talks]}
    page = client.post(TALKS, {"action": "cancel", **chosen}, follow=True).content.decode()
    assert "2 talks canceled." in page
    assert Talk.objects.filter(is_canceled=True).count() == 3

    page = client.post(TALKS, {"action": "restore", **chosen}, follow=True).content.decode()
    assert "3 talks restored." in page
    assert not Talk.objects.filter(is_canceled=True).exists()
    history = client.get(reverse("admin:schedule_talk_history", args=[talks[0].pk]))
    assert history.content.decode().count("Changed canceled.") == 2


def test_a_talk_moved_on_the_day_keeps_its_first_time(client, conference):
    talk = make_talk(conference, code="TEA", title="Tea for two")
    was_at = talk.starts_at
    url = reverse("admin:schedule_talk_change", args=[talk.pk])
    assert client.post(url, talk_data()).status_code == 302
    talk.refresh_from_db()
    assert talk.planned_starts_at is not None
    assert abs(talk.planned_starts_at - was_at) < timedelta(seconds=1)
    assert "moved from" in client.get(TALKS).content.decode()


def test_before_the_first_day_a_new_time_is_the_plan(client, conference):
    coming = timezone.now().date() + timedelta(days=30)
    Conference.objects.update(starts_on=coming, ends_on=coming)
    talk = make_talk(conference, code="TEA")
    client.post(reverse("admin:schedule_talk_change", args=[talk.pk]), talk_data())
    talk.refresh_from_db()
    assert talk.starts_at == utc("2026-07-01 08:00")
    assert talk.planned_starts_at is None


@pytest.mark.parametrize("model", ["talk", "room"])
def test_talks_and_rooms_are_not_deleted(client, conference, model):
    row = make_talk(conference) if model == "talk" else make_room(conference)
    assert client.get(reverse(f"admin:schedule_{model}_delete", args=[row.pk])).status_code == 403
    assert (
        "delete_selected"
        not in client.get(reverse(f"admin:schedule_{model}_changelist")).content.decode()
    )


def test_rows_of_other_conferences_are_not_shown(client, conference):
    make_talk(conference, title="Ours")
    theirs = make_talk(make_conference(domain="other.example.com"), title="Theirs")
    page = client.get(TALKS).content.decode()
    assert "Theirs" not in page
    missing = client.get(reverse("admin:schedule_talk_change", args=[theirs.pk]))
    assert missing.status_code == 404


@pytest.fixture
def conference(db):
    # With a domain: some tests make a second conference.
    return make_conference(domain="testserver")


def test_lists_find_and_filter(client, conference):
    room = make_room(conference, name="Hall")
    ada = make_speaker(conference, name="Ada")
    make_talk(conference, title="Engines", room=room, speakers=[ada])
    make_talk(conference, title="Looms", is_canceled=True, delivery="pre_recorded")
    found = client.get(TALKS, {"q": "ada"}).content.decode()
    assert "Engines" in found
    assert "Looms" not in found
    canceled = client.get(TALKS, {"is_canceled__exact": "1"}).content.decode()
    assert "canceled, pre-recorded" in canceled
    assert "Engines" not in canceled


def make_rows(conference, count):
    feed = Feed.objects.create(conference=conference, source=f"file-{count}", format="c3voc")
    for number in range(count):
        label = f"{count}-{number}"
        room = make_room(conference)
        track = Track.objects.create(conference=conference, name=label, slug=label)
        speaker = make_speaker(conference)
        talk = make_talk(conference, room=room, track=track, speakers=[speaker])
        FeedItem.objects.create(feed=feed, talk=talk, key=label)
        if number:
            Feed.objects.create(conference=conference, source=label, format="c3voc")


@pytest.mark.slow
@pytest.mark.parametrize(
    "model", ["conference", "room", "track", "speaker", "talk", "feed", "feeditem"]
)
def test_a_list_of_three_costs_the_queries_of_one(client, conference, model):
    url = reverse(f"admin:schedule_{model}_changelist")
    make_rows(conference, 1)
    client.get(url)
    with CaptureQueriesContext(
        connection,
    ) as one:
        assert client.get(url).context["cl"].result_count == 1
    make_rows(conference, 2)
    if model == "conference":
        make_conference(domain="a.example.com")
        make_conference(domain="b.example.com")
    with CaptureQueriesContext(connection) as three:
        assert client.get(url).context["cl"].result_count == 3
    assert len(three) == len(one)


def test_a_rooms_form_lists_its_talks(client, conference):
    room = make_room(conference, name="Hall")
    talk = make_talk(conference, title="Engines", room=room)
    page = client.get(reverse("admin:schedule_room_change", args=[room.pk])).content.decode()
    assert "Engines" in page
    assert reverse("admin:schedule_talk_change", args=[talk.pk]) in page


def test_a_room_is_added(client, conference):
    add = reverse("admin:schedule_room_add")
    data = {"name": "Hall", "slug": "hall", "position": 0, "description": "Up the *stairs*"}
    assert client.post(add, data).status_code == 302
    assert Room.objects.get().description == "<p>Up the <em>stairs</em></p>"
    # A slug is unique in its conference, and the form says so.
    assert "already exists" in errors_of(client.post(add, {**data, "name": "Other"}))


def test_a_speaker_is_added(client, conference):
    add = reverse("admin:schedule_speaker_add")
    client.post(add, {"name": "Ada", "code": "ADA", "biography": "Counts<script>1</script>"})
    assert Speaker.objects.get().biography == "<p>Counts</p>"


def test_feed_items_are_only_shown(client, conference):
    make_rows(conference, 1)
    item = reverse("admin:schedule_feeditem_change", args=[FeedItem.objects.get().pk])
    page = client.get(item).content.decode()
    assert "1-0" in page
    assert 'name="_save"' not in page
    assert client.get(reverse("admin:schedule_feeditem_add")).status_code == 403


@pytest.mark.slow
def test_the_conferences_form_offers_time_zones_and_explains_dates(client, conference):
    url = reverse("admin:schedule_conference_change", args=[conference.pk])
    page = client.get(url).content.decode()
    assert '<option value="Europe/Berlin" selected>' in page
    assert '<input type="color"' in page
    data = {
        "name": "Testconf",
        "slug": "testconf",
        "starts_on": "2026-07-02",
        "ends_on": "2026-07-01",
        "time_zone": "Europe/Nowhere",
        "day_starts_at_hour": 4,
        "visibility": "hidden",
        "languages": "en,de ,",
        "accent_colour": "#000000",
        "domain": "https://Live.example.org",
        "stream_hosts-TOTAL_FORMS": 0,
        "stream_hosts-INITIAL_FORMS": 0,
    }
    errors = errors_of(client.post(url, data))
    assert "The last day is before the first." in errors
    assert "Select a valid choice. Europe/Nowhere" in errors
    assert "Write a host name in small letters" in errors
    good = {**data, "ends_on": "2026-07-02", "time_zone": "Asia/Seoul", "domain": "testserver"}
    assert client.post(url, good).status_code == 302
    conference = Conference.objects.get()
    assert conference.languages == "en, de"
    assert conference.time_zone == "Asia/Seoul"


@pytest.mark.slow
def test_the_second_conference_locks_nobody_out_of_the_first(client, conference):
    add = reverse("admin:schedule_conference_add")
    Conference.objects.update(domain=None)
    errors = errors_of(client.post(add, {"domain": "b.example.com"}))
    assert "“Testconf” has no domain. Give it one first" in errors
    Conference.objects.update(domain="testserver")
    assert "It needs a domain" in errors_of(client.post(add, {"domain": ""}))
    make_conference(domain="b.example.com")
    url = reverse("admin:schedule_conference_change", args=[conference.pk])
    assert "It needs a domain" in errors_of(client.post(url, {"domain": ""}))


def test_the_list_says_who_is_not_reached(client, conference):
    page = reverse("admin:schedule_conference_changelist")
    assert "ALLOWED_HOSTS" not in client.get(page).text
    make_conference(domain="b.missing.invalid")
    make_conference(domain=None)
    settle()
    text = client.get(page).text
    assert "Add b.missing.invalid to ALLOWED_HOSTS." in text
    assert "It answers nowhere: give it a domain." in text


@pytest.mark.slow
def test_an_old_form_changes_no_half_of_a_time(client):
    client.post(ADD_TALK, talk_data())
    url = reverse("admin:schedule_talk_change", args=[Talk.objects.get().pk])
    Talk.objects.update(starts_at=utc("2026-07-01 12:00"), ends_at=utc("2026-07-01 12:45"))
    sent = talk_data(**shown_then(), ends_at_1="11:30:00")
    assert "has been changed since you opened this page" in errors_of(client.post(url, sent))
    assert client.post(url, talk_data(**shown_then(), title="Tea")).status_code == 302
    talk = Talk.objects.get()
    assert (talk.title, talk.starts_at) == ("Tea", utc("2026-07-01 12:00"))
