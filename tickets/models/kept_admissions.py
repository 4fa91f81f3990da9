"""Where admissions are kept between two requests (tickets/admission/rule.py computes them). The keys
are here, below the rule, so that a row which changes an admission can drop it.
"""

from collections.abc import Iterable

from django.conf import settings
from django.core.cache import cache
from django.db import transaction


def admission_key(conference_id: int, user_id: int) -> str:
    return f"admission:{settings.RELEASE}:{conference_id}:{user_id}"


def forget_admissions(whose: Iterable[tuple[int, int]]) -> None:
    """Drop what is kept, once the change that made it wrong is committed. `whose`: the keys of
    conference and person.
    """
    keys = [admission_key(conference_id, user_id) for conference_id, user_id in whose]
    if keys:
        transaction.on_commit(lambda: cache.delete_many(keys))
