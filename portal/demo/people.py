"""Who holds which ticket of the demo, and who organizes it."""

import base64
from collections.abc import Callable
from datetime import timedelta
from itertools import batched
from typing import NamedTuple

from allauth.account.models import EmailAddress
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone
from django.utils.crypto import salted_hmac

from lib.sealing import seal
from portal.demo import words
from portal.demo.plan import DemoPlan
from schedule.models import Conference
from tickets.models import Claim, Product, Ticket, User

ATTENDEE = "attendee@example.com"
STRANGER = "stranger@example.com"
ORGANIZER = "organizer@example.com"

State = Ticket.State
# The codes of the invented people's tickets, and their addresses.
PERSON_TICKET = "PERSON-"
PERSON_EMAIL = "@people.example.com"
BATCH = 5000
# So many of a hundred people have a day ticket; the rest has the full ticket.
DAY_TICKETS = 10


class Holder(NamedTuple):
    """`says` explains the case to whoever tries the demo."""

    email: str
    product: str
    state: State = State.VALID
    says: str = ""


FULL, DAY, WORKSHOP, REPLAY = "Full ticket", "Second day", "Workshop", "Replays only"
HOLDERS = [
    Holder(ATTENDEE, FULL),
    Holder("canceled@example.com", FULL, State.CANCELED, "the ticket was canceled"),
    Holder("pending@example.com", FULL, State.PENDING, "the ticket is not paid yet"),
    Holder("tomorrow@example.com", DAY, says="a ticket for the second day"),
    Holder("workshop@example.com", WORKSHOP, says="a ticket for the workshop that is on now"),
    Holder("replays@example.com", REPLAY, says="a ticket for the replays alone"),
    # One address bought three: the buyer keeps one and gives away the others.
    Holder("group@example.com", FULL, says="bought three tickets under one address"),
    Holder("group@example.com", FULL),
    Holder("group@example.com", FULL),
]


@transaction.atomic
def write_tickets(conference: Conference, plan: DemoPlan) -> dict[str, Product]:
    """The people with a case of their own. They have accounts once they sign in."""
    now = timezone.now()
    workshop = plan.live_in("workshop", now)
    scopes = {
        FULL: ["conference"],
        DAY: [f"day:{plan.days[0] + timedelta(days=1)}"],
        WORKSHOP: [f"talk:{workshop.code}" if workshop else "room:workshop"],
        REPLAY: ["replay"],
    }
    products = {
        name: Product.objects.update_or_create(
            conference=conference, name=name, defaults={"scopes": opens}
        )[0]
        for name, opens in scopes.items()
    }
    Ticket.objects.bulk_create(
        [
            Ticket(
                conference=conference,
                code=f"DEMO-{number:03}",
                order_code=f"ORDER-{holder.email.partition('@')[0].upper()}",
                product=products[holder.product],
                state=holder.state,
                holder_email=holder.email,
                buyer_email=holder.email,
                door_code=seal(f"demo-door-code-{number:03}"),
                order_url=seal(f"https://tickets.example.com/demo/{holder.email}/"),
            )
            for number, holder in enumerate(HOLDERS, start=1)
        ],
        update_conflicts=True,
        unique_fields=["conference", "code"],
        update_fields=[
            "product",
            "state",
            "holder_email",
            "buyer_email",
            *Ticket.SEALED,
            "updated_at",
        ],
    )
    return products


def write_organizer(password: str | None) -> None:
    """A password that was changed since stays, unless another one is given."""
    organizer = User.objects.filter(email=ORGANIZER).first()
    if organizer is None:
        organizer = User.objects.create_superuser(
            ORGANIZER, password or usual_password(), display_name=words.ORGANIZER
        )
    elif password:
        organizer.set_password(password)
        organizer.save()
    address = {"user": organizer, "email": ORGANIZER}
    EmailAddress.objects.get_or_create(**address, defaults={"verified": True, "primary": True})


def usual_password() -> str:
    """Random on every installation, and the same whenever the demo is run again."""
    derived = salted_hmac("portal.demo", ORGANIZER, algorithm="sha256").digest()
    return base64.b32encode(derived[:10]).decode().lower()


def organizer_has(password: str) -> bool:
    organizer = User.objects.filter(email=ORGANIZER).first()
    return organizer is not None and organizer.check_password(password)


def write_people(
    conference: Conference,
    products: dict[str, Product],
    count: int,
    tell: Callable[[int], None],
) -> None:
    """So many people who have signed in once and hold a ticket; those of an earlier run beyond
    that go. `tell` hears how many there are so far.
    """
    _remove_people_beyond(conference, count)
    have = conference.tickets.filter(code__startswith=PERSON_TICKET).count()
    for numbers in batched(range(have + 1, count + 1), BATCH):
        with transaction.atomic():
            _write_batch(conference, products, list(numbers))
        tell(numbers[-1])


def _write_batch(conference: Conference, products: dict[str, Product], numbers: list[int]) -> None:
    names = {number: _name(number) for number in numbers}
    users = [
        User(email=_email(number), display_name=names[number], password=make_password(None))
        for number in numbers
    ]
    # When two run at once, the second finds what the first has made.
    User.objects.bulk_create(users, ignore_conflicts=True)
    ids = dict(
        User.objects.filter(email__in=[user.email for user in users]).values_list("email", "pk")
    )
    EmailAddress.objects.bulk_create(
        [
            EmailAddress(user_id=pk, email=email, verified=True, primary=True)
            for email, pk in ids.items()
        ],
        ignore_conflicts=True,
    )
    tickets = Ticket.objects.bulk_create(
        Ticket(
            conference=conference,
            code=_code(number),
            product=products[DAY if number % 100 < DAY_TICKETS else FULL],
            holder_name=names[number],
            holder_email=_email(number),
        )
        for number in numbers
    )
    Claim.objects.bulk_create(
        Claim(ticket=ticket, user_id=ids[ticket.holder_email]) for ticket in tickets
    )


def _remove_people_beyond(conference: Conference, count: int) -> None:
    last = _code(count)
    tickets = conference.tickets.filter(code__startswith=PERSON_TICKET, code__gt=last)
    if not tickets.exists():
        return
    people = User.objects.filter(email__endswith=PERSON_EMAIL, email__gt=_email(count))
    with transaction.atomic():
        Claim.objects.filter(ticket__in=tickets).delete()
        tickets.delete()
        people.delete()


def _code(number: int) -> str:
    return f"{PERSON_TICKET}{number:06}"


def _email(number: int) -> str:
    return f"person-{number:06}{PERSON_EMAIL}"


def _name(number: int) -> str:
    """Sixty times sixty of them, then they repeat."""
    first, last = words.FIRST_NAMES, words.LAST_NAMES
    return f"{first[number % len(first)]} {last[number // len(first) % len(last)]}"
