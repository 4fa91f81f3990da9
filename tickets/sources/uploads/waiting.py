"""What will wait for somebody's word once a plan is carried out."""

from schedule.models import Conference
from tickets.models import Ticket
from tickets.sources.importing import TicketPlan
from tickets.sources.waiting import ValidTicket, WaitingProduct, valid_tickets, with_people


def waiting_after(conference: Conference, plan: TicketPlan) -> list[WaitingProduct]:
    products = plan.products.by_id
    waiting = [each for each in (*products.values(), *plan.products.new) if each.is_waiting]
    if not waiting:
        return []
    tickets = {ticket.code: ticket for ticket in valid_tickets(conference, products)}
    for line in plan.lines:
        tickets.pop(line.code, None)
        if line.becomes("state") == Ticket.State.VALID:
            holder, product = line.becomes("holder_email"), line.becomes("product")
            tickets[line.code] = ValidTicket(line.code, holder, product)
    return with_people(waiting, tickets.values())
