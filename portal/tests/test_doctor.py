import json
import smtplib
import socket
from collections import namedtuple
from datetime import timedelta
from unittest import mock

import pytest
from django.core.checks import Warning
from django.core.management import call_command
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper
from django.tasks import TaskResultStatus
from django.urls import reverse
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from conftest import client_of, make_role, make_room, make_stream, make_talk, make_ticket, settle
from lib.readiness import results, runner
from lib.readiness.runner import examine
from portal import readiness as installation
from schedule.models import Feed
from streaming.models import StreamHealth, StreamHost
from tickets.models import Product, Shop, SyncRun

SMTP = "django.core.mail.backends.smtp.EmailBackend"


def found(check):
    return [
        (item.result.level.value, item.result.text) for item in examine(timezone.now(), [check])
    ]


def levels(check):
    return [level for level, _text in found(check)]


# --- The command -----------------------------------------------------------------------------


@pytest.fixture
def one_check(monkeypatch):
    def put(result):
        monkeypatch.setattr(results, "registered", {})
        monkeypatch.setattr(runner, "registered", results.registered)
        results.register("one", "One thing", lambda at: iter([result]))

    return put


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (results.ok("Good."), None),
        (results.not_applicable("None."), None),
        (results.warning("Odd.", "Look."), 1),
        (results.error("Broken.", "Mend it."), 2),
    ],
)
def test_the_exit_status_tells(db, one_check, capsys, result, status):
    one_check(result)
    if status is None:
        call_command("doctor")
    else:
        with pytest.raises(SystemExit) as ended:
            call_command("doctor")
        assert ended.value.code == status
    printed = capsys.readouterr().out
    assert f"One thing: {result.text}" in printed
    assert (f"→ {result.hint}" in printed) == bool(result.hint)


def test_json_has_every_result(db, one_check, capsys):
    one_check(results.error("Broken.", "Mend it.", "mycon"))
    with pytest.raises(SystemExit):
        call_command("doctor", "--json")
    report = json.loads(capsys.readouterr().out)
    assert report["status"] == 2
    assert report["checks"] == [
        {
            "check": "one",
            "conference": "mycon",
            "level": "error",
            "text": "Broken.",
            "hint": "Mend it.",
        }
    ]


def test_a_check_that_is_none_is_named(db):
    with pytest.raises(Exception, match="no check “nonsense”"):
        call_command("doctor", "--only", "nonsense")


# --- The installation ------------------------------------------------------------------------


def test_settings(db, settings):
    settings.ALLOWED_HOSTS = ["*"]
    assert "error" in levels("settings")
    silenced = Warning("Odd.", id="security.W021")
    with mock.patch("portal.readiness.checks.run_checks", return_value=[silenced]):
        assert levels("settings") == ["ok"]


def test_database(db, monkeypatch):
    assert levels("database") == ["ok"]
    with mock.patch.object(CursorWrapper, "execute", side_effect=OperationalError):
        assert levels("database") == ["error"]
    monkeypatch.setattr(installation, "is_migrated", lambda: False)
    assert levels("database") == ["error"]


