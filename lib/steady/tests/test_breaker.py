import threading

from lib.steady.breaker import Breaker


def test_one_failure_keeps_everybody_away_and_one_looks_again(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("lib.steady.breaker.time.monotonic", lambda: now[0])
    breaker = Breaker("It", 2.0)
    assert breaker.lets_through()
    breaker.failed(OSError())
    assert not breaker.lets_through()
    now[0] += 2.5
    assert [breaker.lets_through() for _each in range(3)] == [True, False, False]
    now[0] += 2.5
    assert breaker.lets_through()
    breaker.worked()
    assert [breaker.lets_through() for _each in range(3)] == [True, True, True]


def test_of_many_threads_one_is_let_through():
    breaker = Breaker("It", 0.0)
    breaker.failed(OSError())
    breaker.seconds = 60.0
    start, let_through = threading.Barrier(8, timeout=30), []

    def ask() -> None:
        start.wait()
        if breaker.lets_through():
            let_through.append(1)

    threads = [threading.Thread(target=ask) for _number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert let_through == [1]


def test_it_is_said_once(caplog):
    breaker = Breaker("The database", 2.0)
    for _time in range(3):
        breaker.failed(OSError())
    breaker.worked()
    assert [record.getMessage() for record in caplog.records] == [
        "The database is away (OSError); going on without.",
        "The database is back.",
    ]
