"""Rows of a table by the names of its columns."""

import pytest

from tickets.sources.spreadsheets.files import read_table
from tickets.sources.spreadsheets.tables import BadSpreadsheet

NAMES = {"who": ("who", "e-mail"), "starts": ("starts at",), "note": ("note",)}


def records(text):
    return list(read_table(text.encode()).records(NAMES, needed=["who"]))


def test_it_works():
    assert records("Starts_At;x; E-Mail \n9;;a@example.com\n\n;;\n10\n") == [
        (2, {"who": "a@example.com", "starts": "9", "note": ""}),
        (5, {"who": "", "starts": "10", "note": ""}),
    ]


def test_the_first_of_its_names_counts():
    assert records("e-mail,who\nb,a\n") == [(2, {"who": "a", "starts": "", "note": ""})]


def test_a_needed_column_that_is_not_there_is_named():
    with pytest.raises(BadSpreadsheet, match="Line 1: There is no column “who”. There are: note."):
        records("note\na\n")
