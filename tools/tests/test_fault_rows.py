"""What the faults are made of: the way to a server, and the table."""

import socket

import pytest

from tools.faults import __main__ as program
from tools.faults.link import Link
from tools.faults.load import KINDS
from tools.faults.outcome import Outcome, Served

NOBODY_WAITS = dict.fromkeys(KINDS, Served(10, 0, 0.01, 0.1))


@pytest.fixture
def way():
    """A way to a server that has been taken, from both of its ends."""
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        Link(server.getsockname(), ("127.0.0.1", 0)) as link,
        socket.create_connection(link.address) as here,
    ):
        there, _ = server.accept()
        with there:
            yield link, here, there


def test_a_way_leads_there_and_back(way):
    _link, here, there = way
    here.sendall(b"question")
    assert there.recv(100) == b"question"
    there.sendall(b"answer")
    assert here.recv(100) == b"answer"


def test_a_way_that_is_cut_passes_on_nothing_until_it_is_whole(way):
    link, here, there = way
    link.cut()
    here.sendall(b"question")
    there.settimeout(0.2)
    with pytest.raises(TimeoutError):
        there.recv(100)
    link.mend()
    there.settimeout(None)
    assert there.recv(100) == b"question"


def test_a_row_takes_the_place_of_the_one_before_it_and_the_others_stay(tmp_path, monkeypatch):
    document = tmp_path / "reliability.md"
    document.write_text(f"Before\n<!-- measured -->\n{program.HEAD}\n<!-- /measured -->\nAfter\n")
    monkeypatch.setattr(program, "DOCUMENT", document)
    one, other = (Outcome(words, 6.0, NOBODY_WAITS, 0, 0.0) for words in ("a fault", "another"))
    again = one._replace(seconds=12.0, heals_in=3.0)
    for outcome in (one, other, again):
        program.write(outcome)
    assert document.read_text() == (
        f"Before\n<!-- measured -->\n{program.HEAD}\n{again.row()}\n{other.row()}\n"
        "<!-- /measured -->\nAfter\n"
    )
