"""Codes and slugs for addresses, unique among those that are taken, and guids for exports."""

import hashlib
import uuid
from itertools import count

from django.utils.text import slugify

from schedule.models.conference import Conference

# Without 0, O, 1, I and others that people mix up on the phone; pretalx draws from the same signs.
ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ3789"
CODE_CHARS = 6
# Changing it would double every talk and speaker that no feed gave a guid.
NAMESPACE = uuid.UUID("5f0b3e0c-7c0f-5d6e-9a55-6d7f5c3f6f5e")


def derive_code(identity: str, taken: set[str]) -> str:
    """The same code for the same identity, on every installation. It is taken from then on."""
    for attempt in count():
        number = int.from_bytes(hashlib.sha256(f"{identity}#{attempt}".encode()).digest())
        signs = []
        for _place in range(CODE_CHARS):
            number, sign = divmod(number, len(ALPHABET))
            signs.append(ALPHABET[sign])
        code = "".join(signs)
        if code not in taken:
            break
    taken.add(code)
    return code


def claim_code(wanted: str, identity: str, taken: set[str]) -> str:
    """The wanted code if it is free, else a derived one."""
    if wanted and wanted not in taken:
        taken.add(wanted)
        return wanted
    return derive_code(identity, taken)


def claim_slug(name: str, taken: set[str], *, max_chars: int, fallback: str) -> str:
    """`fallback` is for names without a Latin letter."""
    stem = slugify(name)[:max_chars].strip("-_") or fallback
    slug = stem
    for number in count(2):
        if slug not in taken:
            break
        slug = f"{stem[: max_chars - 5]}-{number}"
    taken.add(slug)
    return slug


def own_guid(conference: Conference, kind: str, code: str) -> str:
    """The identity that our exports give to what no feed gave one, the same on every export; an
    import knows it again by that. `kind`: talk or speaker.
    """
    return str(uuid.uuid5(NAMESPACE, f"{conference.slug}/{kind}/{code}"))
