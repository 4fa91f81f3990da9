"""What /metrics says, to whom, and that it stays right with several processes and over restarts."""

import json
import re
from datetime import timedelta
from unittest import mock

import pytest
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.utils import timezone
from django_tasks_db.models import DBTaskResult
from prometheus_client.parser import text_string_to_metric_families

from conftest import client_of, make_room, settle
from lib.counting import counts
from lib.counting.acts import ACTS, ENDINGS_OF
from lib.counting.counts import Counted
from portal.observing.prometheus.measuring import ACT_OF, GROUPS, group_of
from portal.observing.prometheus.state import GAUGES
from tickets.models import Shop


@pytest.fixture(autouse=True)
def from_nought(db):
    counts._pending.clear()


def samples(client=None):
    """Each sample's number by its name and the values of its labels."""
    settle()
    text = (client or client_of(None)).get("/metrics").text
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({"X-Forwarded-For": "198.51.100.1"}, ""),
        ({"X-Forwarded-For": "127.0.0.1"}, "127.0.0.1"),
        ({"Forwarded": "for=198.51.100.1"}, "127.0.0.1"),
        ({}, "198.51.100.1"),
    ],
)
def test_strangers_find_no_page(headers, address):
    response = client_of(None).get("/metrics", headers=headers, REMOTE_ADDR=address)
    assert response.status_code == 404
    assert b"front_row" not in response.content


def test_requests_are_counted_by_group_and_status(conference):
    client_of(None).get("/")
    client_of(None).get("/live.json")
    found = samples()
    assert found["front_row_requests_total", "page", "2xx"] == 1
    assert found["front_row_requests_total", "live", "2xx"] == 1
    assert found["front_row_request_seconds_count", "live"] == 1
    assert found["front_row_request_seconds_bucket", "live", "+Inf"] == 1
    assert found["front_row_request_seconds_sum", "live"] > 0


def test_who_may_not_enter_is_counted_by_the_reason(conference, attendee, stranger):
    make_room(conference, slug="main")
    client_of(stranger).get("/rooms/main/playback.json")
    client_of(attendee).get("/rooms/main/playback.json")
    found = samples()
    assert found["front_row_admissions_total", "ticket_required"] == 1
    assert found["front_row_admissions_total", "admitted"] == 1
    assert found["front_row_acts_total", "playback", "refused"] == 1
    assert found["front_row_acts_total", "playback", "ok"] == 1


def test_an_act_that_breaks_has_failed(conference, attendee):
    make_room(conference, slug="main")
    client = client_of(attendee)
    client.raise_request_exception = False
    with mock.patch("streaming.watching.views.on_stage", side_effect=ValueError):
        assert client.get("/rooms/main/playback.json").status_code == 500
    assert samples()["front_row_acts_total", "playback", "failed"] == 1


def test_counts_are_of_all_processes_and_outlive_them():
    ACTS.add("claim", "ok")
    assert samples()["front_row_acts_total", "claim", "ok"] == 1
    # Another process, which has counted nothing yet.
    counts._pending.clear()
    ACTS.add("claim", "ok")
    assert samples()["front_row_acts_total", "claim", "ok"] == 2


def test_what_never_happened_is_nought_so_that_the_first_one_is_seen():
    ACTS.add("claim", "ok")
    found = samples()
    assert found["front_row_acts_total", "announcement", "failed"] == 0
    assert found["front_row_requests_total", "desk", "5xx"] == 0
    assert found["front_row_admissions_total", "banned"] == 0
    ACTS.add("announcement", "failed")
    assert samples()["front_row_acts_total", "announcement", "failed"] == 1


def test_with_redis_away_nothing_looks_as_if_it_had_begun_anew():
    with mock.patch.object(counts, "_READ", return_value=[]):
        assert not {name for name, *_ in samples() if name.endswith("_total")}


def test_each_act_of_a_view_has_its_endings():
    assert {*ACT_OF.values()} < {*ENDINGS_OF}


def test_what_could_not_be_given_is_given_later():
    ACTS.add("claim", "ok", number=3)
    with mock.patch.object(counts, "_ADD", return_value=0):
        counts.flush()
    assert samples()["front_row_acts_total", "claim", "ok"] == 3


