"""The secret link by which a speaker's tablet shows the countdown without login."""

from django.core.signing import Signer
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from schedule.models import Talk, Timer

SALT = "schedule.timer"


def generation(talk: Talk) -> int:
    timer: Timer | None = getattr(talk, "timer", None)  # no row yet
    return timer.generation if timer else 0


def key_of(talk: Talk) -> str:
    """Of this talk alone, until somebody asks for a new link (Timer.generation)."""
    return Signer(salt=SALT).signature(f"{talk.pk}/{generation(talk)}")


def opens(key: str, talk: Talk) -> bool:
    return constant_time_compare(key, key_of(talk))


def timer_link(talk: Talk) -> str:
    return reverse("timer", args=[talk.code], query={"key": key_of(talk)})
