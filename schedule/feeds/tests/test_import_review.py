"""The admin's pages for feeds: upload, review, apply, undo."""

import re
from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from conftest import client_of, make_conference, make_role, utc
from schedule.feeds.fetching import FetchedFeed
from schedule.feeds.importing import checking
from schedule.feeds.tests.review_pages import (
    UPLOAD,
    decide,
    digest_of,
    many,
    review_url,
    upload,
)
from schedule.feeds.tests.schedule_files import event_json, schedule_json
from schedule.models import Change, Feed, FeedItem, ImportReview, Override, Talk

pytestmark = pytest.mark.ignore_template_errors
FEEDS = reverse("admin:schedule_feed_changelist")


@pytest.mark.slow
def test_a_file_is_uploaded_reviewed_applied_and_undone(client, conference, organizer):
    page = upload(client, many(1, 2)).content.decode()
    assert "New (2)" in page
    assert "Fri 6 Mar, 10:00" in page
    assert "Read on March 6" not in page
    assert not Talk.objects.exists()
    page = decide(client).content.decode()
    assert "schedule.json: 2 new" in page
    assert Talk.objects.shown().count() == 2
    change = Change.objects.get()
    assert (change.act, change.actor) == ("import", organizer)
    assert not ImportReview.objects.exists()
    url = reverse("admin:schedule_feed_imported", args=[change.feed_id, change.pk])
    page = client.get(url)
    assert "2 talks get back what they were" in page.text
    assert "2 of 2 talks are missing." in page.text
    seen = {"digest": page.context["plan"].digest}
    for fields in ({}, seen, {"digest": "guessed", "accept_removals": "on"}):
        assert "Nothing was undone" in client.post(url, fields).text
    assert Talk.objects.shown().count() == 2
    page = client.post(url, {**seen, "accept_removals": "on"}, follow=True).text
    assert "This import has been undone." in page
    assert "Undo this import" not in page
    assert not Talk.objects.shown().exists()
    client.post(url, {**seen, "accept_removals": "on"})
    assert Change.objects.count() == 2, "once is enough"
    assert "New (2)" in upload(client, many(1, 2)).content.decode()


@pytest.mark.slow
def test_the_undoing_of_an_import_can_be_taken_back(client):
    upload(client, many(1, 2))
    decide(client)
    change = Change.objects.get()
    url = reverse("admin:schedule_feed_imported", args=[change.feed_id, change.pk])
    for shown, said in ((0, "2 talks are shown again"), (2, "Undo this import")):
        digest = client.get(url).context["plan"].digest
        page = client.post(url, {"digest": digest, "accept_removals": "on"}, follow=True)
        assert said in page.text
        assert Talk.objects.shown().count() == shown


@pytest.mark.slow
def test_a_file_that_says_nothing_new(client):
    upload(client, many(1))
    decide(client)
    assert "already is what this file says" in upload(client, many(1)).content.decode()


def test_a_file_that_cannot_be_read(client):
    page = upload(client, b"<html>").content.decode()
    assert "The file is broken or cut off" in page
    assert not Feed.objects.exists()
    page = upload(client, schedule_json(days=7)).content.decode()
    assert "The file has no talks." in page
    assert "/schedule/conference/days: Not the kind of value" in page


@pytest.mark.slow
def test_a_line_is_left_out_and_stays_so(client):
    upload(client, many(1, 2))
    page = decide(client, leave=[digest_of("Talk 2")]).content.decode()
    assert "What else this feed says" in page
    assert [talk.title for talk in Talk.objects.all()] == ["Talk 1"]
    page = upload(client, many(1, 2)).content.decode()
    assert re.search(r'name="leave" value="\w+" checked', page)
    page = upload(client, many(1, 2, subtitle="Sub")).content.decode()
    assert " checked" not in page, "the feed says something else now"


