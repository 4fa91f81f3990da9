"""Whoever gains rights loses the sessions that began as an attendee's: the link of an old mail, the
laptop that was let in by the phone. What is gained in one conference ends the sessions there: an
organizer could else sign out the attendees of others. Rows that are written without signals end none;
the gate asks each session in any case (tickets/admission/middleware.py).
"""

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from allauth.core import context
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.db.models import Model
from django.db.models.signals import m2m_changed, post_save
from django.utils import timezone

from schedule.models import Room, Talk
from tickets.accounts.devices.sessions import live_sessions, sign_out
from tickets.accounts.sessions import CONFERENCE, SessionStore
from tickets.admission.sign_in import SECOND_FACTORS, SignIn
from tickets.models import Role, User

# What opens more than watching, of a person's own row.
_RIGHTS = {"is_superuser", "password"}


def connect() -> None:
    post_save.connect(_role_given, sender=Role)
    post_save.connect(_person_saved, sender=User)
    post_save.connect(_factor_added, sender=Authenticator)
    for through in (Room.helpers.through, Talk.chairs.through):
        m2m_changed.connect(_people_added, sender=through)


def _role_given(instance: Role, **_signal: object) -> None:
    _end_after_commit([instance.user_id], _is_attendees, instance.conference_id)


def _person_saved(
    instance: User, created: bool, update_fields: Collection[str] | None, **_signal: object
) -> None:
    is_about_rights = update_fields is None or not _RIGHTS.isdisjoint(update_fields)
    may_more = instance.is_superuser or instance.has_usable_password()
    if is_about_rights and may_more and not created:
        _end_after_commit([instance.pk], _is_attendees)


def _people_added(
    instance: Any,
    action: str,
    reverse: bool,
    model: type[Model],
    pk_set: Collection[int] | None,
    **_signal: object,
) -> None:
    """To the helpers of a room or the chairs of a talk, or these to a person (`reverse`)."""
    if action != "post_add":
        return
    if not reverse:
        _end_after_commit(list(pk_set or ()), _is_attendees, instance.conference_id)
        return
    added = model._default_manager.filter(pk__in=pk_set or ())
    for conference_id in added.values_list("conference", flat=True).distinct():
        _end_after_commit([instance.pk], _is_attendees, conference_id)


def _factor_added(instance: Authenticator, created: bool, **_signal: object) -> None:
    """The session in which it is added stays: who adds one has it at hand."""
    if not created or instance.type not in SECOND_FACTORS:
        return
    request, adding = context.request, None
    if request is not None and request.user.pk == instance.user_id:
        SignIn.note_factor(request, instance.user)
        adding = request.session.session_key
    _end_after_commit(
        [instance.user_id],
        lambda key, sign_in: key != adding and not sign_in.has_factor,
    )


def _is_attendees(_key: str, sign_in: SignIn) -> bool:
    return not sign_in.is_own_login


def _end_after_commit(
    people: Collection[int],
    is_ended: Callable[[str, SignIn], bool],
    conference_id: int | None = None,
) -> None:
    """`conference_id` None: everywhere."""
    transaction.on_commit(partial(_end, people, is_ended, conference_id))


def _end(
    people: Collection[int], is_ended: Callable[[str, SignIn], bool], conference_id: int | None
) -> None:
    ended = []
    for device in live_sessions(timezone.now()).filter(user__in=people):
        session = SessionStore(device.session_key)
        is_there = conference_id in (None, session.get(CONFERENCE))
        if is_there and is_ended(device.session_key, SignIn.of(session)):
            ended.append(device)
    sign_out(ended)
