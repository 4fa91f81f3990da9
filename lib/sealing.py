"""Secrets in the database: sealed with SECRET_KEY, so that a copy of the database opens nothing.

Keys of ticket shops and of streaming services are sealed fields. Such a field also takes
`env:FRONT_ROW_…`: the secret is then in that environment variable and only its name is stored. Who
may type a name does not thereby have the secret: SECRET_BINDINGS says of each name whose it is, and
where it may be sent.
"""

import base64
import hashlib
import os
from collections.abc import Callable

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

from lib.http_client import begins_with

# Nothing else of the environment: whoever types a name could else have SECRET_KEY sent to a server.
ENV_PREFIX = "env:FRONT_ROW_"


class SealBroken(Exception):
    """The secret cannot be read: SECRET_KEY has changed, the environment lacks the variable, or it is
    bound to somebody or something else.
    """


def _fernet() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    digests = [hashlib.sha256(b"front-row-seal" + key.encode()).digest() for key in keys]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


def seal(secret: str) -> str:
    return _fernet().encrypt(secret.encode()).decode() if secret else ""


def read_seal(sealed: str) -> str:
    """What was sealed, which may be the name of a variable. Raises SealBroken."""
    try:
        return _fernet().decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken:
        raise SealBroken(str(_("SECRET_KEY has changed: type this secret again."))) from None


def unseal(sealed: str, *, owner: Callable[[], str], sent_to: str = "") -> str:
    """`owner`: whose it is, asked for where that matters. `sent_to`: the address that is to get it; "":
    it goes nowhere, as a key that signs. Raises SealBroken.
    """
    secret = read_seal(sealed)
    if not secret.startswith("env:"):
        return secret
    name = secret.removeprefix("env:")
    if not (secret.startswith(ENV_PREFIX) and _is_bound(name, owner(), sent_to)):
        text = _(
            "SECRET_BINDINGS does not give %(name)s to this conference for this use. Whoever runs the"
            " server can do that."
        )
        raise SealBroken(str(text % {"name": name}))
    if name not in os.environ:
        raise SealBroken(str(_("The environment has no %(name)s.") % {"name": name}))
    return os.environ[name]


def _is_bound(name: str, owner: str, sent_to: str) -> bool:
    bound_to, _colon, address = settings.SECRET_BINDINGS.get(name, "").partition(":")
    if bound_to != owner or bool(address) != bool(sent_to):
        return False
    return not sent_to or begins_with(sent_to, address)


def validate_secret(secret: str) -> None:
    if secret.startswith("env:") and not secret.startswith(ENV_PREFIX):
        raise ValidationError(
            _("Name the variable so that it begins with %(prefix)s."),
            params={"prefix": ENV_PREFIX.removeprefix("env:")},
        )


class SealedField(models.TextField[str, str]):
    """Holds the sealed text: it is unsealed where the secret is used, and nowhere else."""
