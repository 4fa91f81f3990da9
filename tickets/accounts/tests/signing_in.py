"""What tests of the login pages share."""

import re

from django.core import mail
from django.test import Client

LOGIN = "/accounts/login/"
CODE = "/accounts/login/code/"


def ask_for_code(client: Client, email: str, url: str = LOGIN):
    return client.post(url, {"email": email})


def last_code() -> str:
    return code_in(str(mail.outbox[-1].body))


def code_in(body: str) -> str:
    found = re.search(r"^ +(\d{4}-\d{4})\s*$", body, re.MULTILINE)
    assert found
    return found[1]


def told(client: Client, response) -> str:
    """The page to which a form with a mistake leads back."""
    assert response.status_code == 302
    return client.get(response.url).text


def sign_in(client: Client, email: str):
    ask_for_code(client, email)
    return client.post(CODE, {"code": last_code()})


def signed_in_as(client: Client) -> str | None:
    return client.session.get("_auth_user_id")
