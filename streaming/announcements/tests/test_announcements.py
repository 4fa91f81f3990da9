"""Announcements: who reads them, where, until when, and also while the database is away."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conftest import client_of, make_conference, make_room, settle
from lib import cached
from schedule.models import Visibility
from streaming.models import Announcement


@pytest.fixture
def lunch(conference):
    return make_announcement(conference, text="Lunch is in hall B")


def make_announcement(conference, **kw):
    return Announcement.objects.create(
        conference=conference, **{"text": "Lunch is in hall B", "urgency": "info", **kw}
    )


def live():
    settle()
    return client_of(None).get("/live.json")


def now_json(user):
    settle()
    return client_of(user).get("/announcements/now.json")


def page(user, path):
    settle()
    response = client_of(user).get(path)
    assert response.status_code == 200
    return response.text


def test_live_json_only_names_what_is_for_ticket_holders(lunch):
    response = live()
    assert "Lunch" not in response.text
    assert [set(entry) for entry in response.json()["announcements"]] == [{"tag"}]


def test_live_json_has_the_words_of_public_ones(conference, room):
    end = timezone.now().replace(microsecond=0) + timedelta(minutes=5)
    make_announcement(
        conference, text="Doors are open", is_public=True, room=room, ends_at=end, urgency="important"
    )  # fmt: skip
    [entry] = live().json()["announcements"]
    assert entry["ends"] == int(end.timestamp())
    assert (entry["text"], entry["urgency"], entry["room"]) == (
        "Doors are open",
        "important",
        "main",
    )


def test_where_everything_is_public_the_words_are_too(conference, lunch):
    conference.visibility = Visibility.ALL
    conference.save()
    assert live().json()["announcements"][0]["text"] == "Lunch is in hall B"
    assert "Lunch" in page(None, "/lobby/")


def test_people_with_a_ticket_get_the_words(attendee, lunch):
    [named] = live().json()["announcements"]
    assert now_json(attendee).json()["announcements"] == [
        {"tag": named["tag"], "text": "Lunch is in hall B", "urgency": "info", "room": None}
    ]


def test_others_do_not(lunch, stranger):
    for user, status in ((None, 401), (stranger, 403)):
        response = now_json(user)
        assert response.status_code == status
        assert "Lunch" not in response.text


def test_the_tag_changes_with_the_words(lunch):
    [before] = live().json()["announcements"]
    Announcement.objects.update(text="Lunch is in hall C")
    [after] = live().json()["announcements"]
    assert after["tag"] != before["tag"]


def test_only_what_is_current_is_announced(conference, attendee):
    at = timezone.now()
    make_announcement(conference, text="To come", starts_at=at + timedelta(hours=1))
    make_announcement(
        conference, text="Over", starts_at=at - timedelta(hours=1), ends_at=at - timedelta(minutes=1)
    )  # fmt: skip
    make_announcement(make_conference(domain="other.test"), text="Elsewhere")
    assert now_json(attendee).json() == {"announcements": []}
    assert live().json()["announcements"] == []


@pytest.mark.parametrize("path", ["/lobby/", "/rooms/main/", "/announcements/"])
def test_pages_for_ticket_holders_show_it_without_javascript(room, attendee, lunch, path):
    html = page(attendee, path)
    assert "Lunch is in hall B" in html
    assert 'role="status"' in html


@pytest.mark.parametrize("path", ["/", "/schedule/", "/speakers/", "/accounts/login/"])
def test_pages_for_everybody_show_only_public_ones(conference, room, attendee, lunch, path):
    make_announcement(conference, text="Doors are open", is_public=True)
    for user in (None, attendee)[: 1 if "login" in path else 2]:
        html = page(user, path)
        assert "Doors are open" in html
        assert "Lunch" not in html


def test_the_page_that_refuses_shows_nothing_that_is_for_others(room, lunch, stranger):
    settle()
    response = client_of(stranger).get("/rooms/main/")
    assert response.status_code == 403
    assert "Lunch" not in response.text


def test_one_of_a_room_is_in_that_room_only(conference, room, attendee):
    make_room(conference, slug="small")
    make_announcement(conference, text="Please come to the front", room=room)
    assert "to the front" in page(attendee, "/rooms/main/")
    assert "to the front" not in page(attendee, "/rooms/small/")
    assert "to the front" not in page(attendee, "/lobby/")
    assert "to the front" in page(attendee, "/announcements/")


def test_a_kept_page_shows_a_new_one_and_drops_one_that_is_over(conference, room, attendee, lunch):
    client = client_of(attendee)
    settle()
    assert "Lunch" in client.get("/lobby/").text
    with CaptureQueriesContext(connection) as queries:
        assert "Lunch" in client.get("/lobby/").text
    assert len(queries) == 0
    Announcement.objects.update(ends_at=timezone.now())
    make_announcement(conference, text="The keynote begins", urgency="emergency")
    settle()
    html = client.get("/lobby/").text
    assert "Lunch" not in html
    assert "The keynote begins" in html


def test_the_history_keeps_what_is_over_and_not_what_is_to_come(conference, attendee):
    at = timezone.now()
    for text, begins, ends in [("Long over", -2, -1), ("Now", -1, 1), ("To come", 1, 2)]:
        make_announcement(
            conference, text=text, starts_at=at + timedelta(hours=begins),
            ends_at=at + timedelta(hours=ends),
        )  # fmt: skip
    html = page(attendee, "/announcements/").partition("<main")[2]
    assert html.index("Now") < html.index("Long over")
    assert "To come" not in html


def test_the_history_is_for_people_with_a_ticket(lunch, stranger):
    settle()
    refused = client_of(None).get("/announcements/")
    assert (refused.status_code, refused.url) == (302, "/accounts/login/?next=%2Fannouncements%2F")
    refused = client_of(stranger).get("/announcements/")
    assert refused.status_code == 403
    assert 'data-reason="ticket_required"' in refused.text
    assert "Lunch" not in refused.text


def test_the_operator_reaches_every_page_by_a_file(conference, settings, tmp_path):
    settings.EMERGENCY_FILE = tmp_path / "emergency.txt"
    assert live().json()["announcements"] == []
    settings.EMERGENCY_FILE.write_text("Please leave\nthe building.\n")
    cached.clear()  # a second later
    [entry] = live().json()["announcements"]
    assert (entry["text"], entry["urgency"]) == ("Please leave the building.", "emergency")


@pytest.mark.ignore_template_errors
def test_the_admin_takes_one_and_knows_by_whom(conference, room, organizer):
    values = {"text": "Coffee", "urgency": "info", "starts_at_0": "2026-11-21"}
    values |= {"starts_at_1": "09:00", "ends_at_0": "", "ends_at_1": "", "room": room.pk}
    path = reverse("admin:streaming_announcement_add")
    response = client_of(organizer).post(path, values)
    assert response.status_code == 302, response.content.decode()
    made = Announcement.objects.get()
    assert (made.conference, made.room, made.made_by) == (conference, room, organizer)
    listed = client_of(organizer).get(reverse("admin:streaming_announcement_changelist"))
    assert "Coffee" in listed.content.decode()
