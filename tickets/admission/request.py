from schedule.site.request import ConferenceRequest
from tickets.admission.rule import Admission
from tickets.models import User


class TicketRequest(ConferenceRequest):
    """A request that the ticket gate has let in.

    `admission` is None for people who have not signed in (where the view is open to them).
    """

    user: User
    admission: Admission | None
