"""The one rule: may this person enter this scope at this moment? Its default is no.

An admission is the union of a person's live claims and grants in one conference, and of what the
person is let into by working for it, as scopes with time windows. It is computed in at most three queries and kept for 20 seconds or until the next
edge of a window, whichever is sooner: the bound on how long a refund goes unnoticed while the
database answers. Dropping it when something changes is a courtesy that may lose a race.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, Self

from django.core.cache import cache
from django.db.models import Q
from django.utils import timezone

from lib.steady.kept import Kept, keep, keep_on
from lib.steady.patience import bearable, impatient
from schedule.models import Conference
from tickets.admission.rows import (
    PersonRow,
    Values,
    person_and_grants,
    spoken_by,
    talks_and_speakers,
    talks_of_speaker,
    tickets_of,
)
from tickets.models import Ticket, User, fold_email
from tickets.models.lost_deletes import is_deleted
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
# When the database has failed to say it, it is asked once more after that.
AGAIN = timedelta(seconds=5)
# As a product gives by default, for people without one: speakers, crew.
PLACES_BY_GRANT = 2


class Reason(StrEnum):
    """Why not. Pages and JSON carry the code; a page says what to do next."""

    LOGIN_REQUIRED = "login_required"
    SIGN_IN_AGAIN = "sign_in_again"
    TICKET_REQUIRED = "ticket_required"
    TICKET_PENDING = "ticket_pending"
    TICKET_BLOCKED = "ticket_blocked"
    TICKET_UNKNOWN = "ticket_unknown"
    TICKET_CANCELED = "ticket_canceled"
    NOT_YET = "not_yet"
    OVER = "over"
    WRONG_TICKET = "wrong_ticket"
    TOO_MANY_PLACES = "too_many_places"
    BANNED = "banned"


# What is said of a ticket that is not valid. Of several the first matters most: it can be mended.
REASON_OF_STATE = {
    Ticket.State.PENDING: Reason.TICKET_PENDING,
    Ticket.State.BLOCKED: Reason.TICKET_BLOCKED,
    Ticket.State.UNKNOWN: Reason.TICKET_UNKNOWN,
    Ticket.State.CANCELED: Reason.TICKET_CANCELED,
}


class WithheldWindow(NamedTuple):
    """What a ticket would open if it were valid, and claimed. It lets nobody in, but says why not."""

    state: str
    opening: ScopeWindow

    def is_open_at(self, at: datetime) -> bool:
        return self.opening.has_begun_at(at) and not self.opening.is_over_at(at)


@dataclass(frozen=True)
class Admission:
    """What one person may enter in one conference. `auth_hash` is the session's (Django's), so
    that the gate need not load the user to see that a password has changed. `withheld`: of tickets
    that are theirs, or in their proved name, and let nobody in. `talks`: the codes of those in which
    they speak or which they chair. `places`: on how many devices they may watch at the same time
    (tickets/admission/watching.py); None: on any number. `reference` and `display_name` are for players,
    `short_name` for the corner of a page.
    """

    openings: tuple[ScopeWindow, ...] = ()
    is_active: bool = False
    auth_hash: str = ""
    withheld: tuple[WithheldWindow, ...] = ()
    talks: tuple[str, ...] = ()
    banned_until: datetime | None = None
    places: int | None = PLACES_BY_GRANT
    reference: str = ""
    display_name: str = ""
    short_name: str = ""

    @classmethod
    def unpack(cls, packed: Values) -> Self:
        openings, is_active, auth_hash, withheld, *rest = packed
        return cls(
            tuple(ScopeWindow(*opening) for opening in openings),
            is_active,
            auth_hash,
            tuple(WithheldWindow(state, ScopeWindow(*opening)) for state, opening in withheld),
            *rest,
        )

    def pack(self) -> Values:
        """Plain values, which the cache reads faster than objects."""
        openings = tuple(tuple(opening) for opening in self.openings)
        withheld = tuple((state, tuple(opening)) for state, opening in self.withheld)
        rest = (self.talks, self.banned_until, self.places)
        names = (self.reference, self.display_name, self.short_name)
        return (openings, self.is_active, self.auth_hash, withheld, *rest, *names)

    def refusal(self, scope: str | None, at: datetime) -> Reason | None:
        """None: come in. `scope` None asks for any admission, also one for a later day."""
        if self.banned_until is not None and at < self.banned_until:
            return Reason.BANNED
        if not self.is_active:
            return Reason.TICKET_REQUIRED
        wanted = parse_scope(scope) if scope else None
        fitting = [opening for opening in self.openings if opening.covers(wanted)]
        ahead = [opening for opening in fitting if not opening.is_over_at(at)]
        if ahead and (wanted is None or any(opening.has_begun_at(at) for opening in ahead)):
            return None
        if reason := self._reason_of_withheld(wanted, at):
            return reason
        if fitting:
            return Reason.NOT_YET if ahead else Reason.OVER
        return Reason.WRONG_TICKET if self.openings else Reason.TICKET_REQUIRED

    def _reason_of_withheld(self, wanted: Scope | None, at: datetime) -> Reason | None:
        withheld = self.withheld
        if self.openings:
            # Beside what is open to them counts what can be mended, and would let them in now.
            canceled = Ticket.State.CANCELED
            here = [each for each in withheld if each.state != canceled and each.is_open_at(at)]
            withheld = tuple([each for each in here if each.opening.covers(wanted)])
        states = {each.state for each in withheld}
        for state, reason in REASON_OF_STATE.items():
            if state in states:
                return reason
        # Valid ones that nobody claimed while there was time.
        is_over = withheld and all(each.opening.is_over_at(at) for each in withheld)
        return Reason.OVER if is_over else None

    def is_for_replays_alone(self, at: datetime) -> bool:
        ahead = [opening for opening in self.openings if not opening.is_over_at(at)]
        return bool(ahead) and all(opening.scope == "replay" for opening in ahead)

    def opens_at(self, scope: str, at: datetime) -> datetime | None:
        """When the scope opens, if it opens later."""
        wanted = parse_scope(scope)
        begins = [each.starts_at for each in self.openings if each.covers(wanted)]
        return min((begin for begin in begins if begin is not None and begin > at), default=None)

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
    kept = Kept.read(cache.get(admission_key(conference.pk, user_id)))
    return kept_or_computed(conference, user_id, kept)


def kept_or_computed(conference: Conference, user_id: int, kept: Kept | None) -> Admission:
    """While the database is away, what was last computed counts for ten minutes beyond its time. That
    begins before its rows are read, however long that takes.
    """
    if kept is None or is_deleted(admission_key(conference.pk, user_id)):
        return compute_and_keep(conference, user_id)
    if kept.is_fresh:
        return Admission.unpack(kept.value)
    try:
        with impatient():
            return compute_and_keep(conference, user_id)
    except bearable():
        if kept.is_over:
            raise
        keep_on(admission_key(conference.pk, user_id), kept, AGAIN.total_seconds())
        return Admission.unpack(kept.value)


def compute_and_keep(conference: Conference, user_id: int) -> Admission:
    at = timezone.now()
    admission = compute(conference, user_id)
    edge = admission.next_edge(at)
    until = min(edge, at + KEPT) if edge else at + KEPT
    seconds = (until - at).total_seconds()
    key = admission_key(conference.pk, user_id)
    keep(key, admission.pack(), seconds, made_at=at.timestamp())
    return admission


def compute(conference: Conference, user_id: int) -> Admission:
    """From the database, in at most three queries."""
    rows = person_and_grants(user_id, conference.pk)
    if not rows:
        return NOBODY
    person = PersonRow(*rows[0][: len(PersonRow._fields)])
    held: set[HeldScope] = set()
    has_any_places = person.is_superuser or person.is_organizer
    work = [row[len(PersonRow._fields) :] for row in rows]
    for room, talk, scopes, starts_at, ends_at, any_places in work:
        held |= {*_by_work(person, room, talk), *held_scopes(scopes, starts_at, ends_at)}
        has_any_places = has_any_places or bool(any_places)
    withheld: list[tuple[str, HeldScope]] = []
    places, chaired = 0, {talk for _room, talk, *_grant in work if talk}
    for is_claimed, state, starts_at, ends_at, scopes, added_to, per_ticket in tickets_of(
        person, conference
    ):
        theirs = held_scopes(scopes, starts_at, ends_at)
        if is_claimed and state == Ticket.State.VALID:
            held |= {*theirs}
            # An add-on opens what it was given, on no more devices.
            places = max(places, 0 if added_to else per_ticket)
        else:
            withheld += [(state, each) for each in theirs]
    codes = talk_codes([*held, *(each for _state, each in withheld)])
    talks, own = _talks_and_own(conference.pk, codes, person.proved_email)
    return Admission(
        openings=tuple(windows(held | own, conference, talks)),
        is_active=person.is_active,
        auth_hash=User(password=person.password).get_session_auth_hash(),
        withheld=tuple(
            WithheldWindow(state, window)
            for state, each in withheld
            for window in windows([each], conference, talks)
        ),
        talks=tuple(sorted(chaired | talk_codes(own))),
        # A superuser is shut out by nobody.
        banned_until=None if person.is_superuser else person.banned_until,
        places=None if has_any_places else places or PLACES_BY_GRANT,
        reference=person.reference,
        display_name=person.display_name,
        short_name=User(email=person.email, display_name=person.display_name).short_name,
    )


def _by_work(person: PersonRow, helped: str | None, chaired: str | None) -> Iterator[HeldScope]:
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


def _talks_and_own(
    conference_id: int, codes: set[str], email: str | None
) -> tuple[TalkWindows, set[HeldScope]]:
    """The talks with these codes, and those of the speaker with this address, in one query; and the
    scopes that the speaker has by speaking, whatever tickets and grants there are.
    """
    found: Iterable[Values] = ()
    if codes:
        theirs = Q(code__in=codes)
        found = talks_and_speakers(conference_id, theirs | spoken_by(email) if email else theirs)
    elif email:
        found = talks_of_speaker(conference_id, email)
    talks: dict[str, ScopeWindow] = {}
    own = set()
    for code, starts_at, ends_at, room, speaker_email in found:
        talks[code] = talk_window(code, starts_at, ends_at, room)
        # The database's idea of upper and lower case is wider than ours.
        if email and fold_email(speaker_email or "") == email:
            own.add(HeldScope(Scope("talk", code)))
    return talks, own
