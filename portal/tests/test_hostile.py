"""Whatever anybody sends: no answer is an error of ours, and no traceback is in the log."""

from contextlib import contextmanager

import pytest

from portal.tests.hostile.reading import spying
from portal.tests.hostile.sending import Sender, listening
from portal.tests.hostile.walk import Walk
from portal.tests.hostile.world import ORIGIN_SECRET, World
from portal.tests.test_access import entries

# Django's own templates ask for variables that are not always there.
pytestmark = [
    # Zero bytes and numbers too large for a column are errors of PostgreSQL alone.
    pytest.mark.services,
    pytest.mark.ignore_template_errors,
    pytest.mark.filterwarnings("ignore:Cache key"),
    pytest.mark.filterwarnings("ignore:DateTimeField .* received a naive datetime"),
]
WHO = [
    "anonymous",
    "stranger",
    "attendee",
    "speaker",
    "helper",
    "helpdesk",
    "moderator",
    "organizer",
    "superuser",
]
# Where each parameter is spoiled alone: by whoever gets in, in parts that run beside each other.
THOROUGH = [
    ("attendee", ""),
    ("speaker", "chair"),
    ("speaker", "timer"),
    ("anonymous", "origin_"),
    ("organizer", "check"),
    ("organizer", "live_as_of"),
    ("organizer", "desk:"),
    ("organizer", "helpdesk:"),
    ("superuser", "mistakes:"),
    ("superuser", "admin:schedule"),
    ("superuser", "admin:streaming"),
    ("superuser", "admin:tickets"),
    ("superuser", "admin:"),
]
# For a stream of our own that runs.
NEEDS_MORE = {"recording_gate"}


def part_of(entry):
    """The longest beginning that fits its name."""
    return max((part for _who, part in THOROUGH if entry.name.startswith(part)), key=len)


@pytest.fixture
def walking(db, monkeypatch, settings):
    """Begins a walk of somebody."""
    settings.ORIGIN_SECRET = ORIGIN_SECRET
    world = World()

    @contextmanager
    def walking(who):
        client = world.clients()[who]
        with spying(monkeypatch) as spy, listening() as log:
            yield Walk(world, Sender(who, client, spy, log))

    return walking


@pytest.mark.walk
@pytest.mark.parametrize("who", WHO)
def test_nobody_breaks_anything(walking, who):
    with walking(who) as walk:
        for entry in entries():
            if (who, part_of(entry)) not in THOROUGH:
                walk.pass_by(entry)
    assert walk.sender.faults == []


@pytest.mark.walk
@pytest.mark.parametrize(("who", "part"), THOROUGH)
def test_no_single_parameter_breaks_anything(walking, who, part):
    listed = [entry for entry in entries() if part_of(entry) == part]
    with walking(who) as walk:
        for entry in listed:
            walk.learn(entry)
        for entry in listed:
            walk.visit(entry)
    assert walk.sender.faults == []
    # What nobody may do: what is written by other code, or canceled instead of deleted.
    open_to_somebody = {name for name in walk.closed if not name.endswith(("_add", "_delete"))}
    assert open_to_somebody <= NEEDS_MORE


# Each was an error of ours once.
MANY, LARGE = "9" * 5_000, "9" * 19
DEEP = "[" * 100_000
ONCE = [
    ("anonymous", "/my/zone/", {"zone": "UTC", "next": "foo"}),
    ("attendee", "/talks/LIVE/star/", {"on": "1", "next": "foo"}),
    ("attendee", "/pulse/", {"room": ""}),
    ("attendee", "/my/stars.json", {"code": "\0"}),
    ("attendee", "/my/devices/add/answer/", {"answer": "yes", "number": MANY}),
    ("attendee", "/my/devices/add/answer/", {"answer": "yes", "number": "9" * 4_300}),
    ("attendee", "/accounts/2fa/webauthn/add/", {"credential": DEEP}),
    ("superuser", "/admin/mfa/authenticator/add/", {"user": "1", "type": "totp", "data": DEEP}),
    ("attendee", "/accounts/2fa/webauthn/reauthenticate/", {"credential": '{"id": 1}'}),
    ("organizer", "/admin/helpdesk/?q=%00", None),
    ("organizer", "/admin/helpdesk/claim/", {"ticket": MANY}),
    ("organizer", "/admin/desk/break/?room=main&minutes=5&at=0001-01-01T00:00", None),
    ("organizer", "/admin/desk/break/?room=main&minutes=5&at=9999-12-31T23:59", None),
    ("organizer", f"/admin/schedule/talk/?starts_at__year={LARGE}", None),
    ("organizer", "/admin/schedule/talk/?starts_at__year=9999", None),
    ("organizer", "/admin/schedule/talk/?starts_at__year=1", None),
    ("organizer", f"/admin/schedule/talk/?room={LARGE}", None),
    ("organizer", "/admin/schedule/talk/?q=%00", None),
    ("organizer", "/admin/schedule/talk/add/?_to_field=", None),
    ("organizer", "/admin/schedule/talk/{world.talk.pk}/change/?_to_field=", None),
    ("organizer", "/admin/schedule/talk/%00/change/", None),
    ("organizer", "/admin/tickets/upload/{world.upload.pk}/plan/", None),
    ("helpdesk", "/admin/tickets/ticket/{world.ticket.pk}/change/", None),
]


@pytest.mark.parametrize(("who", "path", "fields"), ONCE, ids=lambda each: str(each)[:40])
def test_what_was_an_error_once(walking, who, path, fields):
    with walking(who) as walk:
        path = path.format(world=walk.world)
        if fields is None:
            address, _mark, query = path.partition("?")
            walk.sender.send("GET", address, "once", QUERY_STRING=query)
        else:
            walk.sender.post(path, [*fields.items()], "once", [])
    assert walk.sender.faults == []
