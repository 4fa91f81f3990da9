"""The sign-in buttons of the providers in SOCIAL_PROVIDERS."""

from collections.abc import Iterator
from typing import NamedTuple

from allauth.account.utils import passthrough_next_redirect_url
from allauth.socialaccount.providers import registry
from django.conf import settings
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.http import HttpRequest
from django.urls import reverse


class Button(NamedTuple):
    name: str
    url: str


def buttons(request: HttpRequest) -> Iterator[Button]:
    """Links, not forms: a form may not lead away from this site (the policy's form-action)."""
    for kind, provider in settings.SOCIAL_PROVIDERS.items():
        for app in provider["APPS"]:
            if kind == "openid_connect":
                url = reverse("openid_connect_login", args=[app["provider_id"]])
            else:
                url = reverse(f"{kind}_login")
            name = app.get("name") or registry.get_class(kind).name
            yield Button(name, passthrough_next_redirect_url(request, url, REDIRECT_FIELD_NAME))
