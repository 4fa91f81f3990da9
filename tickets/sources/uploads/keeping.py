"""What is kept of uploads, which hold people's addresses, and for how long."""

from datetime import datetime, timedelta
from typing import Any

from schedule.models import Conference
from tickets.models import Upload
from tickets.sources.spreadsheets import Table

# A plan that nobody applied by then is forgotten about.
WAITS = timedelta(days=1)
CAN_BE_UNDONE = timedelta(days=30)
MAX_NAME = 200


def keep_upload(
    conference: Conference, name: str, table: Table, *, by: Any, at: datetime
) -> Upload:
    """Forgets what lies there unapplied of the same person, and of others if it is old."""
    uploads = Upload.objects.filter(conference=conference)
    waiting = uploads.filter(applied_at=None)
    waiting.filter(uploaded_by=by).delete()
    waiting.filter(uploaded_at__lte=at - WAITS).delete()
    uploads.filter(applied_at__lte=at - CAN_BE_UNDONE).exclude(before=[]).update(before=[])
    return Upload.objects.create(
        conference=conference,
        name=name[-MAX_NAME:],
        rows=table.pack(),
        uploaded_by=by,
        uploaded_at=at,
    )


def can_be_undone(upload: Upload, at: datetime) -> bool:
    return (
        upload.applied_at is not None
        and upload.undone_at is None
        and upload.applied_at > at - CAN_BE_UNDONE
        and bool(upload.before)
    )
