"""How people are named on pages and in mails that somebody else may read."""

from tickets.models import Ticket


def masked(email: str) -> str:
    """a***@example.com: enough for who knows it."""
    name, at, domain = email.rpartition("@")
    return f"{name[:1]}***{at}{domain}" if at else ""


def first_name(ticket: Ticket) -> str:
    """Empty once the ticket was passed on: the shop's name is then the last holder's."""
    return "" if ticket.passed_on_at else ticket.holder_name.partition(" ")[0]
