"""The one rule: may this person enter this scope at this moment? Its default is no.

An admission is the union of a person's live claims and grants in one conference, and of what the
person is let into by working for it, as scopes with time windows. It is computed in at most three queries and kept for 20 seconds or until the next
edge of a window, whichever is sooner: the bound on how long a refund goes unnoticed. Dropping it
when something changes is a courtesy that may lose a race.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Self

from allauth.account.models import EmailAddress
from django.core.cache import cache
from django.db.models import (
    DateTimeField,
    Exists,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Value,
)
from django.db.models.functions import Coalesce, Upper
from django.utils import timezone

from lib.compiled_sql import prepared
from schedule.models import Conference, Talk
from tickets.models import Ban, Claim, Role, Ticket, User, fold_email
from tickets.models.roles import ADMITTED_EVERYWHERE
from tickets.models.scopes import (
    PAGES,
    HeldScope,
    Scope,
    ScopeWindow,
    TalkWindows,
    admission_key,
    held_scopes,
    parse_scope,
    talk_codes,
    talk_window,
    windows,
)

KEPT = timedelta(seconds=20)
# As a product gives by default, for people without one: speakers, crew.
PLACES_BY_GRANT = 2
FOREVER = datetime.max.replace(tzinfo=UTC)


# The values of a row, as a prepared query gives them.
type Values = tuple[Any, ...]


class Reason(StrEnum):
    """Why not. Pages and JSON carry the code; a page says what to do next."""

    LOGIN_REQUIRED = "login_required"
    SIGN_IN_AGAIN = "sign_in_again"
    TICKET_REQUIRED = "ticket_required"
    TICKET_CANCELED = "ticket_canceled"
    NOT_YET = "not_yet"
    OVER = "over"
    WRONG_TICKET = "wrong_ticket"
    TOO_MANY_PLACES = "too_many_places"
    BANNED = "banned"


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
    def unpack(cls, packed: Values) -> Self:
        openings, *rest = packed
        return cls(tuple(ScopeWindow(*opening) for opening in openings), *rest)

    def pack(self) -> Values:
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
            if self.openings:
                return Reason.WRONG_TICKET
            return Reason.TICKET_CANCELED if self.has_canceled_ticket else Reason.TICKET_REQUIRED
        ahead = [opening for opening in fitting if not opening.is_over_at(at)]
        if not ahead:
            return Reason.OVER
        is_open = any(opening.has_begun_at(at) for opening in ahead)
        return None if is_open or wanted is None else Reason.NOT_YET

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


def compute(conference: Conference, user_id: int) -> Admission:
    """From the database, in at most three queries."""
    rows = _person_and_grants(user_id, conference.pk)
    if not rows:
        return NOBODY
    person = _Person(*rows[0][: len(_Person._fields)])
    held: set[HeldScope] = set()
    has_any_places = person.is_superuser or person.is_organizer
    for row in rows:
        room, talk, scopes, starts_at, ends_at, any_places = row[len(_Person._fields) :]
        held |= {*_by_work(person, room, talk), *held_scopes(scopes, starts_at, ends_at)}
        has_any_places = has_any_places or bool(any_places)
    canceled, places = False, 0
    for state, starts_at, ends_at, scopes, added_to, per_ticket in _claimed(user_id, conference.pk):
        canceled = canceled or state == Ticket.State.CANCELED
        if state == Ticket.State.VALID:
            held |= {*held_scopes(scopes, starts_at, ends_at)}
            # An add-on opens what it was given, on no more devices.
            places = max(places, 0 if added_to else per_ticket)
    talks, own = _talks_and_own(conference.pk, talk_codes(held), person.proved_email)
    return Admission(
        openings=tuple(windows(held | own, conference, talks)),
        is_active=person.is_active,
        auth_hash=User(password=person.password).get_session_auth_hash(),
        has_canceled_ticket=canceled,
        # A superuser is shut out by nobody.
        banned_until=None if person.is_superuser else person.banned_until,
        places=None if has_any_places else places or PLACES_BY_GRANT,
    )


class _Person(NamedTuple):
    """What is the same in each row of the first query. Of the roles in this conference: `has_role` is
    any, `is_admitted` one that opens all of it.
    """

    is_active: bool
    password: str
    proved_email: str | None
    banned_until: datetime | None
    is_superuser: bool
    is_organizer: bool
    is_admitted: bool
    has_role: bool


def _by_work(person: _Person, helped: str | None, chaired: str | None) -> Iterator[HeldScope]:
    """Whoever works for the conference comes in: everywhere, or to the pages and to where they work
    (a helped room's slug, a chaired talk's code).
    """
    if person.is_superuser or person.is_admitted:
        yield HeldScope(Scope("conference"))
    if person.has_role or helped or chaired:
        yield HeldScope(PAGES)
    if helped:
        yield HeldScope(Scope("room", helped))
    if chaired:
        yield HeldScope(Scope("talk", chaired))


@prepared
def _person_and_grants(user_id: int, conference_id: int) -> QuerySet[User, Values]:
    """A row per grant, helped room and chaired talk, or one without. The proved address is None until
    the person has shown to read its mail: nobody is let in as the speaker whose address they only
    typed.
    """
    own = EmailAddress.objects.filter(user=OuterRef("pk"), email=OuterRef("email"), verified=True)
    until = Coalesce("ends_at", Value(FOREVER, DateTimeField()))
    bans = Ban.objects.filter(user=OuterRef("pk"), conference=conference_id).annotate(until=until)
    roles = Role.objects.filter(user=OuterRef("pk"), conference=conference_id)
    people = User.objects.filter(pk=user_id).annotate(
        given=FilteredRelation("grants", condition=Q(grants__conference=conference_id)),
        helped=FilteredRelation(
            "helped_rooms", condition=Q(helped_rooms__conference=conference_id)
        ),
        chaired=FilteredRelation(
            "chaired_talks", condition=Q(chaired_talks__conference=conference_id)
        ),
        proved_email=Subquery(own.values("email")[:1]),
        banned_until=Subquery(bans.order_by("-until").values("until")[:1]),
        is_organizer=Exists(roles.filter(kind=Role.Kind.ORGANIZER)),
        is_admitted=Exists(roles.filter(kind__in=ADMITTED_EVERYWHERE)),
        has_role=Exists(roles),
    )
    grant = ("scopes", "starts_at", "ends_at", "has_any_places")
    work = ("helped__slug", "chaired__code")
    return people.values_list(*_Person._fields, *work, *(f"given__{field}" for field in grant))


@prepared
def _claimed(user_id: int, conference_id: int) -> QuerySet[Claim, Values]:
    claims = Claim.objects.live().filter(user=user_id, ticket__conference=conference_id)
    return claims.values_list(
        "ticket__state",
        "ticket__valid_from",
        "ticket__valid_until",
        "ticket__product__scopes",
        "ticket__main_code",
        "ticket__product__places",
    )


def _talks(conference_id: int, those: Q) -> QuerySet[Talk, Values]:
    talks = Talk.objects.alias(upper=Upper("speakers__email")).filter(those)
    talks = talks.filter(conference=conference_id).order_by()
    return talks.values_list("code", "starts_at", "ends_at", "room__slug", "speakers__email")


def _spoken_by(email: str) -> Q:
    return Q(upper=Upper(Value(email)))


@prepared
def _talks_of_speaker(conference_id: int, email: str) -> QuerySet[Talk, Values]:
    return _talks(conference_id, _spoken_by(email))


def _talks_and_own(
    conference_id: int, codes: set[str], email: str | None
) -> tuple[TalkWindows, set[HeldScope]]:
    """The talks with these codes, and those of the speaker with this address, in one query; and the
    scopes that the speaker has by speaking, whatever tickets and grants there are.
    """
    found: Iterable[Values] = ()
    if codes:
        theirs = Q(code__in=codes)
        found = _talks(conference_id, theirs | _spoken_by(email) if email else theirs)
    elif email:
        found = _talks_of_speaker(conference_id, email)
    talks: dict[str, ScopeWindow] = {}
    own = set()
    for code, starts_at, ends_at, room, speaker_email in found:
        talks[code] = talk_window(code, starts_at, ends_at, room)
        # The database's idea of upper and lower case is wider than ours.
        if email and fold_email(speaker_email or "") == email:
            own.add(HeldScope(Scope("talk", code)))
    return talks, own
