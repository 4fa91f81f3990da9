"""Cookies of one host: no domain, every path, and where there is HTTPS a name that begins with
`__Host-`. A browser takes such a cookie from that very host alone, over HTTPS, so the host of another
conference, or any other under the same domain, can neither read nor plant it.
"""

from typing import Any

from django.conf import settings
from django.contrib.messages.storage import cookie, fallback, session
from django.core import signing
from django.http import HttpRequest
from django.http.response import HttpResponseBase


def cookie_name(name: str) -> str:
    return f"{settings.COOKIE_PREFIX}{name}"


def cookie_of(request: HttpRequest, name: str) -> str:
    """Empty: there is none."""
    return request.COOKIES.get(cookie_name(name), "")


def set_cookie(response: HttpResponseBase, name: str, value: str, *, max_age: int) -> None:
    response.set_cookie(
        cookie_name(name),
        value,
        max_age=max_age,
        secure=settings.HTTPS,
        httponly=True,
        samesite="Lax",
    )


def delete_cookie(response: HttpResponseBase, name: str) -> None:
    response.delete_cookie(cookie_name(name), samesite="Lax")


class MessageCookieStorage(cookie.CookieStorage):
    """Signed for the host, so that what one conference said is not shown on another's pages."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.cookie_name = cookie_name("messages")
        self.signer = signing.get_cookie_signer(salt=f"{self.key_salt}:{request.get_host()}")


class MessageStorage(fallback.FallbackStorage):
    """Long messages are kept in the session, as Django does."""

    storage_classes = (MessageCookieStorage, session.SessionStorage)
