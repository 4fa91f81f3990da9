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


def test_nothing_beyond_the_header_is_cut_off():
    """All such rows are told at once. Programs write empty cells there."""
    with pytest.raises(BadSpreadsheet) as refused:
        records("who,note\na,b,c\nd,e,,\n\nf,g,,h\n")
    assert [row.line for row in refused.value.rows] == [2, 5]
    assert str(refused.value) == (
        "Line 2: 3 cells, but the header has 2."
        " Write a text with a comma, a semicolon or a tab in quotes, or name the column."
    )
    assert len(records("who,note\nd,e,,\nf\n")) == 2
