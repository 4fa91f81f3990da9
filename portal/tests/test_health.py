from unittest import mock

import pytest
from django.db import OperationalError
from django.db.backends.utils import CursorWrapper

from conftest import client_of
from lib.cached import let_a_second_pass
from portal.environment import installed_release


def test_alive_without_database_and_conference(settings):
    """No database is allowed in this test at all."""
    settings.RELEASE = "493f54b74ce7"
    response = client_of(None).get("/healthz", headers={"host": "127.0.0.1"})
    assert (response.status_code, response.text) == (200, "ok 493f54b74ce7")


def test_every_answer_names_its_release_for_the_log_of_nginx(conference, settings, monkeypatch):
    settings.RELEASE = "493f54b74ce7"
    client = client_of(None)
    client.raise_request_exception = False
    assert client.get("/nowhere/").headers["Front-Row-Release"] == "493f54b74ce7"
    monkeypatch.setattr("portal.health._readiness", mock.Mock(side_effect=ValueError))
    broken = client.get("/readyz")
    assert (broken.status_code, broken.headers["Front-Row-Release"]) == (500, "493f54b74ce7")


def test_the_playbook_names_the_release(tmp_path):
    assert installed_release(tmp_path) == ""
    (tmp_path / ".installed").write_text("493f54b74ce7")
    assert installed_release(tmp_path) == "493f54b74ce7"


def test_ready(db):
    response = client_of(None).get("/readyz")
    assert response.status_code == 200
    assert response.json() == {"ready": True, "database": True, "migrations": True, "cache": True}


def test_not_ready_without_database(db):
    with mock.patch.object(CursorWrapper, "execute", side_effect=OperationalError):
        response = client_of(None).get("/readyz")
    assert response.status_code == 503
    assert response.json()["database"] is False


def test_not_ready_before_migrations(db):
    plan = "django.db.migrations.executor.MigrationExecutor.migration_plan"
    with mock.patch(plan, return_value=["schedule.0002"]):
        response = client_of(None).get("/readyz")
    assert (response.status_code, response.json()["migrations"]) == (503, False)


def test_ready_without_cache_and_says_so(db):
    with mock.patch("portal.readiness.cache") as cache:
        cache.get.return_value = None
        response = client_of(None).get("/readyz")
    assert (response.status_code, response.json()["cache"]) == (200, False)


@pytest.mark.parametrize(
    ("headers", "address"),
    [
        ({"X-Forwarded-For": "198.51.100.1"}, ""),
        ({"Forwarded": "for=198.51.100.1"}, "127.0.0.1"),
        ({}, "198.51.100.1"),
    ],
)
def test_strangers_get_a_status_and_no_word(db, headers, address):
    response = client_of(None).get("/readyz", headers=headers, REMOTE_ADDR=address)
    assert (response.status_code, response.content) == (200, b"")


def test_who_asks_often_costs_nothing(db, django_assert_num_queries):
    assert client_of(None).get("/readyz").status_code == 200
    with mock.patch("portal.readiness.cache") as cache, django_assert_num_queries(0):
        for _time in range(3):
            assert client_of(None).get("/readyz").status_code == 200
    cache.set.assert_not_called()


def test_it_notices_what_is_lost_and_what_comes(db):
    plan = "django.db.migrations.executor.MigrationExecutor.migration_plan"
    with mock.patch(plan, return_value=["schedule.0002"]):
        assert client_of(None).get("/readyz").status_code == 503
    let_a_second_pass()
    assert client_of(None).get("/readyz").status_code == 200
    let_a_second_pass()
    # Migrations that are there are not looked for again.
    with mock.patch(plan, side_effect=AssertionError):
        assert client_of(None).get("/readyz").status_code == 200
    let_a_second_pass()
    with mock.patch.object(CursorWrapper, "execute", side_effect=OperationalError):
        assert client_of(None).get("/readyz").status_code == 503
