"""One person watches on so many devices at a time: by Redis, by the process, or without limit when
Redis is away. What follows holds for both kinds alike.
"""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from unittest import mock

import pytest
from django.core.cache import cache

from tickets.admission import watching
from tickets.admission.watching import REFUSED, device_of
from tools.process import temporary_directory
from tools.services import redis

CONFERENCE, USER = 1, 7
IN_PROCESS = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}


@pytest.fixture(params=["process", pytest.param("redis", marks=pytest.mark.services)])
def kind(request, settings):
    if request.param == "process":
        settings.CACHES = IN_PROCESS
        cache.clear()
    return request.param


@pytest.fixture
def watch(kind):
    return partial(watching.watch, CONFERENCE, user_id=USER, limit=2)


@pytest.fixture
def leave(kind):
    return partial(watching.leave, CONFERENCE, USER)


@pytest.fixture
def later(monkeypatch):
    """Each call moves the clock on."""
    real, passed = time.time, []
    monkeypatch.setattr("lib.redis_scripts.time.time", lambda: real() + sum(passed))
    return passed.append


def devices():
    return watching.devices_watching(CONFERENCE, USER)


def test_as_many_devices_as_there_are_places(watch):
    assert watch("laptop") == 0
    assert watch("phone") == 0
    assert watch("tablet") == REFUSED
    assert watch("laptop") == 0
    assert devices() == {"laptop", "phone"}


def test_instead_of_the_device_that_began_first(watch):
    watch("laptop")
    watch("phone")
    watch("laptop")
    assert watch("tablet", instead=True) == 1
    assert devices() == {"phone", "tablet"}


def test_instead_of_a_device_that_fell_silent(watch, later):
    watch("laptop")
    watch("phone")
    later(watching.SILENT_SECONDS + 1)
    watch("laptop")
    assert watch("tablet", instead=True) == 1
    assert devices() == {"laptop", "tablet"}


def test_instead_replaces_nobody_while_there_is_a_place(watch):
    watch("laptop")
    assert watch("phone", instead=True) == 0
    assert watch("phone", instead=True) == 0


def test_a_replaced_device_does_not_come_back_by_itself(watch, leave, later):
    watch("laptop")
    watch("phone")
    watch("tablet", instead=True)
    leave("tablet")
    assert watch("laptop") == REFUSED
    assert watch("laptop", instead=True) == 0

    watch("tablet", instead=True)
    leave("tablet")
    assert watch("phone") == REFUSED
    later(watching.HELD_SECONDS - 1)
    assert watch("laptop") == 0
    assert watch("phone") == REFUSED
    later(2)
    assert watch("phone") == 0


def test_who_was_replaced_and_opens_the_page_anew_takes_a_free_place(watch, leave):
    watch("laptop")
    watch("phone")
    watch("tablet", instead=True)
    leave("phone")
    leave("laptop")
    assert watch("laptop") == 0


def test_a_device_that_left_or_was_long_silent_makes_room(watch, leave, later):
    watch("laptop")
    watch("phone")
    leave("laptop")
    assert watch("tablet") == 0
    assert watch("laptop") == REFUSED
    later(watching.HELD_SECONDS - 1)
    assert watch("tablet") == 0
    assert watch("laptop") == REFUSED
    later(2)
    assert devices() == {"tablet"}
    assert watch("laptop") == 0


def test_a_ticket_with_fewer_places_than_before_replaces_as_many_as_it_takes(watch):
    watch("laptop")
    watch("phone")
    assert watch("tablet", limit=1, instead=True) == 2
    assert devices() == {"tablet"}


def test_places_are_those_of_one_person_in_one_conference(watch):
    watch("laptop", limit=1)
    assert watching.watch(2, "phone", user_id=USER, limit=1) == 0
    assert watching.watch(CONFERENCE, "phone", user_id=8, limit=1) == 0


def test_a_device_without_a_limit_is_counted_and_takes_no_place(watch):
    for device in ("a", "b", "c"):
        assert watch(device, "main", limit=None) == 0
    assert devices() == frozenset()
    assert watching.viewers(CONFERENCE, ["main", "small"]) == {"main": 3, "small": 0}


def test_only_who_may_watch_is_counted_and_in_each_room(watch):
    watch("laptop", "main", limit=1)
    watch("laptop", "small", limit=1)
    assert watch("phone", "main", limit=1) == REFUSED
    assert watching.viewers(CONFERENCE, ["main", "small"]) == {"main": 1, "small": 1}
    assert watching.viewers(2, ["main"]) == {"main": 0}


def test_twenty_at_once_never_get_more_places_than_there_are(watch):
    """20 devices that ask, and then 20 that each want to replace another."""
    seen = []

    def try_to_watch(device, **kw):
        replaced = watch(device, limit=3, **kw)
        seen.append(len(devices()))
        return replaced

    names = [f"device {number}" for number in range(20)]
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(try_to_watch, names))
        assert sorted(answers) == [REFUSED] * 17 + [0] * 3
        answers = list(threads.map(partial(try_to_watch, instead=True), names))
    assert set(answers) <= {0, 1}
    assert max(seen) == len(devices()) == 3


@pytest.mark.services
@pytest.mark.parametrize("fate", [signal.SIGKILL, signal.SIGSTOP])
def test_with_redis_away_nobody_is_locked_out_and_only_one_waits(settings, monkeypatch, fate):
    monkeypatch.setattr("lib.redis_cache.OPEN_SECONDS", 3600.0)
    with temporary_directory() as directory, redis(directory) as url:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": url}}
        watch = partial(watching.watch, CONFERENCE, user_id=USER, limit=1)
        assert watch("laptop") == 0
        assert watch("phone") == REFUSED
        client = cache.client
        process = client.get_client().info("server")["process_id"]
        os.kill(process, fate)
        with mock.patch.object(client, "run_script", wraps=client.run_script) as asked:
            assert watch("phone") == 0
            assert devices() == frozenset()
            watching.leave(CONFERENCE, USER, "phone")
            assert watch("phone") == 0
            assert watching.viewers(CONFERENCE, ["main"]) == {}
        assert asked.call_count == 1
        os.kill(process, signal.SIGCONT)  # else it would not hear that it has to stop


def test_a_device_does_not_say_its_session():
    assert device_of("abc") == device_of("abc") != device_of("abd")
    assert "abc" not in device_of("abc")
