"""The units of systemd, as `systemctl show` tells the site's own user."""

import subprocess
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from lib.readiness.results import Answers, CheckResult, error, not_applicable, ok

# Where systemd is process 1 (sd_booted(3)).
BOOTED = Path("/run/systemd/system")
SYSTEMCTL_SECONDS = 10


def check_units(_at: datetime) -> Answers:
    """All timers, the workers and the socket are alive, and no service has failed."""
    if not BOOTED.is_dir():
        yield not_applicable(_("systemd does not run here."))
        return
    yield _look


def _look() -> Iterable[CheckResult]:
    expected = _expected()
    try:
        states = _states(["front-row*", *expected])
    except (OSError, subprocess.SubprocessError) as broken:
        text = _("systemd does not answer (%(kind)s).") % {"kind": type(broken).__name__}
        return [error(text, _("Run systemctl status."))]
    if states.get("front-row.socket", ("not-found", ""))[0] == "not-found":
        return [not_applicable(_("The units of deploy/systemd are not installed here."))]
    found = []
    for unit, (_loaded, active) in sorted(states.items()):
        values = {"unit": unit}
        if active == "failed":
            hint = _("Run journalctl --unit %(unit)s, and systemctl restart %(unit)s.") % values
            found.append(error(_("The unit “%(unit)s” has failed.") % values, hint))
        elif unit in expected and active not in ("active", "activating", "reloading"):
            hint = _("Run systemctl enable --now %(unit)s.") % values
            found.append(error(_("The unit “%(unit)s” does not run.") % values, hint))
    return found or [ok(_("All units run, and none has failed."))]


def _expected() -> list[str]:
    """What runs all the time. Services of timers come and go."""
    folder = Path(settings.BASE_DIR) / "deploy" / "systemd"
    workers = settings.TASKS["default"]["QUEUES"] if settings.HAS_WORKER else []
    return [
        "front-row.socket",
        *(f"front-row-worker@{queue}.service" for queue in workers),
        *sorted(path.name for path in folder.glob("front-row-*.timer")),
    ]


def _states(units: list[str]) -> dict[str, tuple[str, str]]:
    """LoadState and ActiveState of each by its name. Raises OSError or SubprocessError."""
    command = ["systemctl", "show", "--property=Id,LoadState,ActiveState", "--", *units]
    done = subprocess.run(  # noqa: S603 - names of our own units
        command,
        capture_output=True,
        text=True,
        check=True,
        timeout=SYSTEMCTL_SECONDS,
    )
    states = {}
    for block in done.stdout.split("\n\n"):
        shown = dict(line.split("=", 1) for line in block.splitlines() if "=" in line)
        if "Id" in shown:
            states[shown["Id"]] = shown["LoadState"], shown["ActiveState"]
    return states
