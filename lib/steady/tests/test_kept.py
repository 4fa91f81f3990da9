"""What is kept beyond its time."""

import time

from django.core.cache import cache

from lib.steady.kept import SPARE_SECONDS, Kept, keep, keep_on


def aged(key, seconds):
    """As if it had been kept so long ago."""
    kept = Kept.read(cache.get(key))
    return kept._replace(made_at=kept.made_at - seconds, ends_at=kept.ends_at - seconds)


def test_what_lives_an_hour_has_its_ten_minutes_too():
    keep("page", "words", 3600, made_at=time.time())
    kept = aged("page", 3601)
    assert not kept.is_fresh
    keep_on("page", kept, 5)
    again = Kept.read(cache.get("page"))
    assert (again.value, again.is_fresh) == ("words", True)
    assert again.ends_at == kept.ends_at < time.time() + SPARE_SECONDS


def test_and_no_more():
    keep("page", "words", 3600, made_at=time.time())
    over = aged("page", 3601 + SPARE_SECONDS)
    assert over.is_over
    keep_on("page", over, 5)
    assert cache.get("page") is None


def test_what_took_long_to_make_is_old_when_it_is_kept():
    began_at = time.time() - 30
    keep("page", "words", 20, made_at=began_at)
    kept = Kept.read(cache.get("page"))
    assert not kept.is_fresh
    assert kept.ends_at == began_at + 20 + SPARE_SECONDS


def test_what_took_longer_than_it_may_be_used_is_not_kept():
    keep("page", "words", 20, made_at=time.time() - 21 - SPARE_SECONDS)
    assert cache.get("page") is None
