"""What doctor says of backups and of the last restore. It reads what lib/backups has reported, and asks the
database whether somebody receives its log.
"""

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils.translation import gettext as _

from lib.readiness.results import Answers, CheckResult, error, not_applicable, ok

# Daily, with room for a long one.
OLDEST_BACKUP = timedelta(hours=28)
# Every five minutes, but a first copy of everything takes long.
OLDEST_COPY = timedelta(hours=1)
# Every night.
OLDEST_DRILL = timedelta(days=2)
RECEIVED = "SELECT bool_or(active) FROM pg_replication_slots WHERE slot_type = 'physical'"


def check_backups(at: datetime) -> Answers:
    if connection.vendor != "postgresql":
        yield not_applicable(_("An SQLite file is for trying out, and is not backed up."))
        return
    report = report_of("kept.json")
    if report is None:
        hint = _("Run the playbook, or see deploy/roles/backups and set BACKUP_FOLDER.")
        yield error(_("Nothing says that backups are made."), hint)
        return
    yield _of_age(_("The last base backup"), report["base_at"], at, "pg_basebackup@*")
    yield _of_age(_("The last dump"), report["dump_at"], at, "pg_dump@*")
    yield _of_age(_("The last archive of files"), report["files_at"], at, "front-row-backup")
    yield _of_log()
    yield _of_copies(report, at)


def check_restore(at: datetime) -> Answers:
    if connection.vendor != "postgresql":
        yield not_applicable(_("An SQLite file is for trying out, and is not backed up."))
        return
    report = report_of("drill.json")
    hint = _("See journalctl -u front-row-drill.")
    if report is None:
        yield error(_("No backup was ever restored to see whether it is good."), hint)
    elif not report["is_equal"]:
        yield error(_("What was restored last is not what the database held."), hint)
    elif at - datetime.fromisoformat(report["at"]) > OLDEST_DRILL:
        yield error(_("The last backup was restored long ago, at %(at)s.") % report, hint)
    else:
        yield ok(_("A backup was restored at %(at)s, and all was equal.") % report)


def report_of(name: str) -> dict[str, Any] | None:
    try:
        return dict(json.loads((Path(settings.BACKUP_FOLDER) / name).read_text()))
    except (OSError, ValueError):
        return None


def _of_age(what: str, made_at: str | None, at: datetime, unit: str) -> CheckResult:
    values = {"what": what, "at": made_at or "", "unit": unit}
    hint = _("See journalctl -u '%(unit)s', and that its timer runs.") % values
    if made_at is None:
        return error(_("%(what)s: there is none.") % values, hint)
    if at - datetime.fromisoformat(made_at) > OLDEST_BACKUP:
        return error(_("%(what)s is too old: of %(at)s.") % values, hint)
    return ok(_("%(what)s is of %(at)s.") % values)


def _of_log() -> CheckResult:
    with connection.cursor() as cursor:
        cursor.execute(RECEIVED)
        is_received = cursor.fetchone()[0]
    if is_received:
        return ok(_("All that is written to the database is received at once."))
    text = _("Nobody receives the database's log: what is written now is in no backup.")
    return error(text, _("See that pg_receivewal@ runs."))


def _of_copies(report: dict[str, Any], at: datetime) -> CheckResult:
    if not report["is_copied_away"]:
        text = _("BACKUPS ARE ON THIS MACHINE ALONE. If it is lost, everything is.")
        return error(text, _("Set backup_remote and backup_key in the inventory."))
    hint = _("See journalctl -u front-row-backup.")
    if report["problem"]:
        return error(_("Some backups could not be copied away, or not be made."), hint)
    if at - datetime.fromisoformat(report["at"]) > OLDEST_COPY:
        return error(_("Backups were last copied away at %(at)s.") % report, hint)
    return ok(_("Backups were copied away at %(at)s.") % report)