@pytest.mark.slow
def test_only_one_line_or_a_whole_group(client):
    upload(client, many(1, 2, 3))
    decide(client, apply=False, only=digest_of("Talk 2"))
    assert [talk.title for talk in Talk.objects.all()] == ["Talk 2"]
    decide(client, group=["new"])
    assert Talk.objects.count() == 1
    assert len(ImportReview.objects.get().dismissed) == 2


@pytest.mark.slow
def test_what_is_left_out_can_be_saved_alone(client):
    upload(client, many(1, 2))
    decide(client, apply=False, dismiss="1", leave=[digest_of("Talk 1")])
    assert not Talk.objects.exists()
    assert "1 line to review" in client.get(FEEDS).content.decode()


@pytest.mark.slow
def test_an_apply_is_refused_when_the_talks_have_changed_since(client, organizer):
    upload(client, many(1, 2))
    decide(client)
    upload(client, many(1, 2, title="Theirs"))
    Talk.objects.filter(title="Talk 1").update(title="Between")
    seen = ImportReview.objects.get().digest
    page = decide(client).content.decode()
    assert "has changed since this page was made" in page
    assert sorted(Talk.objects.values_list("title", flat=True)) == ["Between", "Talk 2"]
    assert "Between" in page, "the plan has been made again"
    assert ImportReview.objects.get().digest != seen
    page = client.post(review_url(), {"digest": seen, "apply": "1"}, follow=True).content.decode()
    assert "has changed since" in page, "that page was of another plan"
    decide(client)
    assert set(Talk.objects.values_list("title", flat=True)) == {"Theirs"}


@pytest.mark.slow
def test_an_apply_is_refused_when_only_what_is_left_out_has_changed_since(client):
    upload(client, many(1, 2))
    decide(client)
    upload(client, many(1, 2, title="Theirs"))
    left_out = [line["digest"] for line in ImportReview.objects.get().plan["lines"]][:1]
    Talk.objects.filter(title="Talk 1").update(title="Between")
    page = decide(client, leave=left_out).content.decode()
    assert "has changed since this page was made" in page
    assert sorted(Talk.objects.values_list("title", flat=True)) == ["Between", "Talk 2"]


@pytest.mark.slow
def test_what_else_an_organizer_changes_meanwhile_is_no_hindrance(client):
    upload(client, many(1, 2))
    decide(client)
    upload(client, many(1, 2, title="Theirs"))
    Talk.objects.update(delivery="on_site", is_canceled=True)
    decide(client)
    assert set(Talk.objects.values_list("title", flat=True)) == {"Theirs"}


def fields_of(page: str) -> dict[str, list[str]]:
    """What a browser would send back of the talk's form."""
    form = re.search(r'<form[^>]*id="talk_form".*?</form>', page, re.DOTALL)
    assert form is not None
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]+>", form[0]):
        words = dict(re.findall(r'(\w+)="([^"]*)"', tag))
        is_off = words.get("type") == "checkbox" and " checked" not in tag
        if "name" in words and words.get("type") != "submit" and not is_off:
            sent.setdefault(words["name"], []).append(unescape(words.get("value", "")))
    for name, inner in re.findall(r'<select name="(\w+)".*?>(.*?)</select>', form[0], re.DOTALL):
        chosen = re.findall(r'value="([^"]+)" selected', inner)
        sent[name] = chosen
    for name, text in re.findall(r'<textarea name="(\w+)".*?>(.*?)</textarea>', form[0], re.DOTALL):
        sent[name] = [unescape(text).removeprefix("\n").strip()]
    return sent


