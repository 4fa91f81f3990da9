"""Addresses of servers that people type, for what HttpClient will be asked to read."""

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.utils.translation import gettext as _

from lib.http_client import PRIVATE_HOSTS_HINT, begins_with

_is_public_address = URLValidator(["https"])


def validate_server_address(address: str) -> None:
    """For a field: https, or a server that the operator names in PRIVATE_HOSTS. Where the name leads
    is looked at when it is asked.
    """
    if any(begins_with(address, server) for server in settings.PRIVATE_HOSTS):
        return
    try:
        _is_public_address(address)
    except ValidationError as error:
        text = _("Type an address that begins with https://.")
        raise ValidationError([f"{text} {PRIVATE_HOSTS_HINT}"], code=error.code) from None
