import logging
import re
from dataclasses import replace
from datetime import timedelta
from io import StringIO

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.tasks import TaskResultStatus
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from conftest import (
    client_of,
    make_conference,
    make_speaker,
    make_talk,
    make_ticket,
    make_user,
)
from lib.readiness.runner import examine
from portal.keeping import timetable as module
from portal.keeping.timetable import over_at, timetable
from schedule.models import Bookmark, Conference
from tickets.models import OrderHint, ReplacementCount, Shop, Upload, User
from tools.stack import PROJECT

DAY = timedelta(days=1)
TWO_YEARS = timedelta(days=730)


def line(name):
    return next(each for each in timetable() if each.name == name)


def due(name, at=None):
    rows = line(name).due(at or timezone.now())
    return [] if rows is None else list(rows)


def run(*arguments):
    out = StringIO()
    call_command("housekeeping", *arguments, stdout=out)
    return dict(each.rsplit(": ", 1) for each in out.getvalue().splitlines())


def in_words(period):
    if period is None:
        return "for ever"
    if period < DAY:
        hours = period // timedelta(hours=1)
        return f"{hours} h" if hours else "at once"
    return "1 day" if period == DAY else f"{period.days} days"


def test_the_guide_has_the_same_table():
    text = (PROJECT / "docs" / "privacy.md").read_text().partition("## The timetable")[2]
    rows = re.findall(r"^\| (.*) \|$", text.partition("\n## ")[0], re.MULTILINE)[1:]
    ours = [
        f"{each.what} | {in_words(each.period)} | {each.after} | {each.fate}"
        for each in timetable()
    ]
    assert rows == ours


# --- Each line: what is too old goes, and what is not stays ------------------------------------


def test_sessions_and_devices(conference, attendee):
    client = client_of(attendee, conference.domain)
    key = client.cookies["sessionid"].value
    now = timezone.now()
    device = UserSession.objects.get(session_key=key)
    UserSession.objects.update(created_at=now - 31 * DAY)
    assert run()["devices"] == "0"  # still signed in
    Session.objects.filter(session_key=key).update(expire_date=now - timedelta(minutes=1))
    UserSession.objects.update(created_at=now - 29 * DAY)
    assert (run()["sessions"], run()["devices"]) == ("1", "0")
    UserSession.objects.update(created_at=now - 31 * DAY)
    assert run("--dry-run")["devices"] == "1"
    assert run()["devices"] == "1"
    assert not UserSession.objects.filter(pk=device.pk).exists()


def test_replaced_devices(conference, attendee):
    ReplacementCount.add(conference, attendee.pk)
    assert due("replaced devices", timezone.now() + 29 * DAY) == []
    assert len(due("replaced devices", timezone.now() + 31 * DAY)) == 1


def test_tasks(db):
    task = DBTaskResult.objects.create(
        args_kwargs={}, task_path="a.b", run_after=timezone.now(), backend_name="default"
    )
    assert due("tasks", timezone.now() + DAY) == []  # it waits
    DBTaskResult.objects.update(status=TaskResultStatus.FAILED, finished_at=timezone.now())
    assert due("tasks") == []
    assert due("tasks", timezone.now() + timedelta(minutes=61)) == [task]


def test_calls_of_shops(conference):
    shop = Shop.objects.create(conference=conference, slug="shop", kind="pretix")
    long_ago = timezone.now() - 8 * DAY
    OrderHint.objects.create(shop=shop, order_code="A", done_at=long_ago)
    OrderHint.objects.create(shop=shop, order_code="B", heard_at=long_ago)
    OrderHint.objects.create(shop=shop, order_code="C", done_at=timezone.now() - 6 * DAY)
    assert run()["calls of shops"] == "1"
    assert set(OrderHint.objects.values_list("order_code", flat=True)) == {"B", "C"}


def test_spreadsheets(conference):
    now = timezone.now()
    full = {"conference": conference, "rows": [["a"]], "before": [1], "set_aside": ["x"]}
    Upload.objects.create(name="old", uploaded_at=now - 2 * DAY, **full)
    Upload.objects.create(name="new", uploaded_at=now, **full)
    Upload.objects.create(name="applied", applied_at=now - 2 * DAY, **full)
    Upload.objects.create(name="month", applied_at=now - 31 * DAY, **full)
    found = run()
    names = ("spreadsheets", "rows set aside", "undoing spreadsheets")
    assert [found[name] for name in names] == ["1", "2", "1"]
    left = {each.name: (each.before, each.set_aside) for each in Upload.objects.all()}
    assert left == {"new": ([1], ["x"]), "applied": ([1], []), "month": ([], [])}