def test_there_is_an_end_to_what_is_kept(monkeypatch):
    monkeypatch.setattr(counts, "MOST_COUNTS", 1)
    kept = mock.Mock(get=mock.Mock(return_value={"a": 1}))
    counts._add(kept, 0, ["counts"], "a", 1, "b", 1)
    assert kept.set.call_args.args[1] == {"a": 2}


def test_without_the_database_the_rest_is_still_said():
    ACTS.add("claim", "ok")
    with mock.patch.object(CursorWrapper, "execute", side_effect=OperationalError):
        text = client_of(None).get("/metrics").text
    assert "front_row_database_up 0.0" in text
    assert 'front_row_acts_total{act="claim",outcome="ok"} 1.0' in text
    assert samples()["front_row_database_up",] == 1


def test_who_asks_often_asks_the_database_once(django_assert_num_queries):
    client_of(None).get("/metrics")
    with django_assert_num_queries(0):
        client_of(None).get("/metrics")


def test_the_state_of_the_site(conference, settings, tmp_path):
    settings.BACKUP_FOLDER = str(tmp_path)
    at = timezone.now() - timedelta(hours=2)
    kept = {"base_at": at.isoformat(), "dump_at": None, "files_at": at.isoformat()}
    (tmp_path / "kept.json").write_text(json.dumps(kept))
    (tmp_path / "drill.json").write_text(json.dumps({"at": at.isoformat(), "is_equal": False}))
    shop = Shop.objects.create(conference=conference, slug="shop", kind="tito", synced_at=at)
    found = samples()
    assert found["front_row_source_age_seconds", conference.slug, shop.slug] >= 7200
    assert found["front_row_backup_age_seconds", "base"] >= 7200
    # What there is none of, or what was not equal, has no age.
    assert ("front_row_backup_age_seconds", "dump") not in found
    assert ("front_row_backup_age_seconds", "restore") not in found
    assert found["front_row_queue_length", "mail"] == 0


def test_a_site_says_whether_it_has_shops_and_backups(conference, settings):
    settings.BACKUP_FOLDER = ""
    found = samples()
    assert found["front_row_sources_expected",] == 0
    assert found["front_row_backups_expected",] == 0
    settings.BACKUP_FOLDER = "/nowhere"
    Shop.objects.create(conference=conference, slug="shop", kind="tito")
    found = samples()
    assert found["front_row_sources_expected",] == 1
    assert found["front_row_backups_expected",] == 3


def test_groups_are_few():
    names = ("home", "live", "playback", "room_gate", "desk:act", "admin:index", "metrics", "theme")
    assert {group_of(name) for name in names} == set(GROUPS)


def test_the_docs_list_what_there_is(settings):
    text = (settings.BASE_DIR / "docs" / "monitoring.md").read_text()
    listed = re.findall(r"^\| `(front_row_\w+)` \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    ours = [
        (each.name, ", ".join(each.labels) or "–", each.words)
        for each in (*Counted.all.values(), *GAUGES)
    ]
    own = {"front_row_database_up", "front_row_cache_up", "front_row_release"}
    assert sorted(row for row in listed if row[0] not in own) == sorted(ours)
    assert own < {row[0] for row in listed}


def test_a_cache_that_is_away_is_said():
    assert samples()["front_row_cache_up",] == 1
    with mock.patch("portal.readiness.cache") as cache:
        cache.get.return_value = None
        assert samples()["front_row_cache_up",] == 0


def test_a_task_that_was_put_off_waits_since_it_was_due():
    at = timezone.now()
    put_off = make_task(enqueued_at=at - timedelta(hours=1), run_after=at + timedelta(hours=1))
    assert oldest() == 0
    put_off.update(run_after=at - timedelta(seconds=100))
    assert 100 <= oldest() < 3600
    make_task(enqueued_at=at - timedelta(seconds=200))
    assert 200 <= oldest() < 3600


def make_task(enqueued_at, **values):
    made = DBTaskResult.objects.create(
        task_path="portal.tests.nothing",
        args_kwargs={"args": [], "kwargs": {}},
        queue_name="mail",
        backend_name="default",
        priority=0,
        **values,
    )
    mine = DBTaskResult.objects.filter(pk=made.pk)
    mine.update(enqueued_at=enqueued_at)
    return mine


def oldest():
    return samples()["front_row_queue_oldest_seconds", "mail"]
