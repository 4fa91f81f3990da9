"""What a process keeps, and how all of it is dropped."""

import math
import threading

import pytest
from django.db import DatabaseError, transaction

from lib import cached
from lib.cached import OnceASecond, once_per_arguments, once_per_revision
from lib.steady.patience import ends_at


@pytest.fixture(autouse=True)
def _of_this_test_alone(monkeypatch):
    monkeypatch.setattr(cached, "_for_a_second", [])
    monkeypatch.setattr(cached, "_for_their_arguments", [])


class Numbers:
    """Each reading gives the next one."""

    def __init__(self) -> None:
        self.read = 0
        self.is_away = False

    def __call__(self, *arguments: int) -> int:
        if self.is_away:
            raise DatabaseError
        self.read += 1
        return self.read


def test_it_is_read_again_when_a_second_has_passed():
    kept = OnceASecond(Numbers())
    assert [kept(), kept()] == [1, 1]
    cached.let_a_second_pass()
    assert [kept(), kept()] == [2, 2]


@pytest.mark.django_db
def test_while_the_database_is_away_the_last_answer_stays():
    numbers = Numbers()
    kept = OnceASecond(numbers)
    numbers.is_away = True
    with pytest.raises(DatabaseError):
        kept()
    numbers.is_away = False
    assert kept() == 1
    numbers.is_away = True
    cached.let_a_second_pass()
    assert kept() == 1


@pytest.mark.django_db
def test_in_a_transaction_nobody_goes_on_with_the_last_answer():
    """The transaction is broken by then, and all of it has to fail."""
    numbers = Numbers()
    kept = OnceASecond(numbers)
    assert kept() == 1
    numbers.is_away = True
    cached.let_a_second_pass()
    with pytest.raises(DatabaseError), transaction.atomic():
        kept()
    assert kept() == 1, "outside of it the last answer is right"


@pytest.mark.django_db
def test_in_a_transaction_it_is_waited_for():
    waits: list[float] = []
    kept = OnceASecond(lambda: waits.append(ends_at.get()) or len(waits))
    for _time in range(2):
        cached.let_a_second_pass()
        kept()
    cached.let_a_second_pass()
    with transaction.atomic():
        kept()
    assert [math.isinf(end) for end in waits] == [True, False, True]


def test_threads_that_ask_at_the_same_moment_read_once():
    numbers = Numbers()
    kept = OnceASecond(numbers)
    start = threading.Barrier(4, timeout=30)
    answers: list[int] = []

    def ask() -> None:
        start.wait()
        answers.append(kept())

    threads = [threading.Thread(target=ask) for _number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (answers, numbers.read) == ([1, 1, 1, 1], 1)


def test_a_revision_is_read_once_and_the_next_one_anew():
    kept = once_per_revision(Numbers())
    assert [kept(1, 7), kept(1, 7), kept(1, 8), kept(2, 7)] == [1, 1, 2, 3]
    cached.let_a_second_pass()
    assert kept(1, 7) == 1


def test_only_the_last_ones_are_kept():
    kept = once_per_arguments(most=2)(Numbers())
    assert [kept(1), kept(2), kept(3), kept(3), kept(1)] == [1, 2, 3, 3, 4]


def test_clear_drops_everything():
    numbers = Numbers()
    second, revision, once = (
        OnceASecond(numbers),
        once_per_revision(Numbers()),
        once_per_arguments(most=1)(Numbers()),
    )
    assert (second(), revision(1, 1), once()) == (1, 1, 1)
    cached.clear()
    assert (second(), revision(1, 1), once()) == (2, 2, 2)
    cached.clear()
    numbers.is_away = True
    with pytest.raises(DatabaseError):
        second()
