"""Rows with a problem: each with all that is wrong, in a file of their own."""

import csv
import io

import pytest

from tickets.sources.spreadsheets.columns import recognised_columns
from tickets.sources.spreadsheets.files import read_table
from tickets.sources.spreadsheets.formulas import quoted, unquoted
from tickets.sources.spreadsheets.rows import read_tickets
from tickets.sources.spreadsheets.set_aside import cells_of, csv_of

HEADER = "code,email,product,status,valid from\n"


def read(conference, rows, header=HEADER, **options):
    table = read_table((header + rows).encode())
    return table, read_tickets(table, conference, recognised_columns(table.header), **options)


def test_all_that_is_wrong_with_a_row_is_told_and_the_others_are_read(conference):
    rows = "A,nobody,,gone,soon\nB,b@example.com,Gold,paid,\n,c@example.com,Gold,paid,\n"
    _table, found = read(conference, rows)
    assert [ticket.code for ticket in found.tickets] == ["B"]
    bad, nameless = found.set_aside
    assert [text.split(":")[0] for text in bad.problems] == [
        "No product.",
        "Holder's e-mail “nobody”",
        "“soon” is not a time. Write 2026-11-21 or 2026-11-21 09",
        "What does the state “gone” mean? Known are",
    ]
    assert (bad.line, bad.code, nameless.code) == (2, "A", None)
    assert found.codes == {"A", "B"}
    assert not found.tells_all_codes


@pytest.mark.parametrize(
    ("rows", "kept"),
    [
        ("A,,Gold,paid,\nA,,Gold,paid,\n", ["A"]),
        ("A,,Gold,paid,\nA,,Gold,refunded,\n", []),
        ("A,,Gold,refunded,\nA,,Gold,paid,\nB,,Gold,paid,\n", ["B"]),
        ("A,,Gold,paid,\nA,,Gold,stornirt,\n", []),
    ],
)
def test_of_two_rows_about_one_ticket_that_differ_neither_counts(conference, rows, kept):
    _table, found = read(conference, rows)
    assert [ticket.code for ticket in found.tickets] == kept
    assert "already on line 2" in str(found.problems[-1])


def test_codes_are_made_of_what_is_sound(conference):
    rows = "a@example.com,Gold,gone\na@example.com,Gold,paid\nnobody,Gold,paid\n"
    _table, found = read(conference, rows, "email,product,status\n", makes_codes=True)
    first, second, third = found.rows
    assert first.code != second.code == found.tickets[0].code
    _table, sound = read(
        conference, rows.replace("gone", "paid"), "email,product,status\n", makes_codes=True
    )
    assert [row.code for row in sound.rows] == [first.code, second.code, None]
    assert third.code is None


@pytest.mark.parametrize(
    ("status", "void", "state"),
    [
        ("paid", "", "valid"),
        ("paid", "true", "canceled"),
        ("paid", "2026-11-03 10:00", "canceled"),
        ("paid", "voided", "canceled"),
        ("paid", "active", "valid"),
        ("unpaid", "", "pending"),
        ("unpaid", "x", "canceled"),
    ],
)
def test_void_is_said_by_yes_or_by_when(conference, status, void, state):
    _table, found = read(conference, f"A,{status},{void}\n", "code,status,void status\n")
    assert [ticket.values["state"] for ticket in found.tickets] == [state]


@pytest.mark.parametrize(
    ("status", "blocked", "void", "state"),
    [
        ("paid", "true", "", "blocked"),
        ("blocked", "", "", "blocked"),
        ("unpaid", "x", "", "blocked"),
        ("paid", "yes", "yes", "canceled"),
        ("refunded", "yes", "", "canceled"),
        ("paid", "no", "", "valid"),
    ],
)
def test_blocked_is_not_canceled(conference, status, blocked, void, state):
    header = "code,status,blocked,void status\n"
    _table, found = read(conference, f"A,{status},{blocked},{void}\n", header)
    assert [ticket.values["state"] for ticket in found.tickets] == [state]


def test_of_several_states_the_worst_counts(conference):
    table = read_table(b"code,one,two\nA,paid,paid\nB,paid,refunded\nC,unpaid,paid\nD,paid,?\n")
    columns = {"code": ["code"], "state": ["one", "two"]}
    found = read_tickets(table, conference, columns)
    states = [(ticket.code, ticket.values["state"]) for ticket in found.tickets]
    assert states == [("A", "valid"), ("B", "canceled"), ("C", "pending")]
    assert "What does the state “?” mean" in str(found.problems[0])


def written(conference, rows):
    table, found = read(conference, rows)
    data = csv_of(cells_of(table, found.set_aside))
    return data, list(csv.reader(io.StringIO(data.decode("utf-8-sig"))))


def test_the_file_says_what_is_wrong_and_can_be_read_again(conference):
    rows = "A,nobody,Größe;M,gone,\nB,,Gold,paid,\nC,,Gold\nD,,Gold,paid,,extra\n"
    data, cells = written(conference, rows)
    assert data.startswith(b"\xef\xbb\xbf")
    header, bad, short, long = cells
    assert header == ["code", "email", "product", "status", "valid from", "", "Problem"]
    assert bad[:3] == ["A", "nobody", "Größe;M"]
    assert "Enter a valid email address. What does the state “gone” mean?" in bad[-1]
    assert short == ["C", "", "Gold", "", "", "", "3 cells, but the header has 5."]
    assert long[-2] == "extra"
    assert long[-1].startswith("6 cells, but the header has 5. Write a text with a comma")
    # As it is, it has the same problems; they are not added up.
    table = read_table(data)
    found = read_tickets(table, conference, recognised_columns(table.header))
    again = cells_of(table, found.set_aside)
    assert again[0].count("Problem") == 1
    assert again[1] == bad[:5] + ["", bad[-1]]
    right = data.replace(b"nobody", b"a@example.com").replace(b"gone", b"paid", 1)
    table = read_table(right)
    found = read_tickets(table, conference, recognised_columns(table.header))
    assert found.tickets[0].product == "Größe;M"


@pytest.mark.parametrize(
    "cell",
    ["=1+1", "+49 30", "-12", "@x", "\t=1", "a;=1", "a,-b", "a\n=1", "  =1", "＝1", "\r=1", "x=1"],  # noqa: RUF001
)
def test_no_cell_becomes_a_formula_and_each_comes_back(conference, cell):
    for separator in (",", ";", "\t", "\n"):
        for part in quoted(cell).split(separator):
            assert not part.strip().startswith(("=", "+", "-", "@", "＝"))  # noqa: RUF001
    assert unquoted(quoted(cell)) == cell


def test_a_formula_in_a_row_is_text_in_the_file(conference):
    rows = '-7,nobody,"=HYPERLINK(""https://example.com"")",paid,\n'
    data, cells = written(conference, rows)
    assert cells[1][0] == "'-7"
    assert cells[1][2].startswith("'=HYPERLINK")
    table = read_table(data)
    assert table.rows[0][1][0] == "-7"
