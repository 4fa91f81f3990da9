"""No test is left out of all passes: `make test` and `make walks` are everything together, and CI runs both."""

import re
from itertools import product

from django.conf import settings

MARKS = ("services", "browser", "walk", "slow", "timed")


def expressions(recipe: str) -> list[str]:
    """What `-m` says in each line of that recipe."""
    makefile = (settings.BASE_DIR / "Makefile").read_text()
    lines = makefile.split(f"\n{recipe}:", 1)[1].split("\n\n", 1)[0]
    return re.findall(r'pytest .*-m "?([^"\n]+)', lines)


def takes(expression: str, marked: dict[str, bool]) -> bool:
    return bool(eval(expression, {}, marked))


def every_way_to_be_marked() -> list[dict[str, bool]]:
    ways = product((False, True), repeat=len(MARKS))
    return [dict(zip(MARKS, way, strict=True)) for way in ways]


def test_a_test_runs_however_it_is_marked():
    passes = [*expressions("test"), *expressions("walks")]
    assert len(passes) == 4
    for marked in every_way_to_be_marked():
        assert any(takes(one, marked) for one in passes), f"nothing runs what is marked {marked}"


def test_the_checks_of_a_change_run_all_of_them():
    run = (settings.BASE_DIR / ".ci" / "run").read_text().splitlines()
    assert {"make test", "make walks", "make sqlite"} <= set(run)


def test_what_is_quick_is_also_in_the_whole():
    (quick,) = expressions("quick")
    assert takes(quick, dict.fromkeys(MARKS, False))
    for mark in ("services", "browser", "walk", "slow"):
        assert not takes(quick, {**dict.fromkeys(MARKS, False), mark: True})
