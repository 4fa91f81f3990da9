from datetime import date, datetime

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from schedule.models import Conference


def read_moment(text: str, conference: Conference, *, is_end: bool) -> datetime:
    """What people and files write: a day, which begins and ends as the conference's do, or a time,
    in the conference's zone unless it has an offset. Raises ValidationError.
    """
    try:
        return conference.day_window(date.fromisoformat(text))[is_end]
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValidationError(
            _("“%(text)s” is not a time. Write 2026-11-21 or 2026-11-21 09:00.") % {"text": text}
        ) from None
    return at if at.tzinfo else at.replace(tzinfo=conference.zone)
