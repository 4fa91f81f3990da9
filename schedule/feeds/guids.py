"""The identity that our exports give to what no feed gave one, by which an import knows it again."""

import uuid

from schedule.models import Conference

NAMESPACE = uuid.UUID("5f0b3e0c-7c0f-5d6e-9a55-6d7f5c3f6f5e")


def own_guid(conference: Conference, kind: str, code: str) -> str:
    """The same on every export. `kind`: talk or speaker."""
    return str(uuid.uuid5(NAMESPACE, f"{conference.slug}/{kind}/{code}"))
