"""What is kept of uploads, which hold people's addresses, and for how long."""

from datetime import datetime
from typing import Any

from schedule.models import Conference
from tickets.models import Upload
from tickets.sources.spreadsheets import Table

MAX_NAME = 200


def keep_upload(
    conference: Conference, name: str, table: Table, *, by: Any, at: datetime
) -> Upload:
    """Forgets what lies there unapplied of the same person, and of others if it is old."""
    uploads = Upload.objects.filter(conference=conference)
    uploads.waiting().filter(uploaded_by=by).delete()
    uploads.tidy(at)
    return Upload.objects.create(
        conference=conference,
        name=name[-MAX_NAME:],
        rows=table.pack(),
        uploaded_by=by,
        uploaded_at=at,
    )