@pytest.mark.parametrize("tie", ["", "star", "ticket's address", "superuser", "closed", "log"])
def test_accounts_without_ties(conference, tie):
    person = make_user("old@example.org")
    User.objects.filter(pk=person.pk).update(joined_at=timezone.now() - TWO_YEARS - DAY)
    if tie == "star":
        Bookmark.objects.create(user=person, talk=make_talk(conference))
    elif tie == "ticket's address":
        make_ticket(conference, buyer_email=person.email)
    elif tie == "log":
        kind = ContentType.objects.get_for_model(User)
        LogEntry.objects.create(user=person, content_type=kind, object_id="1", action_flag=CHANGE)
    elif tie:
        changes = {"is_superuser": True} if tie == "superuser" else {"is_active": False}
        User.objects.filter(pk=person.pk).update(**changes)
    assert due("accounts") == ([] if tie else [person])
    User.objects.filter(pk=person.pk).update(last_login=timezone.now())
    assert due("accounts") == []


def test_people_go_two_years_after_the_conference_and_its_replays(conference, attendee):
    over = over_at(conference)
    assert due("people", over + TWO_YEARS) == []
    assert due("people", over + TWO_YEARS + DAY) == [conference]
    conference.replays_end_at = over + 100 * DAY
    conference.save()
    assert due("people", over + TWO_YEARS + DAY) == []
    assert due("people", over + TWO_YEARS + 101 * DAY) == [conference]


def test_who_is_anonymised_is_done(conference, attendee, organizer):
    make_speaker(conference, email="speaker@example.org")
    make_conference(slug="later", domain="later.test")
    at = over_at(conference) + TWO_YEARS + DAY
    Conference.objects.filter(slug="later").update(ends_on=at.date() + 9 * DAY)
    assert line("people").carry_out(at) == 1
    attendee.refresh_from_db()
    organizer.refresh_from_db()
    assert attendee.email == f"person-{attendee.pk}@anonymous.invalid"
    assert organizer.email == "organizer@example.com"
    assert line("people").carry_out(at) == 0


def test_with_0_people_stay(conference, attendee, settings):
    settings.PEOPLE_KEPT_DAYS = 0
    far_away = timezone.now() + 50_000 * DAY
    assert (due("people", far_away), due("accounts", far_away)) == ([], [])
    assert run("--dry-run")["people"] == "0"


# --- Housekeeping, and doctor ------------------------------------------------------------------


def test_a_line_that_fails_holds_up_no_other(conference, monkeypatch, caplog, capsys):
    Upload.objects.create(conference=conference, uploaded_at=timezone.now() - 2 * DAY)

    def broken(_at):
        raise ValueError

    lines = [
        replace(each, kept_until=broken) if each.name == "unused accounts" else each
        for each in module.ALWAYS
    ]
    monkeypatch.setattr(module, "ALWAYS", lines)
    with caplog.at_level(logging.CRITICAL), pytest.raises(SystemExit) as ended:
        call_command("housekeeping")
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert "unused accounts: failed" in printed.err
    assert "spreadsheets: 1" in printed.out
    assert not Upload.objects.exists()


def found(at=None):
    items = examine(at or timezone.now(), ["timetable"])
    return [(item.result.level.value, item.result.slug, item.result.text) for item in items]


@pytest.mark.slow
def test_doctor_says_what_is_kept_too_long(conference):
    assert found() == [("ok", "", "Nothing is kept longer than the timetable says.")]
    upload = Upload.objects.create(conference=conference)
    for hours, level in ((71, "ok"), (73, "error")):
        Upload.objects.update(uploaded_at=timezone.now() - timedelta(hours=hours))
        assert [each[0] for each in found()] == [level]
    assert "Kept too long, 1: spreadsheets of tickets that nobody applied" in found()[0][2]
    call_command("housekeeping")
    assert not Upload.objects.filter(pk=upload.pk).exists()
    assert [each[0] for each in found()] == ["ok"]


def test_doctor_warns_organizers_before_people_go(conference, attendee, settings):
    goes_at = over_at(conference) + TWO_YEARS
    assert [each[0] for each in found(goes_at - 61 * DAY)] == ["ok"]
    warned = found(goes_at - 59 * DAY)
    assert [each[:2] for each in warned] == [("ok", ""), ("warning", conference.slug)]
    settings.PEOPLE_KEPT_DAYS = 0
    assert [each[0] for each in found(goes_at - 59 * DAY)] == ["ok"]


def test_the_timer_runs_it():
    unit = (PROJECT / "deploy" / "systemd" / "front-row-housekeeping.service").read_text()
    assert "manage.py housekeeping" in unit
