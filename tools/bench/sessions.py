"""Sessions without a login page, for tests and the bench."""

from django.contrib.auth import login
from django.http import HttpRequest

from schedule.models import Conference
from tickets.accounts.sessions import SessionStore
from tickets.admission.sign_in import SignIn, SignInWay
from tickets.models import User

BACKEND = "tickets.accounts.backends.ConferenceBackend"


def session_key_of(
    user: User,
    conference: Conference | None,
    *,
    way: SignInWay = SignInWay.CODE,
    has_factor: bool = False,
) -> str:
    """As if the person had signed in on the conference's host."""
    request = HttpRequest()
    vars(request)["conference"] = conference
    request.session = SessionStore(here=lambda: conference.pk if conference else None)
    SignIn.begin(request.session, user, way)
    login(request, user, backend=BACKEND)
    if has_factor:
        SignIn.note_factor(request, user)
    request.session.save()
    return str(request.session.session_key)