def test_cache(db, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    assert levels("cache") == ["ok"]
    with mock.patch("portal.readiness.cache") as cache:
        cache.get.return_value = None
        assert levels("cache") == ["error"]
    settings.REDIS_URL = ""
    assert levels("cache") == ["warning"]


@pytest.fixture
def _tasks_wait(settings):
    settings.HAS_WORKER = True
    queues = {"QUEUES": ["mail", "default"]}
    settings.TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", **queues}}


@pytest.mark.slow
def test_worker_that_is_there(transactional_db, _tasks_wait, monkeypatch):
    # The worker closes the connection when it is done, which ends a transaction around it.
    def works(_seconds):
        call_command("db_worker", batch=True, queue_name="mail,default", interval=0)

    monkeypatch.setattr("portal.readiness.time.sleep", works)
    assert levels("worker") == ["ok", "ok"]
    assert not DBTaskResult.objects.ready().exists()


def test_worker_that_is_not_there(db, _tasks_wait, monkeypatch):
    monkeypatch.setattr(installation, "WORKER_SECONDS", 0)
    assert levels("worker") == ["error", "error"]
    assert not DBTaskResult.objects.ready().exists()


def test_worker_that_is_busy(db, _tasks_wait, monkeypatch):
    monkeypatch.setattr(installation, "WORKER_SECONDS", 0)
    installation.nothing.using(queue_name="mail").enqueue()
    DBTaskResult.objects.update(status=TaskResultStatus.RUNNING)
    assert levels("worker") == ["ok", "error"]


def test_worker_that_is_late(db, _tasks_wait, monkeypatch):
    monkeypatch.setattr(installation, "_is_worked_off", lambda _queue: True)
    result = installation.nothing.using(queue_name="mail").enqueue()
    assert levels("worker") == ["ok", "ok"]
    late_at = timezone.now() - timedelta(minutes=5)
    waiting = DBTaskResult.objects.filter(pk=result.id)
    waiting.update(enqueued_at=late_at)
    assert levels("worker") == ["error", "ok"]
    waiting.update(run_after=timezone.now() - timedelta(seconds=5))
    assert levels("worker") == ["ok", "ok"]


def test_no_worker_is_wanted(db, settings):
    settings.HAS_WORKER = False
    assert levels("worker") == ["not applicable"]


def test_clock(db, monkeypatch):
    monkeypatch.setattr(installation, "kernel_clock_state", lambda: 0)
    assert levels("clock") == ["ok"]
    monkeypatch.setattr(installation, "kernel_clock_state", lambda: 5)
    assert levels("clock") == ["warning"]


@pytest.mark.services
def test_clock_of_the_database(db, monkeypatch):
    monkeypatch.setattr(installation, "kernel_clock_state", lambda: 0)
    now = timezone.now() + timedelta(seconds=40)
    monkeypatch.setattr("portal.readiness.timezone.now", lambda: now)
    assert "error" in [each.level.value for each in installation.check_clock(now)]


def test_disk(db, monkeypatch):
    usage = namedtuple("usage", "free")
    for free, level in ((10, "ok"), (1, "warning"), (0.1, "error")):
        answer = usage(int(free * 1024**3))
        monkeypatch.setattr(
            "portal.readiness.shutil.disk_usage", lambda _path, answer=answer: answer
        )
        assert set(levels("disk")) == {level}


def test_programme(conference):
    assert levels("programme") == ["ok"]
    make_talk(conference, room=make_room(conference))
    assert [level for level, text in found("programme") if "no stream" in text] == ["warning"]


# --- Mail ------------------------------------------------------------------------------------


@pytest.fixture
def relay(settings):
    """A port that is closed."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    options = {"host": "127.0.0.1", "port": port, "timeout": 1}
    settings.DEFAULT_FROM_EMAIL = "live@example.org"
    settings.MAILERS = {
        alias: {"BACKEND": SMTP, "OPTIONS": options} for alias in ("default", "fallback")
    }


def test_relay(db, relay, monkeypatch):
    assert levels("relay") == ["error", "error"]
    monkeypatch.setattr(smtplib.SMTP, "connect", lambda *_a, **_k: (220, b"ready"))
    monkeypatch.setattr(smtplib.SMTP, "quit", lambda *_a: None)
    assert levels("relay") == ["ok", "ok"]


def test_relay_that_does_not_know_us(db, relay, settings, monkeypatch):
    def refuse(*_arguments):
        raise smtplib.SMTPAuthenticationError(535, b"hunter2 is wrong")

    monkeypatch.setattr(smtplib.SMTP, "connect", refuse)
    assert all("user and password" in text and "hunter2" not in text for _l, text in found("relay"))


def test_relay_alone_that_sends_nothing(db, relay, settings):
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.console.EmailBackend"}}
    assert sorted(levels("relay")) == ["error", "warning"]


def test_a_mail_to_oneself(db, one_check, settings, capsys, mailoutbox):
    one_check(results.ok("Good."))
    settings.MAILERS = {"default": {"BACKEND": "django.core.mail.backends.locmem.EmailBackend"}}
    call_command("doctor", "--mail", "ada@example.org")
    printed = capsys.readouterr().out
    assert [mail.to for mail in mailoutbox] == [["ada@example.org"]]
    assert "dkim=pass" in printed
    assert "ada@" not in printed


# --- Tickets, programme, streams -------------------------------------------------------------


@pytest.fixture
def shop(conference):
    now = timezone.now()
    return Shop.objects.create(
        conference=conference, slug="shop", kind="pretix", synced_at=now, full_synced_at=now
    )


def test_sources(conference, shop):
    assert levels("sources") == ["ok"]
    SyncRun.objects.create(shop=shop, is_full=True, state=SyncRun.State.REFUSED)
    assert levels("sources") == ["error"]
    Shop.objects.update(full_synced_at=timezone.now() - timedelta(days=3))
    assert levels("sources") == ["warning"]
    Shop.objects.update(synced_at=timezone.now() - timedelta(hours=1))
    assert levels("sources") == ["error"]
    Shop.objects.update(is_active=False)
    assert levels("sources") == ["not applicable"]


def test_products_that_open_nothing_yet(conference):
    make_ticket(conference)
    product = conference.products.get()
    assert "error" not in levels("sources")
    conference.products.filter(pk=product.pk).update(scopes=[], decided_by=Product.WAITING[0])
    assert "error" in levels("sources")


def test_limits(conference, settings):
    settings.SIGN_INS_PER_SECOND = 1
    assert levels("limits") == ["ok"]
    with mock.patch("tickets.readiness.MINUTES_TO_COME_IN", 0):
        make_ticket(conference)
        assert levels("limits") == ["warning"]


def test_hosts(conference, settings):
    conference.domain = "live.example.org"
    conference.save()
    settings.ALLOWED_HOSTS = ["live.example.org"]
    assert levels("hosts") == ["ok"]
    settings.ALLOWED_HOSTS = ["localhost"]
    assert levels("hosts") == ["error"]
    conference.ends_on = conference.starts_on - timedelta(days=9)
    conference.starts_on = conference.ends_on
    conference.save()
    assert levels("hosts") == ["error", "not applicable"]
    conference.delete()
    assert levels("hosts") == ["error"]


def test_feeds(conference):
    assert levels("feeds") == ["not applicable"]
    feed = Feed.objects.create(
        conference=conference,
        source="feed",
        address="https://pretalx.example.org/schedule.json",
        check_every_minutes=5,
        last_checked_at=timezone.now(),
    )
    assert levels("feeds") == ["ok"]
    feed.end_check(timezone.now(), error="It is gone.")
    assert levels("feeds") == ["warning"]
    feed.end_check(timezone.now() - timedelta(minutes=20))
    assert levels("feeds") == ["error"]


@pytest.fixture
def room(conference):
    return make_room(conference)


def test_streams(conference, room, internet):
    make_stream(room, value="https://cdn.example.org/live.m3u8")
    assert levels("streams") == ["warning"]
    make_talk(conference, room=room)
    settle()
    assert levels("streams") == ["error"]


def test_stream_hosts(room):
    stream = make_stream(room, value="https://cdn.example.org/live.m3u8")
    assert "error" in levels("stream_hosts")
    StreamHost.objects.create(conference=stream.room.conference, host="cdn.example.org")
    assert levels("stream_hosts") == ["ok"]


def test_probe_timer(conference, room):
    assert levels("probes") == ["not applicable"]
    make_talk(conference, room=room)
    settle()
    assert levels("probes") == ["error"]
    StreamHealth.objects.create(stream=make_stream(room))
    assert levels("probes") == ["ok"]


# --- The page --------------------------------------------------------------------------------


def test_organizers_read_of_the_installation_and_of_their_conference(
    organizer, conference, monkeypatch
):
    asked = []

    def check(at):
        asked.append(at)
        yield results.error("No <disk>.", "Buy one.")
        yield results.ok("Ours is fine.", conference.slug)
        yield results.warning("Theirs is odd.", "Look.", "theirs")

    monkeypatch.setattr(results, "registered", {})
    monkeypatch.setattr(runner, "registered", results.registered)
    results.register("one", "One thing", check)
    url = reverse("desk:readiness")
    browser = client_of(organizer)
    for _time in range(2):
        page = browser.get(url).text
        assert "No &lt;disk&gt;." in page
        assert "Buy one." in page
        assert "Ours is fine." in page
        assert "Theirs" not in page
    assert len(asked) == 1
    assert url in browser.get(reverse("desk:index")).text


def test_weak_settings_are_for_who_runs_the_installation(organizer, conference, monkeypatch):
    monkeypatch.setattr(results, "registered", {})
    monkeypatch.setattr(runner, "registered", results.registered)
    weak = results.error("SECRET_KEY can be guessed.", "Make one.")
    results.register("settings", "Settings", lambda at: iter([weak]))
    url = reverse("desk:readiness")
    assert weak.text in client_of(organizer).get(url).text
    page = client_of(make_role(conference, "organizer"), has_factor=True).get(url)
    assert page.status_code == 200
    assert weak.text not in page.text
