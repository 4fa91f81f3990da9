"""One name for a script in Redis and its double: which of them answers, and what is said without."""

import pytest
from django.core.cache import cache

from lib.redis_scripts import RedisScript

ADD = """
local sum = (redis.call('GET', KEYS[1]) or 0) + ARGV[2]
redis.call('SET', KEYS[1], sum, 'EX', 60)
return sum
"""


def add_here(kept, now, keys, number):
    kept.set(keys[0], kept.get(keys[0], 0) + number)
    return kept.get(keys[0])


@pytest.fixture(autouse=True)
def _not_among_ours(monkeypatch):
    monkeypatch.setattr(RedisScript, "instances", [])


@pytest.fixture
def away(monkeypatch):
    """As if Redis were; where there is none it changes nothing."""
    if hasattr(cache, "run_script"):
        monkeypatch.setattr(cache, "run_script", lambda *_: None)


def test_what_was_added_is_kept():
    add = RedisScript(add_here, ADD)
    assert [add(["sum"], number) for number in (1, 2, 3)] == [1, 3, 6]
    assert add(["another"], 1) == 1
    assert RedisScript.instances == [add]


def test_the_double_goes_on_while_redis_is_away(away):
    add = RedisScript(add_here, ADD)
    assert [add(["sum"], number) for number in (1, 2, 3)] == [1, 3, 6]


@pytest.mark.services
def test_nor_does_it_where_one_process_alone_would_be_wrong(away):
    add = RedisScript(add_here, ADD, away=0)
    assert [add(["sum"], number) for number in (1, 2)] == [0, 0]


@pytest.mark.services
def test_redis_answers_in_one_round_trip():
    add = RedisScript(add_here, ADD)
    add(["sum"], 1)
    client = cache.client.get_client()
    before = client.info("stats")["total_reads_processed"]
    assert add(["sum"], 1) == 2
    assert client.info("stats")["total_reads_processed"] - before == 2  # with the one that asks
    assert cache.local.get("sum") is None


@pytest.mark.services
def test_both_are_told_the_time(monkeypatch):
    monkeypatch.setattr("lib.redis_scripts.time.time", lambda: 1_790_000_000.125)
    now = RedisScript(lambda kept, now, keys: int(now * 1000), "return ARGV[1] * 1000")
    assert now([]) == now.here(1_790_000_000.125, []) == 1_790_000_000_125
