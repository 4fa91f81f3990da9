from unittest import mock

from django.db import OperationalError
from django.db.backends.utils import CursorWrapper

from conftest import client_of


def test_alive_without_database_and_conference():
    """No database is allowed in this test at all."""
    response = client_of(None).get("/healthz", headers={"host": "127.0.0.1"})
    assert (response.status_code, response.text) == (200, "ok")


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
    with mock.patch("portal.health.cache") as cache:
        cache.get.return_value = None
        response = client_of(None).get("/readyz")
    assert (response.status_code, response.json()["cache"]) == (200, False)
