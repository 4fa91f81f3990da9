"""The admin's page of a review, for talks that the feed no longer has: gone, staying, or waiting."""

from datetime import date, timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from conftest import utc
from schedule.feeds.tests.review_pages import decide, digest_of, many, review_url, upload
from schedule.models import Change, ImportReview, Talk

pytestmark = pytest.mark.ignore_template_errors


@pytest.mark.slow
def test_removals_need_a_tick(client):
    upload(client, many(*range(1, 21)))
    decide(client)
    page = upload(client, many(*range(1, 11), 21)).content.decode()
    assert "10 of 21 talks are missing." not in page
    assert "10 of 20 talks are missing." in page
    page = decide(client).content.decode()
    assert "schedule.json: 1 new" in page
    assert "10 lines to review. 10 talks are missing: are they gone?" in page
    assert Talk.objects.shown().count() == 21, "all else is applied"
    assert "10 talks are missing: are they gone?" in client.get(reverse("admin:index")).text
    page = decide(client, accept_removals="on").content.decode()
    assert "schedule.json: 10 taken out" in page
    assert "are they gone?" not in page + client.get(reverse("admin:index")).text
    assert Talk.objects.shown().count() == 11


@pytest.mark.slow
def test_one_talk_is_gone_another_one_stays_and_a_third_waits(client):
    upload(client, many(*range(1, 21)))
    decide(client)
    upload(client, many(*range(1, 18)))
    decide(client, take=[digest_of("Talk 18")], leave=[digest_of("Talk 19")])
    assert set(Talk.objects.removed().values_list("title", flat=True)) == {"Talk 18"}
    (line,) = ImportReview.objects.get().waiting_at(timezone.now())
    assert line["title"] == "Talk 20"
    page = upload(client, many(*range(1, 18), title="Renamed")).content.decode()
    assert "Missing (1)" in page, "what was answered is not asked again"
    assert "2 have been missing before." in page
    decide(client, apply=False, dismiss="1", group=["missing"])
    assert [line["kinds"][0] for line in ImportReview.objects.get().waiting_at(timezone.now())] == [
        "text"
    ] * 17
    upload(client, many(*range(1, 21)))
    decide(client)
    upload(client, many(*range(1, 18)))
    assert len(ImportReview.objects.get().waiting_at(timezone.now())) == 3, (
        "the feed had them in between"
    )


@pytest.mark.slow
def test_a_live_talk_goes_only_after_a_page_that_said_so(client, conference):
    upload(client, many(*range(1, 21)))
    decide(client)
    page = upload(client, many(*range(1, 20))).content.decode()
    assert "Live now" not in page
    now = timezone.now()
    Talk.objects.filter(title="Talk 20").update(
        starts_at=now - timedelta(minutes=5), ends_at=now + timedelta(minutes=5)
    )
    gone = digest_of("Talk 20")
    for yes in ({"take": [gone]}, {"accept_removals": "on"}, {"only": gone, "apply": False}):
        page = decide(client, **yes).content.decode()
        assert "Nothing was applied. Live now and missing: Talk 20." in page
        assert f'name="live" value="{gone}"' in page
        assert Talk.objects.shown().count() == 20
    decide(client, take=[gone], live=[gone])
    assert Talk.objects.shown().count() == 19


@pytest.mark.slow
def test_missing_talks_are_taken_out_and_come_back(client):
    upload(client, many(1, 2))
    decide(client)
    upload(client, many(1))
    decide(client, accept_removals="on")
    assert [talk.title for talk in Talk.objects.shown()] == ["Talk 1"]
    change = Change.objects.newest_first()[0]
    assert [(field.field, field.new) for field in change.fields.all()] == [("is_hidden", True)]
    upload(client, many(1, 2))
    decide(client)
    assert Talk.objects.shown().count() == 2


@pytest.mark.slow
def test_nobody_is_asked_about_what_is_over(client, monkeypatch):
    """Of a feed that is only uploaded nothing ever looks again."""
    upload(client, many(*range(1, 21)))
    decide(client)
    Talk.objects.filter(title="Talk 19").update(
        starts_at=utc("2026-03-07 09:00"), ends_at=utc("2026-03-07 10:00")
    )
    page = upload(client, many(*range(1, 19), title="Renamed")).text
    assert "Missing (2)" in page
    decide(client, leave=[digest_of("Renamed")])
    over = utc("2026-03-07 08:00")
    monkeypatch.setattr(timezone, "now", lambda: over)
    assert "1 talk is missing: is it gone?" in client.get(reverse("admin:index")).text
    page = client.get(review_url()).text
    assert "Missing (1)" in page and "Talk 19" in page and "Talk 20" not in page
    decide(client, accept_removals="on")
    assert Talk.objects.shown().filter(title="Talk 20").exists(), "it was not on the page"
    kept = ImportReview.objects.first()
    missing = [line for line in kept.plan["lines"] if "missing" in line["kinds"]] if kept else []
    assert missing == [], "what was settled by that is not kept"
    assert "missing" not in client.get(reverse("admin:index")).text


@pytest.mark.slow
def test_the_page_asks_whether_it_is_another_programme(client):
    upload(client, many(*range(1, 6)))
    decide(client)
    page = upload(client, many(*range(50, 56))).text
    assert "None of the 5 talks that this feed had is in it: another programme?" in page


@pytest.mark.slow
def test_what_goes_on_all_day_is_said_with_its_day(client, conference):
    upload(client, many(*range(1, 21)))
    decide(client)
    starts_at, ends_at = conference.whole_days(date(2026, 3, 6), date(2026, 3, 6))
    Talk.objects.filter(title="Talk 20").update(
        starts_at=starts_at, ends_at=ends_at, is_all_day=True
    )
    page = upload(client, many(*range(1, 20))).text
    assert "04:00" not in page
    assert "<br>Fri 6 Mar" in page
