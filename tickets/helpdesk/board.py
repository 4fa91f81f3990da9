"""What the help desk shows: who was found, what is known with the fixes beside it, what was done."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db import models
from django.db.models import Exists, OuterRef, Q, Subquery
from django.urls import reverse
from django.utils.functional import Promise

from schedule.models import Conference, Speaker
from tickets.accounts.accounts import done_in, may_more, people_known_to
from tickets.helpdesk.acts import Volunteer
from tickets.helpdesk.forms import FORMS, page_of
from tickets.helpdesk.why import Explanation
from tickets.helpdesk.why.inquiry import Inquiry, live_claim
from tickets.helpdesk.why.wording import Finding
from tickets.models import Ban, Claim, Grant, Ticket, User, fold_email, fold_reference

MAX_FOUND = 30
LAST_ENTRIES = 20


class Fix(NamedTuple):
    """A button. Without `asks_first` it does its act with `values` at once."""

    act: str
    label: str | Promise
    values: dict[str, Any]
    asks_first: bool

    @property
    def url(self) -> str:
        url = reverse("helpdesk:act", args=[self.act])
        return f"{url}?{urlencode(self.values)}" if self.asks_first else url


class FindingLine(NamedTuple):
    finding: Finding
    url: str
    fixes: list[Fix]


def offer(volunteer: Volunteer, *acts: str, **values: Any) -> list[Fix]:
    """Of these acts, those that they may do."""
    forms = [FORMS[act] for act in acts]
    return [
        Fix(form.act, form.label, values, form.asks_first)
        for form in forms
        if form.is_for(volunteer)
    ]


# --- What is known ------------------------------------------------------------------------------


def lines_of(explanation: Explanation, volunteer: Volunteer) -> list[FindingLine]:
    case = explanation.case
    return [
        FindingLine(
            finding,
            url_of(finding) if finding.about != case.user else "",
            _fixes(finding, case, volunteer),
        )
        for finding in explanation.findings
    ]


def url_of(finding: Finding) -> str:
    """The page of the person or ticket that it is about, "" where there is none."""
    row = finding.about
    return page_of(row) if isinstance(row, Ticket | User) else ""


def _fixes(finding: Finding, case: Inquiry, volunteer: Volunteer) -> list[Fix]:
    match finding.about:
        case Ticket() as ticket:
            return _ticket_fixes(finding.check, ticket, case, volunteer)
        case Grant() as grant if not volunteer.may_give_until(grant.ends_at, case.at):
            return []
        case Grant() as grant if not grant.is_over_at(case.at):
            return _longer(grant, volunteer) + offer(volunteer, "end-grant", grant=grant.pk)
        case Grant() as grant:
            return _longer(grant, volunteer)
        case Ban() as ban if finding.is_good is False:
            return offer(volunteer, "lift-ban", ban=ban.pk)
    return []


def _longer(grant: Grant, volunteer: Volunteer) -> list[Fix]:
    return offer(volunteer, "extend-grant", grant=grant.pk, hours=2) if grant.ends_at else []


def _fetch(ticket: Ticket, volunteer: Volunteer) -> list[Fix]:
    is_in_shop = ticket.shop_id and ticket.order_code
    return offer(volunteer, "fetch", ticket=ticket.pk) if is_in_shop else []


def _ticket_fixes(check: str, ticket: Ticket, case: Inquiry, volunteer: Volunteer) -> list[Fix]:
    fixes: list[Fix] = []
    holder = live_claim(ticket)
    is_theirs = holder is not None and holder.user_id == case.user_id
    may_move = not ticket.goes_with_main
    is_free = holder is None and case.user is not None
    if may_move and check in ("ticket", "released") and is_free:
        fixes += offer(volunteer, "claim", ticket=ticket.pk, email=case.email)
    if check == "claim":
        if ticket.valid_until and is_theirs and ticket.product.scopes:
            fixes += offer(volunteer, "extend-ticket", ticket=ticket.pk, hours=2)
        fixes += offer(volunteer, "release", ticket=ticket.pk) if may_move else []
    if check == "link":
        fixes += offer(volunteer, "send-link", "show-link", ticket=ticket.pk)
    if check in ("claim", "ticket"):
        fixes += _fetch(ticket, volunteer)
    return fixes


def ticket_fixes(ticket: Ticket, volunteer: Volunteer) -> list[Fix]:
    """On the ticket's own page, where the person is not known yet to whom it is given."""
    if ticket.goes_with_main:
        fixes = []
    elif live_claim(ticket) is None:
        fixes = offer(volunteer, "claim", ticket=ticket.pk)
        fixes = [fix._replace(asks_first=True) for fix in fixes]
    else:
        fixes = offer(volunteer, "release", ticket=ticket.pk)
    if ticket.is_valid and ticket.holder_email:
        fixes += offer(volunteer, "send-link", "show-link", ticket=ticket.pk)
    return fixes + _fetch(ticket, volunteer)


