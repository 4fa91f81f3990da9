"""What a program of ours keeps of its mistakes, and that keeping them harms nothing."""

import logging
import os
import sqlite3
import subprocess
import sys
from datetime import timedelta

import pytest
from django.core.exceptions import BadRequest
from django.db import DatabaseError
from django.test import RequestFactory
from django.urls import resolve
from django.utils import timezone

from portal import models
from portal.keeping.timetable import timetable
from portal.mistakes import collecting
from portal.mistakes.collecting import MistakesHandler
from portal.models import Mistake
from portal.observing.logs import MistakeSeen

PROGRAM = """
import logging, django
django.setup()
from django.db import connection, transaction
from portal.models import Mistake
with connection.schema_editor() as editor:
    editor.create_model(Mistake)
def fails(error):
    raise error
for _time in range(3):
    try:
        with transaction.atomic():
            fails(ValueError("ad" + "a@example.org"))
    except ValueError:
        logging.getLogger("portal").exception("It failed for %s", "ada@example.org")
fails(KeyError("Ad" + "a"))
"""


def test_a_program_keeps_what_it_logs_and_what_ends_it_without_people(tmp_path):
    file = tmp_path / "x.sqlite3"
    env = {
        "DJANGO_SETTINGS_MODULE": "portal.settings",
        "DATABASE_URL": f"sqlite:///{file}",
        "RELEASE": "abc123",
        "HAS_WORKER": "off",
    }
    ended = subprocess.run([sys.executable, "-c", PROGRAM], env=os.environ | env, check=False)
    assert ended.returncode == 1
    with sqlite3.connect(file) as database:
        rows = list(database.execute("SELECT * FROM portal_mistake"))
        kept = list(database.execute("SELECT kind, times, release FROM portal_mistake ORDER BY 1"))
    database.close()
    assert kept == [("builtins.KeyError", 1, "abc123"), ("builtins.ValueError", 3, "abc123")]
    assert "in fails" in str(rows)
    assert "ada" not in str(rows).casefold()


@pytest.fixture
def handler(monkeypatch):
    """Its thread is not started: the test writes."""
    made = MistakesHandler()
    monkeypatch.setattr(made, "_run", lambda: None)
    return made


def logged(handler, error, request=None):
    try:
        raise error
    except Exception:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "Ada", (), sys.exc_info())
    if request is not None:
        vars(record)["request"] = request
    handler.handle(record)


def test_the_place_is_the_address_as_it_is_written(db, handler):
    request = RequestFactory().get("/rooms/secret-room/?q=Ada")
    request.resolver_match = resolve("/rooms/secret-room/")
    vars(request)["doing"] = type("Now", (), {"request_id": "f" * 32, "task": "", "began": 0.0})()
    vars(request)["doing"].request = request
    logged(handler, ValueError("x"), request)
    handler.write()
    mistake = Mistake.objects.get()
    assert (mistake.place, mistake.request_id) == ("rooms/<slug:slug>/", "f" * 32)
    assert "secret" not in mistake.traceback


def test_what_led_to_it_is_told_as_well(db, handler):
    error = ValueError("Ada")
    error.__cause__ = KeyError("Ada")
    logged(handler, error)
    handler.write()
    lines = Mistake.objects.get().traceback.splitlines()
    assert lines[0] == "builtins.KeyError"
    assert lines[-1] == "builtins.ValueError"


def test_what_a_visitor_did_wrong_is_none_of_ours(handler):
    logged(handler, BadRequest("x"))
    assert handler.waiting == {}


def test_a_storm_is_one_write(db, handler, django_assert_num_queries):
    def storm():
        for _time in range(500):
            logged(handler, ValueError("x"))

    storm()
    handler.write()
    storm()
    with django_assert_num_queries(2):  # the row, and whether there are too many
        handler.write()
    assert Mistake.objects.get().times == 1000


def test_so_many_wait_and_no_more(handler, monkeypatch):
    monkeypatch.setattr(collecting, "MOST_WAITING", 1)
    logged(handler, ValueError("x"))
    logged(handler, KeyError("x"))
    assert [seen.kind for seen, _times in handler.waiting.values()] == ["builtins.ValueError"]


def test_while_the_database_is_away_they_wait(db, handler, monkeypatch, caplog):
    def away(*_arguments):
        raise DatabaseError("ada@example.org")

    logged(handler, ValueError("x"))
    with monkeypatch.context() as patch:
        patch.setattr(models.MistakeQuerySet, "note", away)
        patch.setattr(type(Mistake.objects), "note", away)
        handler.write()
    logged(handler, ValueError("x"))
    assert not Mistake.objects.exists()
    assert "ada" not in caplog.text
    assert [record.exc_info for record in caplog.records] == [None]
    handler.write()
    assert sum(Mistake.objects.values_list("times", flat=True)) == 2


def test_what_cannot_be_remembered_ends_no_page(handler, monkeypatch):
    monkeypatch.setattr(logging, "raiseExceptions", False)

    def broken(_record):
        raise RuntimeError

    monkeypatch.setattr(MistakeSeen, "of", broken)
    logged(handler, ValueError("x"))


def test_the_newest_are_kept(db, monkeypatch):
    monkeypatch.setattr(models, "MOST_MISTAKES", 2)
    now = timezone.now()
    for age in (3, 1, 2):
        Mistake.objects.create(digest=str(age), last_at=now - timedelta(hours=age))
    Mistake.objects.forget_the_oldest()
    assert set(Mistake.objects.values_list("digest", flat=True)) == {"1", "2"}


def test_they_go_after_30_days(db):
    now = timezone.now()
    for days in (29, 31):
        Mistake.objects.create(digest=str(days), last_at=now - timedelta(days=days))
    line = next(each for each in timetable() if each.name == "mistakes")
    assert line.carry_out(now) == 1
    assert Mistake.objects.get().digest == "29"
