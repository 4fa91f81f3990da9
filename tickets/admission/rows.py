"""What an admission is worked out from, in at most three queries: the person and the work, the tickets,
the talks.
"""

from datetime import UTC, datetime
from typing import Any, NamedTuple

from allauth.account.models import EmailAddress
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

from lib.compiled_sql import prepared
from schedule.models import Conference, Talk
from tickets.models import Ban, Role, Ticket, TicketQuerySet, User
from tickets.models.roles import ADMITTED_EVERYWHERE

FOREVER = datetime.max.replace(tzinfo=UTC)

# The values of a row, as a prepared query gives them.
type Values = tuple[Any, ...]


class PersonRow(NamedTuple):
    """What is the same in each row of the first query. Of the roles in this conference: `has_role` is
    any, `is_admitted` one that opens all of it.
    """

    pk: int
    is_active: bool
    password: str
    reference: str
    email: str
    display_name: str
    proved_email: str | None
    banned_until: datetime | None
    is_superuser: bool
    is_organizer: bool
    is_admitted: bool
    has_role: bool


@prepared
def person_and_grants(user_id: int, conference_id: int) -> QuerySet[User, Values]:
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
    return people.values_list(*PersonRow._fields, *work, *(f"given__{field}" for field in grant))


def tickets_of(person: PersonRow, conference: Conference) -> list[Values]:
    """Theirs, and those in their proved name that nobody has."""
    if person.proved_email is None:
        return _claimed(person.pk, conference.pk)
    return _claimed_or_in_name(person.pk, conference.pk, person.proved_email)


@prepared
def _claimed(user_id: int, conference_id: int) -> QuerySet[Ticket, Values]:
    return _claimed_by(user_id, conference_id)


@prepared
def _claimed_or_in_name(user_id: int, conference_id: int, email: str) -> QuerySet[Ticket, Values]:
    """In two halves, each of which has an index: with “or” the tickets of all would be looked through."""
    waiting = Ticket.objects.filter(conference=conference_id).in_name_of(email).unclaimed()
    mine = _claimed_by(user_id, conference_id)
    return mine.union(_values(waiting, is_claimed=False), all=True).order_by()


def _claimed_by(user_id: int, conference_id: int) -> QuerySet[Ticket, Values]:
    mine = Q(claims__user=user_id, claims__released_at__isnull=True)
    return _values(Ticket.objects.filter(mine, conference=conference_id), is_claimed=True)


def _values(tickets: TicketQuerySet, *, is_claimed: bool) -> QuerySet[Ticket, Values]:
    ticket = ("state", "valid_from", "valid_until")
    product = ("product__scopes", "main_code", "product__places")
    return tickets.order_by().values_list(Value(is_claimed), *ticket, *product)


def talks_and_speakers(conference_id: int, those: Q) -> QuerySet[Talk, Values]:
    talks = Talk.objects.alias(upper=Upper("speakers__email")).filter(those)
    talks = talks.filter(conference=conference_id).order_by()
    return talks.values_list("code", "starts_at", "ends_at", "room__slug", "speakers__email")


def spoken_by(email: str) -> Q:
    return Q(upper=Upper(Value(email)))


@prepared
def talks_of_speaker(conference_id: int, email: str) -> QuerySet[Talk, Values]:
    return talks_and_speakers(conference_id, spoken_by(email))
