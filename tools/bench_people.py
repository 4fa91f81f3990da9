from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.cached_db import SessionStore

from schedule.models import Conference, Visibility
from tickets.models import Claim, Ticket


def hide_the_programme() -> None:
    """So that every page asks for the ticket."""
    Conference.objects.update(visibility=Visibility.HIDDEN)


def session_cookies(count: int) -> list[str]:
    """Cookie headers of that many people who may enter everything, each with a session of its own."""
    cookies = []
    whole = {"ticket__state": Ticket.State.VALID, "ticket__product__scopes": ["conference"]}
    for claim in Claim.objects.live().filter(**whole).select_related("user")[:count]:
        session = SessionStore()
        session[SESSION_KEY] = str(claim.user.pk)
        session[BACKEND_SESSION_KEY] = "tickets.backends.ConferenceBackend"
        session[HASH_SESSION_KEY] = claim.user.get_session_auth_hash()
        session.create()
        session.save()
        cookies.append(f"sessionid={session.session_key}")
    return cookies
