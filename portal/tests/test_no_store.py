"""What a browser, or a cache between, may keep: what is the same for everybody, and nothing else."""

import pytest

from conftest import settle
from portal.tests.hostile.world import World, filled, paths_of
from portal.tests.test_access import entries

pytestmark = [pytest.mark.walk, pytest.mark.ignore_template_errors]
# Beside the shared pages (schedule/site/pages.py): the same for everybody, or asked for each time.
KEPT = {"agenda_feed", "live", "theme"}


@pytest.fixture
def world(db):
    world = World()
    settle()
    return world


def answers(world, who):
    """Of each address, as it is meant."""
    client = world.clients()[who]
    client.raise_request_exception = False
    for entry in entries():
        for values in paths_of(world, entry.name, entry.path)[:1]:
            if "logout" not in entry.name:
                yield entry, client.get(filled(entry.path, values))


def is_shared(entry):
    return "shared_params" in vars(entry.view)


def is_kept(answer):
    return "no-store" not in answer["Cache-Control"]


@pytest.mark.parametrize("who", ["attendee", "superuser"])
def test_pages_of_one_person_are_not_kept(world, who):
    kept = {
        entry.name
        for entry, answer in answers(world, who)
        if entry.access.kind in ("login", "staff") and is_kept(answer)
    }
    assert kept == set()


def test_what_is_kept_is_shared(world):
    found = [entry for entry, answer in answers(world, "attendee") if is_kept(answer)]
    assert {entry.name for entry in found if not is_shared(entry)} == KEPT
    assert {"home", "lobby", "room", "schedule", "replays"} <= {entry.name for entry in found}
    found = [entry for entry, answer in answers(world, "anonymous") if is_kept(answer)]
    assert {entry.name for entry in found if not is_shared(entry)} <= KEPT


@pytest.mark.parametrize("path", ["/nothing/", "/talks/NOTHING/", "/admin/", "/admin/nothing/"])
def test_errors_are_not_kept(world, path):
    answer = world.clients()["attendee"].get(path)
    assert answer.status_code in (403, 404)
    assert not is_kept(answer)
