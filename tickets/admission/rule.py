"""The one rule: may this person enter this scope at this moment? Its default is no.

An admission is the union of a person's live claims and grants in one conference, as scopes with
time windows. It is computed in at most three queries and kept for 20 seconds or until the next
edge of a window, whichever is sooner: the bound on how long a refund goes unnoticed. Dropping it
when something changes is a courtesy that may lose a race.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Self

from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.db.models import DateTimeField, FilteredRelation, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Upper
from django.utils import timezone

from lib.compiled_sql import prepared
from schedule.models import Conference, Talk
from tickets.models import Ban, Claim, Ticket, User, fold_email
from tickets.models.scopes import Scope, parse_scope, parse_scopes

KEPT = timedelta(seconds=20)
# Workshop tickets open their room a little before the talk, and do not cut off a speaker.
EARLY = timedelta(minutes=15)
GRACE = timedelta(minutes=15)
# As a product gives by default, for people without one: speakers, crew.
PLACES_BY_GRANT = 2
FOREVER = datetime.max.replace(tzinfo=UTC)


class Reason(StrEnum):
    """Why not. Pages and JSON carry the code; a page says what to do next."""

    LOGIN_REQUIRED = "login_required"
    TICKET_REQUIRED = "ticket_required"
    TICKET_CANCELED = "ticket_canceled"
    NOT_YET = "not_yet"
    OVER = "over"
    WRONG_TICKET = "wrong_ticket"
    TOO_MANY_PLACES = "too_many_places"
    BANNED = "banned"


class ScopeWindow(NamedTuple):
    """A scope that is open in [starts_at, ends_at); None: no bound. `room` is the slug of the room
    where a talk takes place, so that a workshop's ticket opens its room for that time.
    """

    scope: str
    starts_at: datetime | None
    ends_at: datetime | None
    room: str = ""

    def covers(self, wanted: Scope | None) -> bool:
        """Whether the scope, whenever it is open, includes the wanted one; None wants any."""
        if wanted is None or self.scope == "conference":
            return True
        held = parse_scope(self.scope)
        if held == wanted:
            return True
        # A day opens every room and talk while it lasts: its window is that day.
        if held.kind == "day":
            return wanted.kind in ("room", "talk")
        return held.kind == "talk" and wanted == Scope("room", self.room)


@dataclass(frozen=True)
class Admission:
    """What one person may enter in one conference. `auth_hash` is the session's (Django's), so
    that the gate need not load the user to see that a password has changed. `places`: on how many
    devices they may watch at the same time (tickets/admission/watching.py); None: on any number.
    """

    openings: tuple[ScopeWindow, ...] = ()
    is_active: bool = False
    auth_hash: str = ""
    has_canceled_ticket: bool = False
    banned_until: datetime | None = None
    places: int | None = PLACES_BY_GRANT

    @classmethod
    def unpack(cls, packed: Any) -> Self:
        openings, *rest = packed
        return cls(tuple(ScopeWindow(*opening) for opening in openings), *rest)

    def pack(self) -> tuple[Any, ...]:
        """Plain values, which the cache reads faster than objects."""
        openings = tuple(tuple(opening) for opening in self.openings)
        rest = (self.has_canceled_ticket, self.banned_until, self.places)
        return (openings, self.is_active, self.auth_hash, *rest)

    def refusal(self, scope: str | None, at: datetime) -> Reason | None:
        """None: come in. `scope` None asks for any admission, also one for a later day."""
        if self.banned_until is not None and at < self.banned_until:
            return Reason.BANNED
        if not self.is_active:
            return Reason.TICKET_REQUIRED
        wanted = parse_scope(scope) if scope else None
        fitting = [opening for opening in self.openings if opening.covers(wanted)]
        if not fitting:
            return self._refusal_without_any()
        ahead = [opening for opening in fitting if opening.ends_at is None or at < opening.ends_at]
        if not ahead:
            return Reason.OVER
        is_open = any(opening.starts_at is None or opening.starts_at <= at for opening in ahead)
        return None if is_open or wanted is None else Reason.NOT_YET

    def _refusal_without_any(self) -> Reason:
        if self.openings:
            return Reason.WRONG_TICKET
        return Reason.TICKET_CANCELED if self.has_canceled_ticket else Reason.TICKET_REQUIRED

    def next_edge(self, at: datetime) -> datetime | None:
        bounds = [bound for opening in self.openings for bound in opening[1:3]]
        bounds.append(self.banned_until)
        return min((bound for bound in bounds if bound is not None and bound > at), default=None)


NOBODY = Admission()


def refusal(
    conference: Conference, admission: Admission | None, scope: str | None, at: datetime
) -> Reason | None:
    """The whole rule, for a person who may not have signed in (admission None)."""
    if conference.is_public_at(at):
        return None
    if admission is None:
        return Reason.LOGIN_REQUIRED
    reason = admission.refusal(scope, at)
    ended = conference.replays_end_at
    if reason is None and scope == "replay" and ended is not None and ended <= at:
        return Reason.OVER
    return reason


def admission_key(conference_id: int, user_id: int) -> str:
    return f"admission:{settings.RELEASE}:{conference_id}:{user_id}"


def admission_of(conference: Conference, user_id: int) -> Admission:
    packed = cache.get(admission_key(conference.pk, user_id))
    return Admission.unpack(packed) if packed else compute_and_keep(conference, user_id)


def compute_and_keep(conference: Conference, user_id: int) -> Admission:
    at = timezone.now()
    admission = compute(conference, user_id)
    edge = admission.next_edge(at)
    until = min(edge, at + KEPT) if edge else at + KEPT
    cache.set(
        admission_key(conference.pk, user_id),
        admission.pack(),
        (until - at).total_seconds(),
    )
    return admission


def forget(conference_id: int, user_ids: Iterable[int]) -> None:
    """Drop what is kept, once the change that made it wrong is committed."""
    keys = [admission_key(conference_id, user_id) for user_id in user_ids]
    if keys:
        transaction.on_commit(lambda: cache.delete_many(keys))


type _Held = tuple[Scope, datetime | None, datetime | None]


def compute(conference: Conference, user_id: int) -> Admission:
    """From the database, in at most three queries."""
    rows = _person_and_grants(user_id, conference.pk)
    if not rows:
        return NOBODY
    is_active, password, proved_email, banned_until, *_grant = rows[0]
    held: list[_Held] = []
    has_any_places = False
    for *_person, scopes, starts_at, ends_at, any_places in rows:
        held += [(scope, starts_at, ends_at) for scope in parse_scopes(scopes)]
        has_any_places = has_any_places or bool(any_places)
    canceled, places = False, 0
    for state, starts_at, ends_at, scopes, product_places in _claimed(user_id, conference.pk):
        canceled = canceled or state == Ticket.State.CANCELED
        if state == Ticket.State.VALID:
            held += [(scope, starts_at, ends_at) for scope in parse_scopes(scopes)]
            places = max(places, product_places)
    return Admission(
        openings=tuple(_openings(conference, proved_email, held)),
        is_active=is_active,
        auth_hash=User(password=password).get_session_auth_hash(),
        has_canceled_ticket=canceled,
        banned_until=banned_until,
        places=None if has_any_places else places or PLACES_BY_GRANT,
    )


@prepared
def _person_and_grants(user_id: int, conference_id: int) -> QuerySet[User, tuple[Any, ...]]:
    """A row per grant, or one without. The proved address is None until the person has shown to
    read its mail: nobody is let in as the speaker whose address they only typed.
    """
    own = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"), verified=True)
    until = Coalesce("ends_at", Value(FOREVER, DateTimeField()))
    bans = Ban.objects.filter(user=OuterRef("pk"), conference=conference_id).annotate(until=until)
    people = User.objects.filter(pk=user_id).annotate(
        given=FilteredRelation("grants", condition=Q(grants__conference=conference_id)),
        proved_email=Subquery(own.values("email")[:1]),
        banned_until=Subquery(bans.order_by("-until").values("until")[:1]),
    )
    grant = ("scopes", "starts_at", "ends_at", "has_any_places")
    return people.values_list(
        "is_active",
        "password",
        "proved_email",
        "banned_until",
        *(f"given__{field}" for field in grant),
    )


@prepared
def _claimed(user_id: int, conference_id: int) -> QuerySet[Claim, tuple[Any, ...]]:
    claims = Claim.objects.live().filter(user=user_id, ticket__conference=conference_id)
    return claims.values_list(
        "ticket__state",
        "ticket__valid_from",
        "ticket__valid_until",
        "ticket__product__scopes",
        "ticket__product__places",
    )


def _talks(conference_id: int, those: Q) -> QuerySet[Talk, tuple[Any, ...]]:
    talks = Talk.objects.alias(upper=Upper("speakers__email")).filter(those)
    talks = talks.filter(conference=conference_id).order_by()
    return talks.values_list("code", "starts_at", "ends_at", "room__slug", "speakers__email")


def _spoken_by(email: str) -> Q:
    return Q(upper=Upper(Value(email)))


@prepared
def _talks_of_speaker(conference_id: int, email: str) -> QuerySet[Talk, tuple[Any, ...]]:
    return _talks(conference_id, _spoken_by(email))


def _openings(
    conference: Conference, email: str | None, held: list[_Held]
) -> Iterator[ScopeWindow]:
    codes = {scope.value for scope, *_window in held if scope.kind == "talk"}
    found: Iterable[tuple[Any, ...]] = ()
    if codes:
        theirs = Q(code__in=codes)
        found = _talks(conference.pk, theirs | _spoken_by(email) if email else theirs)
    elif email:
        found = _talks_of_speaker(conference.pk, email)
    talks: dict[str, tuple[datetime, datetime, str]] = {}
    own = set()
    for code, begin, end, room, speaker_email in found:
        talks[code] = (begin - EARLY, end + GRACE, room or "")
        # The database's idea of upper and lower case is wider than ours.
        if email and fold_email(speaker_email or "") == email:
            own.add(Scope("talk", code))
    for scope, from_, until in [*held, *((scope, None, None) for scope in own)]:
        first: datetime | None = None
        last: datetime | None = None
        room = ""
        if scope.kind == "day":
            first, last = conference.day_window(date.fromisoformat(scope.value))
        elif scope.kind == "talk":
            if scope.value not in talks:
                continue
            first, last, room = talks[scope.value]
        starts_at = max((at for at in (from_, first) if at), default=None)
        ends_at = min((at for at in (until, last) if at), default=None)
        if starts_at is None or ends_at is None or starts_at < ends_at:
            yield ScopeWindow(str(scope), starts_at, ends_at, room)
