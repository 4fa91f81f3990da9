"""Whoever begins or ceases to work for a conference comes in, or stays out, at once: what is kept of
the admission is dropped. By signals, because rooms and talks, whose rows helpers and chairs are, know
nothing of admissions, and because each is written in several places.
"""

from typing import Any

from django.db.models.signals import m2m_changed, post_delete, post_save

from schedule.models import Room, Talk
from tickets.models import Role, User
from tickets.models.scopes import forget_admissions


def connect() -> None:
    for signal in (post_save, post_delete):
        signal.connect(_role_changed, sender=Role)
    for through in (Room.helpers.through, Talk.chairs.through):
        m2m_changed.connect(_crew_changed, sender=through)


def _role_changed(instance: Role, **_signal: object) -> None:
    forget_admissions([(instance.conference_id, instance.user_id)])


def _crew_changed(
    sender: Any, instance: Any, action: str, pk_set: set[int] | None, **_signal: object
) -> None:
    """Helpers or chairs, from either side. `pk_set` is None where all are about to go."""
    if action not in ("post_add", "pre_remove", "pre_clear"):
        return
    work = Room if sender is Room.helpers.through else Talk
    place = str(work._meta.model_name)
    this, other = place, "user"
    if isinstance(instance, User):
        this, other = other, this
    links = sender.objects.filter(**{this: instance})
    if pk_set is not None:
        links = links.filter(**{f"{other}__in": pk_set})
    forget_admissions(links.values_list(f"{place}__conference", "user"))