@pytest.mark.slow
def test_a_save_in_the_admin_is_one_change_and_keeps_imports_away(client, conference, organizer):
    person = {"id": 1, "name": "Ada"}
    upload(client, many(1, 2, persons=[person]))
    decide(client)
    talk = Talk.objects.get(title="Talk 1")
    speaker = talk.speakers.get()
    url = reverse("admin:schedule_talk_change", args=[talk.pk])
    form = fields_of(client.get(url).content.decode())
    client.post(url, {**form, "title": "Ours", "speakers": [], "chairs": [organizer.pk]})
    talk.refresh_from_db()
    assert talk.title == "Ours"
    assert (list(talk.speakers.all()), list(talk.chairs.all())) == ([], [organizer])
    change = Change.objects.newest_first()[0]
    assert (change.act, change.actor, str(change)) == ("admin", organizer, "Ours")
    assert {field.field: (field.old, field.new) for field in change.fields.all()} == {
        "title": ("Talk 1", "Ours"),
        "speakers": ([speaker.pk], []),
        "chairs": ([], [organizer.pk]),
    }
    assert set(Override.objects.values_list("field", flat=True)) == {"title", "speakers"}
    assert "speakers, title" in client.get(url).content.decode()

    page = upload(client, many(1, 2, persons=[person], title="Theirs")).content.decode()
    assert "In conflict with an organizer (1)" in page
    decide(client)
    talk.refresh_from_db()
    assert talk.title == "Ours"
    decide(client, take=[digest_of("Theirs")])
    talk.refresh_from_db()
    assert talk.title == "Theirs"
    assert set(Override.objects.values_list("field", flat=True)) == {"speakers"}

    talks = reverse("admin:schedule_talk_changelist")
    client.post(talks, {"action": "follow_feed", "_selected_action": [talk.pk]})
    assert not Override.objects.exists()


@pytest.mark.slow
def test_an_old_form_changes_only_what_was_typed(client):
    person = {"id": 1, "name": "Ada"}
    link = [{"title": "Slides", "url": "https://a.example/s"}]
    upload(client, many(1, 2, persons=[person], links=link, description="Long\n\ntext"))
    decide(client)
    talk = Talk.objects.get(title="Talk 1")
    url = reverse("admin:schedule_talk_change", args=[talk.pk])
    form = fields_of(client.get(url).content.decode())
    assert client.post(url, form).status_code == 302
    assert Change.objects.count() == 1, "nothing was typed"
    upload(client, many(1, 2, start="11:00", date="2026-03-06T11:00:00+01:00"))
    decide(client)
    assert client.post(url, {**form, "subtitle": "Typed"}).status_code == 302
    talk.refresh_from_db()
    assert (talk.subtitle, talk.starts_at) == ("Typed", utc("2026-03-06 10:00"))
    assert not talk.speakers.exists()
    assert list(Override.objects.values_list("field", flat=True)) == ["subtitle"]


@pytest.mark.slow
def test_canceling_in_the_list_is_one_change(client):
    upload(client, many(1, 2))
    decide(client)
    talks = reverse("admin:schedule_talk_changelist")
    both = list(Talk.objects.values_list("pk", flat=True))
    client.post(talks, {"action": "cancel", "_selected_action": both})
    change = Change.objects.newest_first()[0]
    assert str(change) == "Canceled: Talk 1, Talk 2"
    assert change.fields.count() == 2
    assert set(Talk.objects.values_list("sequence", flat=True)) == {1}


@pytest.mark.slow
def test_an_address_is_asked_now(client, conference, monkeypatch):
    monkeypatch.setattr(checking, "fetch", lambda *_a, **_kw: FetchedFeed(many(1), ""))
    add = reverse("admin:schedule_feed_add")
    bad = client.post(add, {"source": "pretalx", "address": "http://a.example/", "_save": "1"})
    assert "Type an address that begins with https://" in bad.content.decode()
    data = {"source": "pretalx", "address": "https://a.example/s.json", "check_every_minutes": 5}
    client.post(add, data)
    feed = Feed.objects.get()
    assert feed.conference == conference
    check = {"action": "check_now", "_selected_action": [feed.pk]}
    page = client.post(FEEDS, check, follow=True).content.decode()
    assert "New (1)" in page
    assert "waits for a review" in page


