"""Which sheet, from which row, in which letters: what is guessed of a file, and what is said of it."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tickets.sources.spreadsheets import files
from tickets.sources.spreadsheets.books import Book
from tickets.sources.spreadsheets.files import read_book, read_table
from tickets.sources.spreadsheets.tables import MAX_ROWS, BadSpreadsheet
from tickets.sources.tests.workbooks import sheet, xlsx, xlsx_of_sheets

TICKETS = [["Code", "E-mail", "Status"], ["A", "a@example.com", "paid"]]
NOTES = [["Siehe zweites Blatt"], ["Stand: Montag"]]


def test_the_sheet_with_the_names_is_proposed():
    data = xlsx_of_sheets({"Notizen": sheet(*NOTES), "Tickets": sheet(*TICKETS)})
    book = read_book(data).at()
    assert (book.sheet, book.other_sheets) == ("Tickets", ["Notizen"])
    assert book.table.rows == [(2, TICKETS[1])]
    assert book.at("notizen").table.header == NOTES[0]
    with pytest.raises(BadSpreadsheet, match="There is no such sheet. There are: Notizen, Tickets"):
        book.at("2025")


@pytest.mark.parametrize("above", [1, 3, 19])
def test_the_row_with_the_names_is_proposed(above):
    title = [["Tickets of our conference, Monday"]] * above
    book = read_book(xlsx(*title, *TICKETS)).at()
    assert (book.names_at, book.not_read) == (above + 1, above)
    assert book.table.header == TICKETS[0]
    assert book.at("", 1).table.header[0] == title[0][0]


@pytest.mark.parametrize(
    "text",
    [
        # What a ticket or a person is called may be the name of a column.
        "Nr,Art\n7,Ticket\n8,Name\n",
        "Code,E-mail,Name\nA,a@example.com,Status\n",
        "x,y,z\n1,2,3\n",
        "Title\nCode\n",
    ],
)
def test_the_first_row_has_the_names_unless_another_one_has_more(text):
    assert read_book(text.encode()).at().names_at == 1


def test_what_was_read_can_be_kept():
    data = xlsx_of_sheets({"Notizen": sheet(*NOTES), "Tickets": sheet(["x"], *TICKETS)})
    book = read_book(data).at("Tickets", 2)
    again = Book.unpack(book.pack())
    assert again == book
    assert again.table == book.table


def test_windows_1252_is_guessed_and_said():
    text = "Code;Name\nA;Anna\nB;Jürgen Müller\n"
    book = read_book(text.encode("cp1252")).at()
    assert (book.encoding, book.converted) == ("cp1252", "Jürgen")
    assert book.table.rows[1][1] == ["B", "Jürgen Müller"]
    said = read_book(text.encode("cp1252"), encoding="cp1252")
    unicode = read_book(text.encode())
    assert {said.encoding, unicode.encoding, said.converted, unicode.converted} == {""}


@pytest.mark.parametrize(
    "data",
    [
        # Unicode that was damaged: two bytes of one letter would become two letters.
        "Code,Name\nA,Jürgen\nB,".encode() + b"\xfc\n",
        "Code,Name\nA,Жанна\n".encode("cp1251"),
        b"\xef\xbb\xbfCode,Name\nA,\xfc\n",
        b"Code,Name\nA,\x9d\n",
    ],
)
def test_what_is_something_else_is_not_guessed(data):
    with pytest.raises(BadSpreadsheet, match="This is not UTF-8"):
        read_book(data)


def rows_of(count):
    return "".join(f'<row r="{at}"><c r="A{at}"><v>{at}</v></c></row>' for at in range(1, count))


@pytest.mark.slow
def test_far_too_many_rows_are_refused_early(monkeypatch):
    """Of a workbook of 900,000 rows no more comes out of its reader than shows that it is too long."""
    data = xlsx_of_sheets({"Big": rows_of(MAX_ROWS + 5000)})
    book = read_book(data)
    assert len(book.sheets[0].rows) == files.ROWS_LOOKED_AT
    with pytest.raises(BadSpreadsheet, match=f"Line {MAX_ROWS + 2}: More than {MAX_ROWS} rows"):
        book.at().table  # noqa: B018 - the table is read when it is asked for


def test_one_column_is_an_area_too(monkeypatch):
    monkeypatch.setattr(files, "MAX_CELLS", 100)
    with pytest.raises(BadSpreadsheet, match="This workbook is too large"):
        read_book(xlsx_of_sheets({"Big": rows_of(200)}))


@pytest.mark.slow
def test_a_large_sheet_beside_the_tickets_does_not_matter(monkeypatch):
    monkeypatch.setattr(files, "MAX_CELLS", 100)
    data = xlsx_of_sheets({"Tickets": sheet(*TICKETS), "Raw": rows_of(200)})
    book = read_book(data).at()
    assert (book.sheet, book.too_large) == ("Tickets", ["Raw"])
    assert book.at("Tickets").table.rows == [(2, TICKETS[1])]
    with pytest.raises(BadSpreadsheet, match="This workbook is too large"):
        read_book(data, sheet="Raw")


def test_the_reader_gives_up_before_nginx_does(monkeypatch):
    conf = next(Path(settings.BASE_DIR, "deploy").glob("**/nginx.conf*")).read_text()
    nginx = min(int(seconds) for seconds in re.findall(r"proxy_read_timeout (\d+)s", conf))
    # The rest is for what Django does with it.
    assert files.MAX_SECONDS < files.MAX_WAIT_SECONDS <= nginx - 10
    monkeypatch.setattr(files, "MAX_WAIT_SECONDS", 0.001)
    with pytest.raises(BadSpreadsheet, match="This workbook is too large. At most 50000 rows"):
        read_table(xlsx(*TICKETS))
