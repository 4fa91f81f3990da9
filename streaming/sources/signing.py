"""Tokens as vendors want them: JSON Web Tokens signed with an RSA key (RS256)."""

import base64
import binascii
import json
import re
import textwrap
from functools import lru_cache

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

_PEM = re.compile(r"(-----BEGIN [A-Z ]+-----)([^-]+)(-----END [A-Z ]+-----)\s*")


@lru_cache(maxsize=32)
def private_key(secret: str) -> RSAPrivateKey:
    """Reads PEM, or PEM in base64, as Mux and Cloudflare hand it out. Raises ValueError."""
    text = secret.strip()
    if not text.startswith("-----BEGIN"):
        try:
            text = base64.b64decode("".join(text.split()), validate=True).decode("ascii")
        except (binascii.Error, UnicodeDecodeError):
            raise ValueError("the signing key is neither PEM nor PEM in base64") from None
    pem = _PEM.fullmatch(text)
    if pem is None:
        raise ValueError("the signing key is cut off")
    # A form with one line, like an environment variable, takes the breaks away.
    lines = textwrap.wrap("".join(pem.group(2).split()), 64)
    try:
        whole = "\n".join((pem.group(1), *lines, pem.group(3)))
        key = load_pem_private_key(whole.encode(), password=None)
    except (ValueError, TypeError):  # TypeError: it has a password
        raise ValueError("the signing key cannot be read") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("the signing key is not an RSA key")
    return key


def check_private_key(secret: str) -> None:
    """Raises ValidationError on the field `secret`."""
    try:
        private_key(secret)
    except ValueError:
        raise ValidationError(
            {
                "secret": _(
                    "This is no private RSA key. Paste it as the vendor shows it: PEM, from"
                    " -----BEGIN to the end, or the long line of base64."
                )
            }
        ) from None


def rs256(claims: dict[str, object], *, key_id: str, secret: str) -> str:
    """The same for the same claims. Raises ValueError for a key that cannot be read."""
    return _rs256(json.dumps(claims), key_id, secret)


@lru_cache(maxsize=128)
def _rs256(claims: str, key_id: str, secret: str) -> str:
    headers = {"kid": key_id}
    return jwt.encode(json.loads(claims), private_key(secret), algorithm="RS256", headers=headers)
