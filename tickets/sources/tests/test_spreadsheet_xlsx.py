"""Workbooks: the cells of people with a spreadsheet, and files that would eat the machine."""

from datetime import date, datetime
from io import StringIO

import pytest
from django.core.management import call_command

from conftest import utc
from tickets.models import Ticket
from tickets.sources.spreadsheets.columns import recognised_columns
from tickets.sources.spreadsheets.files import read_book, read_table
from tickets.sources.spreadsheets.rows import read_tickets
from tickets.sources.spreadsheets.tables import MAX_BYTES, MAX_ROWS, BadSpreadsheet
from tickets.sources.tests.workbooks import ods, sheet, xlsx, xlsx_of_sheets, zipped


def refused(data, **options):
    with pytest.raises(BadSpreadsheet) as error:
        read_table(data, **options)
    return str(error.value)


def tickets_of(data, conference):
    table = read_table(data)
    tickets = read_tickets(table, conference, recognised_columns(table.header))
    return {ticket.code: ticket for ticket in tickets.all_tickets()}


def test_cells_become_what_people_see():
    table = read_table(
        xlsx(
            ["Code", "Day", "At", "Number", "Yes", None, "Note", "Code"],
            [
                123,
                date(2026, 11, 21),
                datetime.fromisoformat("2026-11-21 10:20"),
                12.5,
                True,
                "?",
                "a  b",
                0,
            ],
            [None, None, None],
            ["007", None, None, 1234567890123456789],
        )
    )
    assert table.header == ["Code", "Day", "At", "Number", "Yes", "(F)", "Note", "Code (H)"]
    assert table.rows == [
        (2, ["123", "2026-11-21", "2026-11-21 10:20:00", "12.5", "true", "?", "a  b", "0"]),
        (4, ["007", "", "", "1.234567890E+18", "", "", "", ""]),
    ]


def test_tickets(conference):
    header = ["Code", "E-Mail", "Product", "Status", "Valid from", "Valid until", "Blocked"]
    row = [123, "\u00a0Ada@example.com ", "Day", "paid"]
    tickets = tickets_of(
        xlsx(
            header,
            [*row, date(2026, 11, 21), date(2026, 11, 21), None],
            [
                "B",
                "bo@example.com",
                "Day",
                "paid",
                datetime.fromisoformat("2026-11-21 09:00"),
                None,
                True,
            ],
        ),
        conference,
    )
    assert tickets["123"].product == "Day"
    assert tickets["123"].values == {
        "state": "valid",
        "holder_email": "ada@example.com",
        "valid_from": utc("2026-11-21 03:00"),
        "valid_until": utc("2026-11-22 03:00"),
    }
    assert tickets["B"].values["valid_from"] == utc("2026-11-21 08:00")
    assert tickets["B"].values["state"] == "blocked"


def test_a_number_that_was_rounded_is_not_a_code(conference):
    data = xlsx(["Code", "Order"], [752327237937711035001, 5], ["7,52E+20", 6])
    with pytest.raises(BadSpreadsheet) as error:
        tickets_of(data, conference)
    assert [row.line for row in error.value.rows] == [2, 3]
    assert "has rounded the number “7.523272379E+20”" in str(error.value)


def test_lines_are_counted_as_the_program_shows_them(conference):
    with pytest.raises(BadSpreadsheet, match=r"Line 8: .*“nope”"):
        tickets_of(xlsx(["Code", "Status"], ["A", "nope"], first_row=7), conference)


@pytest.mark.slow
def test_the_first_sheet_that_is_not_hidden_or_one_by_name():
    first, second = sheet(["Code"], ["A"]), sheet(["Code"], ["B"])
    data = xlsx_of_sheets({"Notes": first, "2026": first, "2025": second}, hidden=("Notes",))
    book = read_book(data).at()
    assert (book.sheet, book.other_sheets) == ("2026", ["2025"])
    assert read_table(data, sheet="2025").rows == [(2, ["B"])]
    assert "There is no such sheet. There are: 2026, 2025." in refused(data, sheet="2024")


@pytest.mark.slow
def test_the_command_reads_them_too(conference, tmp_path):
    path = tmp_path / "tickets.xlsx"
    rows = {"Other": sheet(["x"]), "Tickets": sheet(["Name", "E-mail"], ["Ada", "ada@example.com"])}
    path.write_bytes(xlsx_of_sheets(rows))
    arguments = (str(path), "--sheet", "tickets", "--without-codes")
    call_command("import_tickets", *arguments, stdout=StringIO())
    ticket = Ticket.objects.get()
    assert (ticket.holder_name, ticket.holder_email) == ("Ada", "ada@example.com")
    out = StringIO()
    call_command("import_tickets", *arguments, stdout=out)
    assert "0 new, 0 changed, 1 unchanged" in out.getvalue()


@pytest.mark.slow
def test_codes_are_made_of_address_and_product(conference):
    def codes(*rows):
        table = read_table(xlsx(["E-mail", "Product"], *rows))
        columns = recognised_columns(table.header)
        read = read_tickets(table, conference, columns, makes_codes=True)
        return [ticket.code for ticket in read.all_tickets()]

    one, other = ["ada@example.com", "Gold"], ["ada@example.com", "Day"]
    first = codes(one, one, other)
    assert len(set(first)) == 3
    assert set(codes(other, one, one)) == set(first)
    assert codes(["ADA@example.com", "Gold"]) == first[:1]
    with pytest.raises(BadSpreadsheet, match="Line 2: Neither a code nor an e-mail"):
        codes([None, "Gold"])


def test_a_nul_is_left_out():
    assert read_table(xlsx(["Code_x0000_"], ["A_x0000_1"])).rows == [(2, ["A1"])]


def test_ods():
    assert read_table(ods(["Code", "Name"], ["A", "Ada <3"])).rows == [(2, ["A", "Ada <3"])]


@pytest.mark.slow
def test_a_file_that_would_eat_the_machine_is_refused():
    corner = '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'
    bomb = xlsx_of_sheets({"Bomb": sheet(["Code"]) + corner})
    assert len(bomb) < 2000
    assert "too large" in refused(bomb)


@pytest.mark.slow
def test_limits():
    assert "At most 10 MB" in refused(b" " * (MAX_BYTES + 1))
    assert "Line 1: More than 200 columns" in refused(b"a," * 200 + b"b")
    rows = b"a\n" * (MAX_ROWS + 2)
    assert f"Line {MAX_ROWS + 2}: More than {MAX_ROWS} rows" in refused(rows)


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"PK\x03\x04 and then nothing", "cannot be read"),
        (zipped({"a.txt": "a"}), "cannot be read"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or a protected workbook"),
        (xlsx_of_sheets({"Broken": "<row"}), "cannot be read"),
        (xlsx(), "The file is empty"),
    ],
)
def test_what_cannot_be_read_says_so(data, complaint):
    assert complaint in refused(data)
