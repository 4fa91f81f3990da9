"""Talks that go on all day, in the admin: days instead of times."""

from datetime import timedelta

import pytest
from django.urls import reverse

from conftest import client_of, make_talk, settle, utc
from schedule.admin.tests.talk_forms import ADD_TALK, TALKS, errors_of, shown_then, talk_data
from schedule.models import Change, Conference, Feed, FeedItem, Talk

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors


@pytest.fixture
def client(organizer):
    return client_of(organizer)


@pytest.mark.slow
def test_a_talk_that_goes_on_all_day_begins_and_ends_as_days_do(client, conference):
    client.post(ADD_TALK, talk_data())
    talk = Talk.objects.get()
    url = reverse("admin:schedule_talk_change", args=[talk.pk])
    initial = {f"initial-{name}": value for name, value in talk_data().items()}
    sent = talk_data(**initial, is_all_day="on", ends_at_0="2026-07-02")
    assert client.post(url, sent).status_code == 302
    talk.refresh_from_db()
    days = conference.days_between(talk.starts_at, talk.ends_at)
    assert [day.isoformat() for day in days] == ["2026-07-01", "2026-07-02"]
    assert talk.starts_at == utc("2026-07-01 02:00")
    assert "Wed 1 Jul–Thu 2 Jul, all day" in client.get(TALKS).content.decode()
    changed = Change.objects.latest("pk").fields.values_list("field", flat=True)
    assert {"is_all_day", "starts_at", "ends_at"} <= set(changed)
    assert not talk.is_moved, "by no clock"


@pytest.mark.slow
@pytest.mark.parametrize(
    "moved", [{"time_zone": "Asia/Seoul"}, {"day_starts_at_hour": 7}, {"time_zone": "UTC"}]
)
def test_what_goes_on_all_day_keeps_its_days(client, conference, moved):
    """In whatever zone they are, and whenever they begin. What its feed says is the feed's."""
    days = conference.starts_on, conference.ends_on
    edges = dict(zip(("starts_at", "ends_at"), conference.whole_days(*days), strict=True))
    typed, fed, set_by_hand = (
        make_talk(conference, is_all_day=True, title=title, **edges) for title in "ABC"
    )
    feed = Feed.objects.create(conference=conference, source="feed", sha256="abc", etag="abc")
    for talk in (fed, set_by_hand):
        FeedItem.objects.create(feed=feed, talk=talk, key=talk.title)
    set_by_hand.overrides.create(field="starts_at")
    url = reverse("admin:schedule_conference_change", args=[conference.pk])
    form = client.get(url).context["adminform"].form
    data = {name: value for name, value in form.initial.items() if value is not None}
    settle()
    sent = {**data, "stream_hosts-TOTAL_FORMS": 0, "stream_hosts-INITIAL_FORMS": 0, **moved}
    assert client.post(url, sent).status_code == 302
    conference = Conference.objects.get()
    for talk in (typed, fed, set_by_hand):
        talk.refresh_from_db()
    whole = conference.whole_days(*days)
    assert (typed.starts_at, typed.ends_at) == (set_by_hand.starts_at, set_by_hand.ends_at) == whole
    assert fed.starts_at == edges["starts_at"]
    feed.refresh_from_db()
    assert (feed.sha256, feed.etag) == ("", ""), "its next answer is read, though it is the same"


@pytest.mark.slow
def test_what_no_longer_goes_on_all_day_gets_a_time(client, conference):
    client.post(ADD_TALK, talk_data(is_all_day="on"))
    talk = Talk.objects.get()
    assert talk.length == timedelta(days=1)
    url = reverse("admin:schedule_talk_change", args=[talk.pk])
    edges = {"starts_at_1": "04:00:00", "ends_at_0": "2026-07-02", "ends_at_1": "04:00:00"}
    then = shown_then(**edges) | {"initial-is_all_day": "True"}
    assert "say when it begins" in errors_of(client.post(url, talk_data(**edges, **then)))
    assert client.post(url, talk_data(**then)).status_code == 302
    talk.refresh_from_db()
    assert (talk.is_all_day, talk.length) == (False, timedelta(minutes=45))
