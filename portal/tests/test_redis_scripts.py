"""Every script that runs in Redis gives the same answers as its double in Python, whatever was asked
before and however much time has passed.
"""

from typing import Any

import pytest
from django.core.cache import cache
from hypothesis import given, settings
from hypothesis import strategies as st

from lib import rates
from lib.counting import counts
from lib.redis_scripts import RedisScript
from streaming.watching import reports
from tickets.accounts import waiting_line
from tickets.admission import watching

BEGAN = 1_790_000_000.25
PERSON, ROOMS = "devices:1:1", ["viewers:1:main", "viewers:1:small"]
RATES = [("limit:a", 1, 60), ("limit:b", 2, 90), ("limit:c", 4, 300)]
one_of = st.sampled_from
devices = one_of(["laptop", "phone", "tablet", "tv"])
# The keys and the arguments of calls.
CALLS: dict[RedisScript[Any], st.SearchStrategy[Any]] = {
    watching._WATCH: st.tuples(
        st.tuples(st.just(PERSON), one_of(ROOMS)),
        st.tuples(devices, one_of(["", "main"]), one_of([0, 1, 2, 2, 3]), one_of([0, 1])),
    ),
    watching._LEAVE: st.tuples(st.just([PERSON]), st.tuples(devices)),
    reports._COUNT: st.tuples(st.just(["reports:1:main"]), st.tuples(devices)),
    rates._COUNT: st.lists(one_of(RATES), min_size=1, unique=True).map(
        lambda some: ([rate[0] for rate in some], [each for rate in some for each in rate[1:]])
    ),
    counts._ADD: st.lists(one_of([("a", 1), ("b|ok", 7), ("c|x|sum", 40)]), min_size=1).map(
        lambda some: (["counts"], [part for pair in some for part in pair])
    ),
    waiting_line._NEXT_PLACE: st.tuples(
        st.just(["line"]), st.tuples(one_of([1 / 3, 15, 45.5]), one_of([0, 15]), one_of([60, 75]))
    ),
}
# The keys of scripts that only answer, so they are asked after each of those.
QUESTIONS: dict[RedisScript[Any], list[str]] = {
    watching._DEVICES_WATCHING: [PERSON],
    watching._VIEWERS: ROOMS,
    counts._READ: ["counts"],
}
# Scripts of one module share what they keep.
MODULES = sorted({script.double.__module__ for script in CALLS})
# Sums of these meet every bound exactly. No two calls come at the same moment, as in life: of two
# devices that began together either may be replaced.
passed = one_of([15, 15, 15, 15, 30, 45, 60, 14, 1, 0.001])


def test_every_script_is_compared():
    assert {*CALLS, *QUESTIONS} == set(RedisScript.instances)


@pytest.mark.services
@pytest.mark.parametrize("module", MODULES)
def test_a_script_answers_as_its_double(module):
    ours = [each for each in CALLS if each.double.__module__ == module]
    questions = [each for each in QUESTIONS if each.double.__module__ == module]
    steps = st.one_of([st.tuples(passed, st.just(each), CALLS[each]) for each in ours])

    @settings(max_examples=100, deadline=None, derandomize=True)
    @given(st.lists(steps, min_size=20, max_size=40))
    def compare(steps):
        cache.clear()
        cache.local.clear()
        now = BEGAN
        for seconds, script, (keys, arguments) in steps:
            now += seconds
            compare_answers(script, now, keys, *arguments)
            for question in questions:
                compare_answers(question, now, QUESTIONS[question])
        client = cache.client.get_client()
        # Every key expires, and not before the shortest time for which it counts.
        assert all(client.ttl(key) > 50 for key in client.scan_iter())

    compare()


def compare_answers(script, now, keys, *arguments):
    in_redis = cache.run_script(keys, script.lua, [now, *arguments])
    assert in_redis is not None
    assert in_any_order(in_redis) == in_any_order(script.here(now, keys, *arguments))


def in_any_order(answer):
    """Of devices, which are named in bytes; numbers stand for the keys that were asked."""
    is_names = isinstance(answer, list) and any(isinstance(each, bytes) for each in answer)
    return sorted(answer) if is_names else answer
