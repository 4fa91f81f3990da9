"""Whatever anybody sends: no answer is an error of ours, and no traceback is in the log."""

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
def walk(db, monkeypatch):
    """Walks through the entries, and says what was found and which parameters there were."""
    world = World()

    def walk(who, listed, *, is_thorough):
        client = world.clients()[who]
        with spying(monkeypatch) as spy, listening() as log:
            sender = Sender(who, client, spy, log)
            way = Walk(world, sender, is_thorough=is_thorough)
            for entry in listed:
                way.learn(entry)
            for entry in listed:
                way.visit(entry)
        return sender.faults, way.names

    return walk


@pytest.mark.parametrize("who", WHO)
def test_nobody_breaks_anything(walk, who):
    faults, _names = walk(who, list(entries()), is_thorough=False)
    assert faults == []


@pytest.mark.parametrize(("who", "part"), THOROUGH)
def test_no_single_parameter_breaks_anything(walk, who, part):
    listed = [entry for entry in entries() if part_of(entry) == part]
    faults, names = walk(who, listed, is_thorough=True)
    assert faults == []
    assert len(names) > 5
