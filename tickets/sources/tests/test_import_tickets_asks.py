"""What `import_tickets` wants to be told before it lets anybody in, and what it can leave out."""

import csv
import json
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from conftest import make_ticket
from tickets.models import Ticket
from tickets.sources.tests.workbooks import sheet, xlsx_of_sheets

TITO = Path(__file__).with_name("files") / "tito.csv"
GERMAN = (
    "Bestellnummer;Ticketnr.;Name;E-Mail;Ticketart;Zahlung;gültig bis\n"
    "B1;1;Ada;ada@example.com;Tag;bezahlt;2026-11-21\n"
    "B1;2;Bo;bo@example.com;Tag;storniert;\n"
    "B2;3;Cy;cy@example.com;T-Shirt;offen;\n"
)


def run(*arguments):
    out = StringIO()
    call_command("import_tickets", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def refused(*arguments):
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("import_tickets", *arguments, stdout=out, stderr=out)
    assert not Ticket.objects.exists()
    return f"{out.getvalue()}\n{error.value}"


def states():
    return dict(Ticket.objects.values_list("code", "state"))


def test_an_export_of_tito(conference):
    output = run(str(TITO))
    assert states() == {"AAAA-1": "valid", "AAAA-2": "valid", "AAAA-3": "canceled"}
    products = dict(Ticket.objects.values_list("code", "product__name"))
    assert products == {"AAAA-1": "Full", "AAAA-2": "T-Shirt only", "AAAA-3": "Full"}
    assert not Ticket.objects.exclude(product__scopes=[]).exists(), "nobody has said what opens"
    kim = Ticket.objects.get(code="AAAA-1")
    assert (kim.holder_email, kim.buyer_email) == ("kim@example.com", "boss@example.com")
    assert (kim.order_code, kim.holder_name) == ("AAAA", "Kim Doe")
    assert "State: 2 valid, 1 canceled" in output
    assert "Product: 2 Full, 1 T-Shirt only" in output
    assert "Not used: Price (100, 20)" in output
    assert "0 new, 0 changed, 3 unchanged" in run(str(TITO))


def test_words_that_are_not_known_are_named_with_what_to_type(conference, file):
    output = refused(file(GERMAN))
    advice = "--word bezahlt=valid --word storniert=canceled --word offen=pending"
    assert advice in output
    assert "or that it is none: --no-state Zahlung" in output
    run(file(GERMAN), *advice.split())
    assert states() == {"1": "valid", "2": "canceled", "3": "pending"}


def test_a_column_that_looks_like_a_state_is_asked_about(conference, file):
    text = GERMAN.replace("Zahlung", "Was noch?")
    output = refused(file(text))
    assert "“Was noch?” looks like a state and is not used." in output
    assert "It holds: bezahlt, storniert, offen." in output
    assert "--state 'Was noch?' --word bezahlt=valid --word storniert=canceled" in output
    assert "If not: --no-state 'Was noch?'" in output
    words = ["--word", "bezahlt=valid", "--word", "storniert=canceled", "--word", "offen=pending"]
    run(file(text), "--state", "Was noch?", *words)
    assert states() == {"1": "valid", "2": "canceled", "3": "pending"}


def test_it_may_be_none(conference, file):
    run(file(GERMAN), "--no-state", "zahlung")
    assert set(states().values()) == {"valid"}


def test_a_second_one_beside_the_state_is_asked_about_too(conference, file):
    text = "code,status,Paid\nA,confirmed,yes\nB,confirmed,no\n"
    output = refused(file(text))
    assert "--state status --state Paid --word yes=STATE --word no=STATE" in output
    said = ["--word", "yes=valid", "--word", "no=pending"]
    run(file(text), "--state", "status", "--state", "paid", *said)
    assert states() == {"A": "valid", "B": "pending"}


def test_questions_and_bad_rows_come_in_one_round(conference, file):
    output = refused(file("code,email,Zahlung,Refund\nA,nobody,bezahlt,\nB,,offen,x\n"))
    for complaint in (
        "Line 1: “Refund” looks like a state",
        "Line 2: Holder's e-mail “nobody”",
        "Line 2: What does the state “bezahlt” mean",
        "--word offen=pending",
    ):
        assert complaint in output


def test_an_empty_word_may_mean_something(conference, file):
    text = file("code,Void Status\nA,\nB,true\n")
    run(text, "--state", "Void Status", "--word", "=valid", "--word", "true=canceled")
    assert states() == {"A": "valid", "B": "canceled"}


@pytest.mark.slow
def test_bad_rows_can_be_set_aside(conference, file, tmp_path):
    for code in "ABC":
        make_ticket(conference, code=code)
    aside = tmp_path / "aside.csv"
    text = "code,email,status\nA,a@example.com,paid\nB,nobody,paid\nD,,gone\n"
    options = ("--set-aside", str(aside), "--cancel-missing", "--accept-removals")
    assert "2 rows are set aside" in run(file(text), *options, "--dry-run")
    assert not aside.exists()
    output = run(file(text), *options)
    assert "Line 3: Holder's e-mail “nobody”" in output
    # B is in the file, if only in a bad row.
    assert states() == {"A": "valid", "B": "valid", "C": "canceled"}
    rows = list(csv.reader(StringIO(aside.read_text("utf-8-sig"))))
    assert [row[0] for row in rows] == ["code", "B", "D"]
    other = text.replace("A,a@", "NEW,a@")
    with pytest.raises(CommandError, match=r"aside\.csv: File exists"):
        run(file(other), *options)
    assert not Ticket.objects.filter(code="NEW").exists(), "both or nothing"
    corrected = aside.read_bytes().replace(b"nobody", b"b@example.com").replace(b"gone", b"paid", 1)
    with pytest.raises(CommandError):
        run(file(corrected), "--cancel-missing", "--accept-removals")
    counts = json.loads(run(file(corrected), "--json"))
    assert (counts["new"], counts["changed"], counts["problems"]) == (1, 1, [])


def test_what_is_refused_leaves_no_file(conference, file, tmp_path):
    """The second try would meet it."""
    for code in "ABC":
        make_ticket(conference, code=code)
    aside = tmp_path / "aside.csv"
    options = ("--set-aside", str(aside), "--cancel-missing")
    bad = file("code,email,status\nA,a@example.com,paid\nB,nobody,paid\n")
    with pytest.raises(CommandError, match="--accept-removals"):
        run(bad, *options)
    assert not aside.exists()
    run(bad, *options, "--accept-removals")
    assert "nobody" in aside.read_text()
    assert states()["C"] == "canceled"


def test_nothing_is_missing_while_a_row_has_no_code(conference, file, tmp_path):
    make_ticket(conference, code="A")
    options = ("--set-aside", str(tmp_path / "aside.csv"), "--cancel-missing", "--accept-removals")
    with pytest.raises(CommandError):
        run(file("code,email\n,a@example.com\nB,\n"), *options)
    assert states() == {"A": "valid"}


@pytest.mark.slow
def test_the_sheet_the_row_of_names_and_the_letters_are_said(conference, tmp_path, file):
    path = tmp_path / "tickets.xlsx"
    sheets = {
        "Notizen": sheet(["Siehe unten"]),
        "Tickets": sheet(["Stand: Montag"], ["Code", "E-mail"], ["A", "a@example.com"]),
    }
    path.write_bytes(xlsx_of_sheets(sheets))
    output = run(str(path))
    assert "Sheet: Tickets" in output
    assert "The names of the columns are on line 2" in output
    named = ("--sheet", "Tickets", "--names-at", "1", "--code", "Stand: Montag", "--dry-run")
    assert "1 new, 0 changed, 1 unchanged" in run(str(path), *named)
    output = run(file("code;name\nB;Müller\n".encode("cp1252")))
    assert "Not Unicode: read as cp1252, as in “Müller”." in output
    assert Ticket.objects.get(code="B").holder_name == "Müller"


def test_several_tickets_on_one_address_are_counted(conference, file):
    output = run(file("code,email\nA,a@example.com\nB,A@example.com\nC,c@example.com\n"))
    assert "1 addresses have several tickets." in output
    assert "a@example.com" not in output
