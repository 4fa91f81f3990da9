"""What an installation must not get wrong. Each has an id and says what to do."""

from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.db.models import DateField, DateTimeField

OUR_APPS = ("schedule", "tickets", "streaming")


@register()
def time_zone_is_utc(**_kwargs: Any) -> list[CheckMessage]:
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
def times_are_named(**_kwargs: Any) -> list[CheckMessage]:
    """`_at` for instants, `_on` for days, `_from`/`_until` for bounds that a shop gives."""
    wrong: list[CheckMessage] = []
    for label in OUR_APPS:
        for model in apps.get_app_config(label).get_models():
            for field in model._meta.local_fields:
                if isinstance(field, DateTimeField):
                    endings: tuple[str, ...] = (
                        "_at",
                        "_since",
                        "valid_from",
                        "valid_until",
                        "last_login",
                    )
                elif isinstance(field, DateField):
                    endings = ("_on",)
                else:
                    continue
                if not field.name.endswith(endings):
                    wrong.append(
                        Error(
                            f"{model.__name__}.{field.name} does not say that it is a time.",
                            hint=f"End its name with one of: {', '.join(endings)}.",
                            obj=field,
                            id="portal.E002",
                        )
                    )
    return wrong


@register(Tags.security, deploy=True)
def production_is_for_production(**_kwargs: Any) -> list[CheckMessage]:
    warnings: list[CheckMessage] = []
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        warnings.append(
            Warning(
                "The database is SQLite.",
                hint="Set DATABASE_URL to PostgreSQL: with SQLite one writer waits for another.",
                id="portal.W003",
            )
        )
    if not settings.REDIS_URL:
        warnings.append(
            Warning(
                "There is no Redis.",
                hint="Set REDIS_URL: the in-process cache is not shared by several processes.",
                id="portal.W004",
            )
        )
    if not settings.TRUSTED_PROXIES:
        warnings.append(
            Warning(
                "TRUSTED_PROXIES is 0, so nginx's address counts as everybody's.",
                hint="Set it to the number of proxies of yours in front, usually 1.",
                id="portal.W005",
            )
        )
    if settings.MAILERS["default"]["BACKEND"].rpartition(".")[0].endswith("console"):
        warnings.append(
            Warning(
                "Mail is printed, not sent, so nobody gets a login code.",
                hint="Set EMAIL_URL, for example smtp+tls://user:password@smtp.example.org",
                id="portal.W006",
            )
        )
    if not settings.REQUIRE_SECOND_FACTOR:
        warnings.append(
            Warning(
                "Whoever knows an organizer's password or reads their mail opens the admin.",
                hint="Leave REQUIRE_SECOND_FACTOR on.",
                id="portal.W008",
            )
        )
    if not settings.HAS_WORKER:
        warnings.append(
            Warning(
                "HAS_WORKER is off, so pages wait for mail relays and ticket shops.",
                hint="Run `manage.py worker` as a service and set HAS_WORKER=on.",
                id="portal.W007",
            )
        )
    return warnings
