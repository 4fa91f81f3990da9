from django.conf import settings

from schedule.site.request import ConferenceRequest
from schedule.site.rights import DeskRights
from tickets.admission.rule import Admission
from tickets.models import User

# Where those who work here do so: behind a login page and, in production, a second factor of their
# own. What says nothing of who may enter is closed to everybody there.
BELOW_ADMIN = f"/{settings.ADMIN_PATH}"


class TicketRequest(ConferenceRequest):
    """A request that the ticket gate has let in.

    `admission` is None for people who have not signed in (where the view is open to them). What
    `is_personal` is answered for one person, and kept nowhere.
    """

    is_personal: bool
    user: User
    admission: Admission | None


class StaffRequest(ConferenceRequest):
    """A request that the gate has let in for a permission."""

    user: User


class DeskRequest(StaffRequest):
    """… for rights at the desk."""

    rights: DeskRights
