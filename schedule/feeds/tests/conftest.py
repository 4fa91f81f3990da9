from datetime import date

import pytest
from django.utils import timezone

from conftest import client_of, make_conference, utc


@pytest.fixture
def conference(db):
    """Of the talks in schedule_files.py, which are on its first day."""
    return make_conference(
        domain="testserver",
        starts_on=date(2026, 3, 6),
        ends_on=date(2026, 3, 7),
        time_zone="Europe/Berlin",
    )


@pytest.fixture
def day_before(monkeypatch):
    """The day before the conference, at nine: nothing of it is over."""
    at = utc("2026-03-05 08:00")
    monkeypatch.setattr(timezone, "now", lambda: at)
    return at


@pytest.fixture
def client(day_before, organizer):
    return client_of(organizer)
