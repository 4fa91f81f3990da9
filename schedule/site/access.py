"""Who a view is open to, said where the view is. `tickets` interprets it; silence means closed:
to whoever has no ticket, and below the admin's path to everybody.

The decorators only set the attribute `access`, so they may stand in any order with others that copy
attributes (functools.wraps does).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from django.http import HttpRequest
from django.http.response import HttpResponseBase

type View = Callable[..., HttpResponseBase]


@dataclass(frozen=True)
class Access:
    """`scope` may name parameters of the URL: "room:{slug}". None: any admission will do. `opens`
    gets the request and the URL's parameters, and says whether what they name is open to everybody
    now; it answers from memory. `permission` is what staff need; None: nobody has it. `needs` is what
    those who have signed in must have done for it in this very session: signed in by the account's own
    login and not by a link, or passed the second factor as well, if they have one.
    """

    kind: Literal["public", "login", "admission", "staff"]
    scope: str | None = None
    follows_visibility: bool = False
    opens: Callable[..., bool] | None = None
    permission: str | None = None
    needs: Literal["", "own login", "second factor"] = ""


# What `staff` takes in the place of a permission: any rights at the desk, be it as an organizer, as
# a helper in one room or as a moderator (schedule/site/rights.py).
DESK = "desk"
# … and whoever works for the conference, chairs and the help desk too.
CREW = "crew"
# What opens the admin site's index. Each of the site's own views then asks for more by itself.
ADMIN_SITE = "admin site"
# Superusers alone: what is of the installation, and of no conference.
OPERATOR = "operator"

PUBLIC = Access("public")
LOGIN_ONLY = Access("login")
OWN_LOGIN_ONLY = Access("login", needs="own login")
FACTOR_ONLY = Access("login", needs="second factor")
CLOSED = Access("admission")
CLOSED_TO_ALL = Access("staff")


def _set[V: View](view: V, access: Access) -> V:
    vars(view)["access"] = access
    return view


def public[V: View](view: V) -> V:
    return _set(view, PUBLIC)


def login_only[V: View](view: V) -> V:
    return _set(view, LOGIN_ONLY)


def own_login_only[V: View](view: V) -> V:
    """For what only some of those who have signed in may do, which the view asks."""
    return _set(view, OWN_LOGIN_ONLY)


def follows_visibility[V: View](view: V) -> V:
    """Open while the conference's programme is public, else for everybody who is admitted."""
    return _set(view, Access("admission", follows_visibility=True))


def admits[V: View](
    scope: str, *, follows_visibility: bool = False, opens: Callable[..., bool] | None = None
) -> Callable[[V], V]:
    def decorate(view: V) -> V:
        return _set(view, Access("admission", scope, follows_visibility, opens))

    return decorate


def staff[V: View](permission: str) -> Callable[[V], V]:
    """For those who work here, with a ticket or without: who has this permission in the conference.
    `DESK` and `CREW` stand for several.
    """

    def decorate(view: V) -> V:
        return _set(view, Access("staff", permission=permission))

    return decorate


def for_programs[V: View](view: V) -> V:
    """What programs read: where it is closed they get a status and a line of text, and are never led to
    a page that they would take for the file.
    """
    vars(view)["is_for_programs"] = True
    return view


def is_for_programs(request: HttpRequest) -> bool:
    match = request.resolver_match
    return match is not None and getattr(match.func, "is_for_programs", False)


def conference_not_needed[V: View](view: V) -> V:
    """The view answers also on a host that belongs to no conference."""
    vars(view)["needs_conference"] = False
    return view
