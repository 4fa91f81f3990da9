"""One person watches on so many devices at a time: by Redis, by the process, or without limit when
Redis is away. What follows holds for both kinds alike.
"""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from types import SimpleNamespace
from unittest import mock

import pytest
from django.core.cache import cache

from tickets.admission import device_limit
from tickets.admission.device_limit import DevicePlace, device_of
from tools.process import temporary_directory
from tools.services import redis

CONFERENCE = SimpleNamespace(pk=1)
USER = 7
IN_PROCESS = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
YES, NO = DevicePlace(granted=True), DevicePlace(granted=False)


@pytest.fixture(params=["process", pytest.param("redis", marks=pytest.mark.services)])
def kind(request, settings):
    if request.param == "process":
        settings.CACHES = IN_PROCESS
        cache.clear()
    return request.param


@pytest.fixture
def take(kind):
    return partial(device_limit.take, CONFERENCE, USER, limit=2)


@pytest.fixture
def leave(kind):
    return partial(device_limit.leave, CONFERENCE.pk, USER)


@pytest.fixture
def let_pass(kind):
    """As if nothing had come from the device for so many seconds."""

    def in_process(device, seconds):
        seen, since, replaced = cache.get(f"places:1:{USER}")
        for times in (seen, since, replaced):
            times.update({device: times[device] - seconds} if device in times else {})
        cache.set(f"places:1:{USER}", (seen, since, replaced))

    def in_redis(device, seconds):
        client = cache.client.get_client()
        for end in ("", ":since", ":replaced"):
            key = cache.make_key(f"places:1:{USER}") + end
            client.zadd(key, {device: -seconds}, xx=True, incr=True)

    return in_process if kind == "process" else in_redis


def watching():
    return device_limit.watching(CONFERENCE.pk, USER)


def test_as_many_devices_as_there_are_places(take):
    assert take("laptop") == YES
    assert take("phone") == YES
    assert take("tablet") == NO
    assert take("laptop") == YES
    assert watching() == {"laptop", "phone"}


def test_instead_of_the_device_that_began_first(take):
    take("laptop")
    take("phone")
    take("laptop")
    assert take("tablet", instead=True) == DevicePlace(granted=True, replaced=("laptop",))
    assert watching() == {"phone", "tablet"}


def test_instead_of_a_device_that_fell_silent(take, let_pass):
    take("laptop")
    take("phone")
    let_pass("phone", device_limit.SILENT_SECONDS + 1)
    assert take("tablet", instead=True).replaced == ("phone",)


def test_instead_replaces_nobody_while_there_is_a_place(take):
    take("laptop")
    assert take("phone", instead=True) == YES
    assert take("phone", instead=True) == YES


def test_a_replaced_device_does_not_come_back_by_itself(take, leave, let_pass):
    take("laptop")
    take("phone")
    take("tablet", instead=True)
    leave("tablet")
    assert take("laptop") == NO
    assert take("laptop", instead=True) == YES

    take("tablet", instead=True)
    leave("tablet")
    assert take("phone") == NO
    let_pass("phone", device_limit.HELD_SECONDS + 1)
    assert take("phone") == YES


def test_who_was_replaced_and_opens_the_page_anew_takes_a_free_place(take, leave):
    take("laptop")
    take("phone")
    take("tablet", instead=True)
    leave("phone")
    leave("laptop")
    assert take("laptop") == YES


def test_a_device_that_left_or_was_long_silent_makes_room(take, leave, let_pass):
    take("laptop")
    take("phone")
    leave("laptop")
    assert take("tablet") == YES
    assert take("laptop") == NO
    let_pass("phone", device_limit.HELD_SECONDS + 1)
    assert watching() == {"tablet"}
    assert take("laptop") == YES


def test_a_ticket_with_fewer_places_than_before_replaces_as_many_as_it_takes(take):
    take("laptop")
    take("phone")
    assert take("tablet", limit=1, instead=True).replaced == ("laptop", "phone")


def test_places_are_those_of_one_person_in_one_conference(take):
    take("laptop", limit=1)
    assert device_limit.take(SimpleNamespace(pk=2), USER, "phone", 1) == YES
    assert device_limit.take(CONFERENCE, 8, "phone", 1) == YES


def test_twenty_at_once_never_get_more_places_than_there_are(kind):
    """20 devices that ask, and then 20 that each want to replace another."""
    seen = []

    def take(device, **kw):
        place = device_limit.take(CONFERENCE, USER, device, 3, **kw)
        seen.append(len(watching()))
        return place

    devices = [f"device {number}" for number in range(20)]
    with ThreadPoolExecutor(20) as threads:
        granted = [place.granted for place in threads.map(take, devices)]
        assert sum(granted) == 3
        answers = list(threads.map(partial(take, instead=True), devices))
    assert all(place.granted and len(place.replaced) <= 1 for place in answers)
    assert max(seen) == len(watching()) == 3


@pytest.mark.services
@pytest.mark.parametrize("fate", [signal.SIGKILL, signal.SIGSTOP])
def test_with_redis_away_nobody_is_locked_out_and_only_one_waits(settings, monkeypatch, fate):
    monkeypatch.setattr("lib.redis_cache.OPEN_SECONDS", 3600.0)
    with temporary_directory() as directory, redis(directory) as url:
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": url}}
        take = partial(device_limit.take, CONFERENCE, USER, limit=1)
        assert take("laptop") == YES
        assert take("phone") == NO
        client = cache.client
        process = client.get_client().info("server")["process_id"]
        os.kill(process, fate)
        with mock.patch.object(client, "run_script", wraps=client.run_script) as asked:
            assert take("phone") == YES
            assert watching() == frozenset()
            device_limit.leave(CONFERENCE.pk, USER, "phone")
            assert take("phone") == YES
        assert asked.call_count == 1
        os.kill(process, signal.SIGCONT)  # else it would not hear that it has to stop


def test_a_device_does_not_say_its_session(kind):
    assert device_of("abc") == device_of("abc") != device_of("abd")
    assert "abc" not in device_of("abc")
