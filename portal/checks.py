"""What an installation must not get wrong. Each has an id and says what to do."""

import re
from email.utils import parseaddr

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db import connection
from django.db.models import DateField, DateTimeField

from schedule.models import Conference
from schedule.site.conferences import host_problem

OUR_APPS = ("schedule", "tickets", "streaming", "portal")
# A key in hexadecimal has 16 signs, and every thirtieth of 96 digits lacks one.
LEAST_KEY, LEAST_SIGNS = 32, 10
# What examples of keys are made of.
GUESSED = re.compile(r"change.?me|secret|password|insecure|example|(.)\1{5}", re.IGNORECASE)
INSTANT_ENDINGS = ("_at", "_since", "valid_from", "valid_until", "last_login")


@register()
def time_zone_is_utc(**_options: object) -> list[CheckMessage]:
    if settings.TIME_ZONE == "UTC" and settings.USE_TZ:
        return []
    return [
        Error(
            "TIME_ZONE is not UTC.",
            hint="Instants are stored and logged in UTC; a conference has its own zone.",
            id="portal.E001",
        )
    ]


@register(Tags.models)
def times_are_named(**_options: object) -> list[CheckMessage]:
    """`_at` for instants, `_on` for days, `_from`/`_until` for bounds that a shop gives."""
    return [
        Error(
            f"{model.__name__}.{field.name} does not say that it is a time.",
            hint=f"End its name with one of: {', '.join(endings)}.",
            obj=field,
            id="portal.E002",
        )
        for label in OUR_APPS
        for model in apps.get_app_config(label).get_models()
        for field in model._meta.local_fields
        # A DateTimeField is a DateField too.
        if isinstance(field, DateField)
        and not field.name.endswith(
            endings := INSTANT_ENDINGS if isinstance(field, DateTimeField) else ("_on",)
        )
    ]


@register(Tags.database)
def conferences_are_reached(**_options: object) -> list[CheckMessage]:
    """With `check --database default`, and before `migrate`, when there may be no table yet."""
    if "schedule_conference" not in connection.introspection.table_names():
        return []
    conferences = list(Conference.objects.only("name", "slug", "domain"))
    is_alone = len(conferences) == 1
    problems = [(each, host_problem(each, is_alone=is_alone)) for each in conferences]
    return [
        Warning(f"Nobody reaches “{conference}”.", hint=problem, id="portal.W009")
        for conference, problem in problems
        if problem
    ]


@register(Tags.security, deploy=True)
def nobody_is_let_down(**_options: object) -> list[CheckMessage]:
    """What cannot be meant on a site for people, so that the check fails."""
    key, hosts = settings.SECRET_KEY, set(settings.ALLOWED_HOSTS)
    sender = parseaddr(settings.DEFAULT_FROM_EMAIL)[1].rpartition("@")[2]
    is_printed = settings.MAILERS["default"]["BACKEND"].rpartition(".")[0].endswith("console")
    problems = [
        (
            "portal.E006",
            is_printed,
            "Mail is printed, not sent, so nobody gets a login code.",
            "Set EMAIL_URL, for example smtp+tls://user:password@smtp.example.org",
        ),
        (
            "portal.E010",
            "*" in hosts or not hosts - {"localhost", "127.0.0.1", "[::1]"},
            "ALLOWED_HOSTS names no host of yours, or every host there is.",
            "Name the domains of the conferences, with commas between.",
        ),
        (
            "portal.E011",
            len(key) < LEAST_KEY or len(set(key)) < LEAST_SIGNS or bool(GUESSED.search(key)),
            "SECRET_KEY can be guessed, and whoever knows it is anybody.",
            "Make one: python3 -c 'import secrets; print(secrets.token_urlsafe(50))'",
        ),
        (
            "portal.E012",
            settings.TRUSTED_PROXIES < 0,
            "TRUSTED_PROXIES is less than nothing.",
            "Set it to the number of proxies of yours in front, usually 1.",
        ),
        (
            "portal.E013",
            sender in ("", "localhost"),
            "Mail would come from an address that nobody accepts.",
            "Set DEFAULT_FROM_EMAIL to an address in a domain of yours.",
        ),
        (
            "portal.E014",
            settings.DEBUG,
            "DEBUG is on: whoever finds an error reads code and settings.",
            "Set DEBUG=off.",
        ),
    ]
    return [
        Error(message, hint=hint, id=number) for number, is_so, message, hint in problems if is_so
    ]


@register(Tags.security, deploy=True)
def production_is_for_production(**_options: object) -> list[CheckMessage]:
    is_sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    warnings = [
        (
            "portal.W003",
            is_sqlite,
            "The database is SQLite.",
            "Set DATABASE_URL to PostgreSQL: with SQLite one writer waits for another.",
        ),
        (
            "portal.W004",
            not settings.REDIS_URL,
            "There is no Redis.",
            "Set REDIS_URL: the in-process cache is not shared by several processes.",
        ),
        (
            "portal.W005",
            not settings.TRUSTED_PROXIES,
            "TRUSTED_PROXIES is 0, so nginx's address counts as everybody's.",
            "Set it to the number of proxies of yours in front, usually 1.",
        ),
        (
            "portal.W008",
            not settings.REQUIRE_SECOND_FACTOR,
            "Whoever knows an organizer's password or reads their mail opens the admin.",
            "Leave REQUIRE_SECOND_FACTOR on.",
        ),
        (
            "portal.W007",
            not settings.HAS_WORKER,
            "HAS_WORKER is off, so pages wait for mail relays and ticket shops.",
            "Run `manage.py worker` as a service and set HAS_WORKER=on.",
        ),
    ]
    return [
        Warning(message, hint=hint, id=number) for number, is_so, message, hint in warnings if is_so
    ]
