"""Somebody who has been let in to watch, in a browser of their own."""

from typing import Any

from tools.stack import Stack

SIGNED_IN = """
from schedule.models import Conference
from tickets.models import Grant, User
from tools.bench.sessions import session_key_of
user = User.objects.create_user("%s@crew.example.com")
conference = Conference.objects.get()
Grant.objects.create(user=user, conference=conference, reason="crew")
answer = session_key_of(user, conference)
"""


def crew_cookie(site: Stack, name: str, url: str) -> Any:
    """The cookie of a browser in which somebody new has signed in, who may watch."""
    return {"name": "sessionid", "value": site.run(SIGNED_IN % name), "url": url}
