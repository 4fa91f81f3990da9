"""Whatever anybody sends: no answer is an error of ours, and no traceback is in the log."""

from contextlib import contextmanager

import pytest

from portal.tests.hostile.reading import spying
from portal.tests.hostile.sending import Sender, listening
from portal.tests.hostile.walk import Walk
from portal.tests.hostile.world import World
from portal.tests.test_access import entries

# Django's own templates ask for variables that are not always there.
pytestmark = [
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
    ("organizer", "desk:"),
    ("organizer", "helpdesk:"),
    ("superuser", "admin:schedule"),
    ("superuser", "admin:streaming"),
    ("superuser", "admin:tickets"),
    ("superuser", "admin:"),
]


def part_of(entry):
    """The longest beginning that fits its name."""
    return max((part for _who, part in THOROUGH if entry.name.startswith(part)), key=len)


@pytest.fixture
def walking(db, monkeypatch):
    """Begins a walk of somebody."""
    world = World()

    @contextmanager
    def walking(who):
        client = world.clients()[who]
        with spying(monkeypatch) as spy, listening() as log:
            yield Walk(world, Sender(who, client, spy, log))

    return walking


@pytest.mark.parametrize("who", WHO)
def test_nobody_breaks_anything(walking, who):
    with walking(who) as walk:
        for entry in entries():
            if (who, part_of(entry)) not in THOROUGH:
                walk.pass_by(entry)
    assert walk.sender.faults == []


@pytest.mark.parametrize(("who", "part"), THOROUGH)
def test_no_single_parameter_breaks_anything(walking, who, part):
    listed = [entry for entry in entries() if part_of(entry) == part]
    with walking(who) as walk:
        for entry in listed:
            walk.learn(entry)
        for entry in listed:
            walk.visit(entry)
    assert walk.sender.faults == []
    assert len(walk.names) > 5
