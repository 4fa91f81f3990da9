"""deploy/trial.py: when a new release is clearly worse for its visitors, by lines of nginx' log."""

import json
import random
import sys

import pytest

from tools.stack import PROJECT

sys.path.append(str(PROJECT / "deploy"))  # programs of the machine, no package of the project
import trial


def line(release="new", status="200", seconds="0.020", cache=""):
    logged = {"path": "/", "status": 200, "app_seconds": seconds, "app_status": status}
    return json.dumps(logged | {"release": release, "cache": cache})


def after(*served):
    """A trial after so many answers of each kind: (release, how many, status, seconds)."""
    tried = trial.Trial("new")
    for release, times, status, seconds in served:
        for _time in range(times):
            tried.add(trial.Answer(release, status, seconds))
    return tried


def test_a_line_says_who_has_answered_and_how_soon():
    assert trial.Answer.of_line(line()) == ("new", 200, 0.02)
    assert trial.Answer.of_line(line(status="502, 500", seconds="0.001, 0.5")) == ("new", 500, 0.5)
    assert trial.Answer.of_line(line(release="", status="504")) == ("", 504, 0.02)


@pytest.mark.parametrize(
    "written",
    [
        line(cache="HIT"),
        line(cache="STALE", status="500"),
        line(status="", seconds=""),
        '{"path": "/", "status": 200, "app_seconds": "0.020", "cache": ""}',
        line()[:40],
        "[]",
        "",
    ],
)
def test_what_no_release_has_answered_is_left_out(written):
    assert trial.Answer.of_line(written) is None


OLD = ("old", 300, 200, 0.02)


@pytest.mark.parametrize(
    ("served", "fails"),
    [
        ([OLD, ("new", 300, 200, 0.02)], False),
        ([OLD, ("new", 300, 404, 0.02)], False),
        ([OLD, ("new", 290, 200, 0.02), ("new", 10, 500, 0.02)], True),
        # The whole machine is in trouble, the old one too.
        ([OLD, ("old", 30, 503, 0.02), ("new", 300, 200, 0.02), ("new", 30, 503, 0.02)], False),
        # Too few to say anything.
        ([OLD, ("new", 15, 200, 0.02), ("new", 4, 500, 0.02)], False),
        ([OLD, ("new", 296, 200, 0.02), ("new", 4, 500, 0.02)], False),
        # Who fails is quick, and takes nearly everything.
        ([("old", 1, 200, 0.02), ("new", 40, 500, 0.02)], True),
        ([("new", 40, 500, 0.02)], True),
        ([("new", 40, 200, 0.02)], False),
        # Its processes die, and nginx gets no answer.
        ([OLD, ("new", 200, 200, 0.02), ("", 20, 502, 0.02)], True),
        # An old one that does not name itself yet.
        ([("", 300, 200, 0.02), ("new", 290, 200, 0.02), ("new", 10, 500, 0.02)], True),
        ([("", 300, 500, 0.02), ("new", 300, 200, 0.02)], False),
    ],
)
def test_failing(served, fails):
    assert after(*served).fails == fails


def test_chance_alone_stops_hardly_any_upgrade():
    """Both fail one request in twenty; looked at after each ten answers, up to six hundred."""
    chance, stopped = random.Random(11), 0
    for _upgrade in range(200):
        tried = trial.Trial("new")
        for _look in range(60):
            for _time in range(10):
                status = 500 if chance.random() < 0.05 else 200
                tried.add(trial.Answer(chance.choice(["old", "new"]), status, 0.02))
            if tried.fails:
                stopped += 1
                break
    assert stopped <= 8


@pytest.mark.parametrize(
    ("served", "is_slow"),
    [
        ([OLD, ("new", 300, 200, 0.02)], False),
        ([OLD, ("new", 280, 200, 0.02), ("new", 20, 200, 0.3)], True),
        # One in twenty waits; not one in a hundred.
        ([OLD, ("new", 297, 200, 0.02), ("new", 3, 200, 9.0)], False),
        # Twice as long, and nobody notices.
        ([OLD, ("new", 300, 200, 0.2)], False),
        # Everything is slow, and it a little more.
        ([("old", 300, 200, 1.0), ("new", 300, 200, 1.9)], False),
        ([("old", 300, 200, 1.0), ("new", 300, 200, 2.1)], True),
        ([OLD, ("new", 99, 200, 9.0)], False),
        ([("old", 99, 200, 0.02), ("new", 300, 200, 9.0)], False),
    ],
)
def test_slow(served, is_slow):
    assert after(*served).is_slow == is_slow


def test_what_is_done_for_the_first_time_is_not_timed():
    tried = after(OLD)
    for _time in range(300):
        tried.add(trial.Answer("new", 200, 5.0), is_timed=False)
    assert not tried.is_slow
    assert (
        str(tried)
        == "0 of 300 failed; with the one beside it 0 of 300 failed, 95 of 100 within 0.02 s"
    )


def test_the_log_is_read_from_its_end_on_and_when_it_is_rotated(tmp_path):
    path = tmp_path / "access.log"
    assert not trial.Log(path).is_there
    path.write_text("before\n")
    log = trial.Log(path)
    assert list(log.new_lines()) == []
    with path.open("a") as written:
        written.write("one\ntwo\nhal")
        written.flush()
        assert list(log.new_lines()) == ["one", "two"]
        path.rename(tmp_path / "access.log.1")
        assert list(log.new_lines()) == []
        written.write("f\n")
    path.write_text("three\n")
    assert list(log.new_lines()) == ["half", "three"]
    log.close()
