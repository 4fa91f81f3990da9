"""Redis away: everything goes on, and nothing is granted that was taken."""

import threading

import pytest
from django.core.cache import cache, caches

from lib.redis_cache import SteadyRedisCache, known_of

NOBODY_LISTENS = "redis://127.0.0.1:1/0"
OPTIONS = {"OPTIONS": {"SOCKET_CONNECT_TIMEOUT": 0.25, "SOCKET_TIMEOUT": 0.25}}


@pytest.fixture(autouse=True)
def nothing_is_known():
    known_of.cache_clear()
    yield
    known_of.cache_clear()


@pytest.fixture
def away():
    return SteadyRedisCache(NOBODY_LISTENS, OPTIONS)


def test_reads_miss_and_writes_are_dropped(away):
    away.set("page:1", "text", 60)
    assert away.get("page:1") is None
    assert away.get("page:1", "default") == "default"
    assert away.get_many(["page:1", "page:2"]) == {}
    assert away.delete("page:1") is False
    assert away.has_key("page:1") is False


def test_only_the_first_of_many_waits(away, monkeypatch):
    tried = []
    monkeypatch.setattr(
        away, "_client", type("Client", (), {"get": lambda *_a, **_k: tried.append(1) or 1 / 0})()
    )
    monkeypatch.setattr("lib.redis_cache.RedisError", ZeroDivisionError)
    for _read in range(50):
        away.get("page:1")
    assert len(tried) == 1


def test_one_thread_finds_out_for_all_of_them(settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "lib.redis_cache.SteadyRedisCache",
            "LOCATION": NOBODY_LISTENS,
            **OPTIONS,
        }
    }
    caches["default"].get("page:1")
    seen = []

    def look():
        seen.append((caches["default"], caches["default"].breaker.lets_through()))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    [(of_thread, is_let_through)] = seen
    assert of_thread is not caches["default"]
    assert not is_let_through


def test_rate_limits_go_on_in_the_process(away):
    assert away.add("allauth:rl:login:key:lock", True, timeout=10) is True
    assert away.add("allauth:rl:login:key:lock", True, timeout=10) is False
    away.set("allauth:rl:login:key", [1.0], 60)
    assert away.get("allauth:rl:login:key", []) == [1.0]
    away.delete("allauth:rl:login:key:lock")
    assert away.add("allauth:rl:login:key:lock", True, timeout=10) is True


@pytest.mark.services
def test_what_could_not_be_deleted_is_deleted_when_redis_is_back(settings):
    """A session that was ended meanwhile must not come back with Redis."""
    cache.set("session", "signed in", 60)
    steady = SteadyRedisCache(settings.REDIS_URL, OPTIONS)
    steady.breaker.seconds = 60.0
    steady.breaker.failed(ConnectionError())
    steady.delete("session")
    steady.delete_many(["admission:1", "admission:2"])
    assert cache.get("session") == "signed in"
    steady.breaker.worked()
    assert steady.get("anything") is None
    assert cache.get("session") is None