def ask_fixes(case: Inquiry, volunteer: Volunteer) -> list[Fix]:
    """For all orders of a person or an address at once."""
    can_be_asked = any(_fetch(ticket, volunteer) for ticket in [*case.tickets, *case.bought])
    return offer(volunteer, "ask-shop", email=case.email) if can_be_asked else []


def person_fixes(person: User, volunteer: Volunteer) -> list[Fix]:
    fixes = offer(volunteer, "grant", email=person.email)
    if may_more(person, volunteer.user, volunteer.conference):
        return fixes
    acts = ["end-sessions"] if person == volunteer.user else ["end-sessions", "ban"]
    return fixes + offer(volunteer, *acts, person=person.pk)


def history(rows: Iterable[models.Model], volunteer: Volunteer) -> list[LogEntry]:
    """What was done to these, here and in the rest of the admin; newest first."""
    ids: dict[type[models.Model], list[str]] = {}
    for row in rows:
        ids.setdefault(type(row), []).append(str(row.pk))
    theirs = Q(pk=None)
    for model, pks in ids.items():
        about = Q(content_type=ContentType.objects.get_for_model(model), object_id__in=pks)
        if model is User and not volunteer.user.is_superuser:
            about &= done_in(volunteer.conference)
        theirs |= about
    entries = LogEntry.objects.filter(theirs).select_related("user", "content_type")
    return list(entries.order_by("-action_time", "-pk")[:LAST_ENTRIES])


# --- Who is meant -------------------------------------------------------------------------------


class Found(NamedTuple):
    """Lists end at MAX_FOUND."""

    people: list[User]
    tickets: list[Any]

    @property
    def only(self) -> models.Model | None:
        rows = [*self.people, *self.tickets]
        return rows[0] if len(rows) == 1 else None


def search(volunteer: Volunteer, words: str) -> Found:
    """By address, reference, name, ticket or order, among what is this conference's."""
    conference = volunteer.conference
    known = people_known_to(volunteer.user, conference)
    reference = fold_reference(words)
    if reference and (person := known.filter(reference=reference).first()):
        return Found([person], [])
    email = fold_email(words)
    if "@" in email:
        person = known.filter(email=email).first()
        if person is not None:
            return Found([person], [])
        named = Q(holder_email=email) | Q(buyer_email=email) | Q(shop_email=email)
    else:
        named = Q(holder_name__icontains=words) | Q(holder_email__icontains=email)
        named |= Q(code__icontains=words) | Q(order_code__iexact=words)
    holder = Claim.objects.live().filter(ticket=OuterRef("pk")).values("user__email")
    tickets: Any = Ticket.objects.filter(named, conference=conference).select_related("product")
    called = Q(display_name__icontains=words) | Q(email__icontains=email)
    return Found(
        list(known.filter(called).order_by("email")[:MAX_FOUND]),
        list(tickets.annotate(held_by=Subquery(holder[:1])).order_by("code")[:MAX_FOUND]),
    )


def speakers_without_email(conference: Conference) -> Iterator[Speaker]:
    """Of talks that take place. They cannot come in by themselves."""
    speaking = conference.talks.scheduled().filter(speakers=OuterRef("pk"))
    speakers = Speaker.objects.filter(Exists(speaking), conference=conference, email="")
    yield from speakers.prefetch_related("talks").order_by("name", "pk")
