from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from schedule.models import Conference, Visibility

pytestmark = pytest.mark.django_db
NAMED = ("--name", "My Con", "--timezone", "Asia/Seoul")


def test_a_conference_is_made(capsys):
    call_command(
        "create_conference", "mycon", *NAMED,
        "--domain", "live.example.org", "--starts", "2026-11-21", "--ends", "2026-11-23",
    )  # fmt: skip
    conference = Conference.objects.get()
    assert (conference.slug, conference.name) == ("mycon", "My Con")
    assert conference.domain == "live.example.org"
    assert (conference.starts_on, conference.ends_on) == (date(2026, 11, 21), date(2026, 11, 23))
    assert conference.zone == ZoneInfo("Asia/Seoul")
    # Nothing is shown before somebody decides so.
    assert conference.visibility == Visibility.HIDDEN
    said = capsys.readouterr().out
    assert "Made “My Con”, 2026-11-21 to 2026-11-23, Asia/Seoul." in said
    assert "import_schedule FILE --conference mycon" in said
    assert "https://live.example.org/admin/" in said
    assert "ALLOWED_HOSTS" not in said


def test_without_dates_it_is_today_at_the_venue(monkeypatch):
    late = datetime(2026, 11, 21, 20, tzinfo=ZoneInfo("UTC"))
    monkeypatch.setattr(timezone, "now", lambda: late)
    call_command("create_conference", "mycon", *NAMED)
    conference = Conference.objects.get()
    assert conference.starts_on == conference.ends_on == date(2026, 11, 22)
    assert conference.domain is None


def test_a_host_that_is_not_allowed_is_the_first_thing_to_do(capsys):
    call_command("create_conference", "mycon", *NAMED, "--domain", "live.elsewhere.net")
    assert "Add live.elsewhere.net to ALLOWED_HOSTS." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["mycon", "--name", "My Con", "--timezone", "Berlin"], "--timezone: “Berlin” is not a time zone"),
        (["my con", *NAMED], "SLUG: Enter a valid “slug”"),
        (["mycon", *NAMED, "--domain", "https://x.org"], "--domain: Write a host name in small letters"),
        (["mycon", *NAMED, "--starts", "tomorrow"], "“tomorrow” is not a day. Write it like 2026-11-21."),
        (["mycon", *NAMED, "--starts", "2026-11-21", "--ends", "2026-11-20"], "The last day is before the first."),
        (["mycon", "--timezone", "UTC"], "--name"),
    ],
)  # fmt: skip
def test_mistakes_are_explained(arguments, says):
    with pytest.raises(CommandError, match=says):
        call_command("create_conference", *arguments)
    assert not Conference.objects.exists()


def test_a_slug_and_a_domain_belong_to_one_conference():
    call_command("create_conference", "mycon", *NAMED, "--domain", "live.example.org")
    with pytest.raises(CommandError, match="SLUG: Conference with this Slug already exists"):
        call_command("create_conference", "mycon", *NAMED)
    with pytest.raises(CommandError, match="--domain: Conference with this Domain already exists"):
        call_command("create_conference", "other", *NAMED, "--domain", "live.example.org")


def test_a_second_conference_locks_nobody_out_of_the_first(capsys):
    call_command("create_conference", "mycon", *NAMED)
    with pytest.raises(CommandError, match="“My Con” has no domain. Give it one first"):
        call_command("create_conference", "other", *NAMED, "--domain", "b.example.org")
    Conference.objects.update(domain="a.example.org")
    with pytest.raises(CommandError, match="It needs a domain: there are other conferences"):
        call_command("create_conference", "other", *NAMED)
    assert Conference.objects.count() == 1
    call_command("create_conference", "other", *NAMED, "--domain", "b.example.org")
    assert Conference.objects.count() == 2