@pytest.mark.slow
def test_what_a_timer_did_is_found_at_the_feed(client, conference, monkeypatch):
    monkeypatch.setattr(checking, "fetch", lambda *_a, **_kw: FetchedFeed(many(1), ""))
    feed = Feed.objects.create(
        conference=conference,
        source="pretalx",
        address="https://a.example/",
        applies_by_itself=True,
    )
    change = checking.check_feed(feed, at=timezone.now()).change
    page = client.get(reverse("admin:schedule_feed_change", args=[feed.pk])).text
    url = reverse("admin:schedule_feed_imported", args=[feed.pk, change.pk])
    assert f'<a href="{url}">pretalx: 1 new</a>' in page
    assert client.get(reverse("admin:schedule_feed_add")).status_code == 200


@pytest.mark.slow
def test_a_feed_with_talks_is_not_deleted(client):
    upload(client, many(1))
    delete = reverse("admin:schedule_feed_delete", args=[Feed.objects.get().pk])
    assert client.get(delete).status_code == 200
    decide(client)
    assert client.get(delete).status_code == 403
    assert client.post(delete, {"post": "yes"}).status_code == 403
    assert (Feed.objects.count(), FeedItem.objects.count(), Talk.objects.count()) == (1, 1, 1)


@pytest.mark.slow
def test_others_see_nothing_of_it(client, conference):
    upload(client, many(1))
    feed = Feed.objects.get()
    change_url = reverse("admin:schedule_feed_imported", args=[feed.pk, 1])
    nobody = client_of(make_role(conference, "helpdesk"))
    for url in (UPLOAD, review_url(), change_url):
        assert nobody.get(url).status_code == 403
        assert nobody.post(url, {"apply": "1"}).status_code == 403
    Feed.objects.update(conference=make_conference())
    assert client.get(review_url()).status_code == 404
    assert not Talk.objects.exists()


@pytest.mark.slow
def test_a_review_of_30_costs_the_queries_of_3(client):
    def queries(amount: int) -> int:
        upload(client, many(*range(amount)))
        with CaptureQueriesContext(connection) as captured:
            page = client.get(review_url()).content.decode()
        assert f"New ({amount})" in page
        return len(captured)

    queries(3)
    assert queries(3) == queries(30)


@pytest.mark.slow
def test_the_text_that_differs_is_shown(client):
    long = "word " * 500
    upload(client, many(1, description=f"{long}<script>alert(1)</script> old"))
    decide(client)
    page = upload(client, many(1, description=f"{long} new")).content.decode()
    assert "<bdi>…" in page
    assert len(page) < 30_000
    assert "<script>alert" not in page


@pytest.mark.ignore_template_errors
def test_an_organizer_chooses_what_counts_where_times_contradict(conference, organizer):
    feed = Feed.objects.create(conference=conference, source="osem", sha256="1" * 64, etag="x")
    address = reverse("admin:schedule_feed_change", args=[feed.pk])
    client = client_of(organizer)
    for sent, kept in (("True", True), ("False", False), ("", None)):
        Feed.objects.update(sha256="1" * 64)
        response = client.post(address, {"source": "osem", "believes_clock": sent})
        assert response.status_code == 302
        feed.refresh_from_db()
        assert (feed.believes_clock, feed.sha256) == (kept, ""), "it is read again"


@pytest.mark.slow
@pytest.mark.ignore_template_errors
def test_what_waits_follows_that_choice(client):
    upload(client, schedule_json(event_json(date="2026-03-06T12:00:00+01:00"), time_zone_name=""))
    (line,) = ImportReview.objects.get().plan["lines"]
    assert line["starts_at"] == "2026-03-06T09:00:00+00:00"
    feed = Feed.objects.get()
    address = reverse("admin:schedule_feed_change", args=[feed.pk])
    client.post(address, {"source": feed.source, "believes_clock": "False"})
    (line,) = ImportReview.objects.get().plan["lines"]
    assert line["starts_at"] == "2026-03-06T11:00:00+00:00"
    decide(client)
    assert Talk.objects.get().starts_at == utc("2026-03-06 11:00")
