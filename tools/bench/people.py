from secrets import token_hex

from django.conf import settings
from django.urls import reverse

from schedule.models import Conference, Visibility
from tickets.holders.links import token_of
from tickets.models import Claim, EntryLink, Product, Ticket
from tools.bench.sessions import session_key_of


def hide_the_programme() -> None:
    """So that every page asks for the ticket."""
    Conference.objects.update(visibility=Visibility.HIDDEN)


def session_cookies(count: int) -> list[str]:
    """Cookie headers of that many people who may enter everything, each with a session of its own."""
    cookies = []
    whole = {"ticket__state": Ticket.State.VALID, "ticket__product__scopes": ["conference"]}
    for claim in (
        Claim.objects.live().filter(**whole).select_related("user", "ticket__conference")[:count]
    ):
        key = session_key_of(claim.user, claim.ticket.conference)
        cookies.append(f"{settings.SESSION_COOKIE_NAME}={key}")
    return cookies


def newcomers(count: int) -> list[tuple[str, str]]:
    """Address and entry link of people who hold a ticket and have never been here."""
    conference = Conference.objects.get()
    product = Product.objects.filter(scopes=["conference"])[0]
    addresses = [f"newcomer-{token_hex(6)}@people.example.com" for _number in range(count)]
    tickets = Ticket.objects.bulk_create(
        Ticket(conference=conference, code=address, product=product, holder_email=address)
        for address in addresses
    )
    links = EntryLink.objects.bulk_create(EntryLink(ticket=ticket) for ticket in tickets)
    paths = [reverse("entry", args=[token_of(link)]) for link in links]
    return list(zip(addresses, paths, strict=True))
