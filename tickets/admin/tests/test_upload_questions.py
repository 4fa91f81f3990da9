"""What the pages of an upload ask, tell and set aside before anybody is let in."""

import csv
import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.urls import reverse
from django.utils import timezone

from conftest import client_of, make_conference, make_role, make_ticket, make_user
from tickets.admin.tests.test_uploads import ADD, digest_of, page_of
from tickets.models import Product, Role, Ticket, Upload
from tickets.sources.tests.workbooks import sheet, xlsx_of_sheets
from tickets.sources.uploads.applying import apply_upload
from tickets.sources.uploads.plan import plan_upload

pytestmark = pytest.mark.ignore_template_errors
TITO = Path(__file__).parents[2] / "sources/tests/files/tito.csv"
GERMAN = (
    "Bestellnummer;Ticketnr.;Name;E-Mail;Ticketart;Zahlung;Größe\n"
    "B1;1;Ada;ada@example.com;Tag;bezahlt;M\n"
    "B1;2;Bo;ada@example.com;Tag;storniert;L\n"
    "B2;3;Cy;cy@example.com;T-Shirt;offen;\n"
)
WORDS = {"word:bezahlt": "valid", "word:storniert": "canceled", "word:offen": "pending"}


@pytest.fixture
def client(conference):
    helper = make_user("helper@example.com")
    Role.objects.create(user=helper, conference=conference, kind="organizer")
    return client_of(helper)


def send(client, content, name="tickets.csv", **fields):
    data = content.encode() if isinstance(content, str) else content
    return client.post(ADD, {"file": SimpleUploadedFile(name, data), **fields})


def proposed(page):
    """What the form of the columns would send as it is."""
    return {bound.html_name: bound.value() or "" for bound in page.context["form"]}


def apply(client, **ticks):
    page = client.get(page_of("plan"))
    return client.post(page_of("plan"), {"digest": digest_of(page), **ticks}, follow=True)


def states():
    return dict(Ticket.objects.values_list("code", "state"))


@pytest.mark.slow
def test_an_export_of_tito_needs_no_word(client):
    page = client.get(send(client, TITO.read_bytes()).url)
    assert page.context["form"].questions_part == page.context["form"].words_part == []
    client.post(page_of("columns"), proposed(page))
    page = client.get(page_of("plan"))
    assert page.context["planned"].summary.states == [("valid", 2), ("canceled", 1)]
    products = [(str(product), count) for product, count in page.context["planned"].products]
    assert products == [("Full", 2), ("T-Shirt only", 1)]
    apply(client)
    assert states() == {"AAAA-1": "valid", "AAAA-2": "valid", "AAAA-3": "canceled"}


@pytest.mark.slow
def test_german_names_are_known_and_their_words_proposed(client):
    page = client.get(send(client, GERMAN).url)
    assert proposed(page)["state"] == "Zahlung"
    assert {key: word for key, word in proposed(page).items() if key in WORDS} == WORDS
    client.post(page_of("columns"), proposed(page))
    apply(client)
    assert states() == {"1": "valid", "2": "canceled", "3": "pending"}


@pytest.mark.slow
def test_an_unused_state_stops_the_plan(client):
    columns = {"code": "Ticketnr.", "email": "E-Mail"}
    send(client, GERMAN)
    page = client.post(page_of("columns"), columns)
    assert "“Zahlung” holds bezahlt, storniert, offen: use it?" in page.text
    assert "Say whether this column tells the state." in page.text
    assert Upload.objects.get().mapping == {}
    # Yes: then its words are asked for, as those of a chosen column.
    columns["is-state:Zahlung"] = "yes"
    page = client.post(page_of("columns"), columns)
    assert page.text.count("Say what this word means.") == 3
    # They are proposed, and not taken for granted.
    assert {key: word for key, word in proposed(page).items() if key in WORDS} == WORDS
    page = client.post(page_of("columns"), {**columns, **WORDS}, follow=True)
    apply(client)
    assert states() == {"1": "valid", "2": "canceled", "3": "pending"}


@pytest.mark.slow
def test_no_is_remembered_and_can_be_taken_back(client):
    columns = {"code": "Ticketnr.", "email": "E-Mail", "is-state:Zahlung": "no"}
    send(client, GERMAN)
    page = client.post(page_of("columns"), columns, follow=True)
    assert page.context["planned"].summary.states == [("valid", 3)]
    assert Upload.objects.get().mapping["no_states"] == ["Zahlung"]
    form = client.get(page_of("columns")).context["form"]
    assert form["is-state:Zahlung"].value() == "no"
    apply(client)
    send(client, GERMAN.replace("T-Shirt", "Tag"))
    upload = Upload.objects.get(applied_at=None)
    assert client.get(page_of("plan", upload)).status_code == 200
    page = client.post(page_of("columns", upload), {**columns, "is-state:Zahlung": "yes", **WORDS})
    upload.refresh_from_db()
    assert upload.mapping["columns"]["state"] == ["Zahlung"]


@pytest.mark.slow
def test_a_new_question_stops_also_what_was_remembered(client):
    send(client, "code,email\nA,a@example.com\n")
    client.post(page_of("columns"), {"code": "code", "email": "email"})
    apply(client)
    send(client, "code,email,Zahlung\nA,a@example.com,offen\nB,b@example.com,bezahlt\n")
    upload = Upload.objects.get(applied_at=None)
    assert client.get(page_of("plan", upload)).url == page_of("columns", upload)
    forged = client.post(page_of("plan", upload), {"digest": plan_upload(upload).digest})
    assert forged.url == page_of("plan", upload)
    assert states() == {"A": "valid"}


@pytest.mark.slow
def test_two_states_count_together(client):
    text = "code,status,Paid\nA,confirmed,yes\nB,confirmed,no\n"
    send(client, text)
    columns = {"code": "code", "state": "status", "is-state:Paid": "yes"}
    client.post(page_of("columns"), {**columns, "word:yes": "valid", "word:no": "pending"})
    apply(client)
    assert states() == {"A": "valid", "B": "pending"}


@pytest.mark.slow
def test_words_and_rows_are_told_in_one_round(client):
    page = client.get(send(client, "code,email,status\nA,nobody,bezahlt\nB,,x\nB,y,paid\n").url)
    text = client.post(page_of("columns"), proposed(page)).text
    assert text.count("Say what this word means.") == 1
    for problem in ("Line 2: Holder", "Line 3: The code B is also on line 4", "Line 4: Holder"):
        assert problem in text
    assert "What does the state" not in text


@pytest.mark.slow
def test_the_plan_counts_and_names_what_is_doubled_or_unused(client, conference):
    tag = Product.objects.create(conference=conference, name="Tag", scopes=["day:2026-11-21"])
    page = client.get(send(client, GERMAN).url)
    page = client.post(page_of("columns"), proposed(page), follow=True)
    rows = [" ".join(row.split()) for row in page.text.replace("\n", " ").split("<tr>")]
    assert any("valid" in row and "<td>1</td>" in row for row in rows)
    link = reverse("admin:tickets_product_change", args=[tag.pk])
    assert any(link in row and "day:2026-11-21" in row and "<td>2</td>" in row for row in rows)
    assert any("T-Shirt" in row and "<td>1</td>" in row for row in rows)
    assert "1 address has several tickets" in page.text
    assert "<bdi>ada@example.com</bdi> (2)" in page.text
    assert any("Größe" in row and "M, L" in row for row in rows)


BAD = "code,email,status\nA,a@example.com,paid\nB,nobody,paid\n=C,,paid\n=C,,paid,x\nD,,paid\nD,,void\n"


def set_aside(client, upload=None):
    response = client.get(page_of("set_aside", upload))
    return response, list(csv.reader(io.StringIO(response.content.decode("utf-8-sig"))))


@pytest.mark.slow
def test_bad_rows_are_set_aside_and_corrected(client, conference):
    for code in ("A", "B", "GONE"):
        make_ticket(conference, code=code)
    page = client.get(send(client, BAD).url)
    page = client.post(page_of("columns"), proposed(page), follow=True)
    assert "4 rows are set aside" in page.text
    assert page_of("set_aside") in page.text
    response, rows = set_aside(client)
    assert [row[:3] for row in rows] == [
        ["code", "email", "status"],
        ["B", "nobody", "paid"],
        ["'=C", "", "paid"],
        ["D", "", "paid"],
        ["D", "", "void"],
    ]
    assert rows[0][-1] == "Problem"
    assert response["Cache-Control"] == "max-age=0, no-cache, no-store, must-revalidate, private"
    assert response["Content-Disposition"] == 'attachment; filename="set-aside.csv"'
    page = apply(client)
    assert "4 rows were set aside" in page.text
    assert states() == {"A": "valid", "B": "valid", "GONE": "valid", "=C": "valid"}
    applied = Upload.objects.get()
    assert set_aside(client, applied)[1] == rows

    corrected = (
        response.content.replace(b"nobody", b"b@example.com").replace(b'"D"', b'"E"', 1)
    ).replace(b'"4 cells', b'"now 3 cells')
    response = send(client, corrected)
    upload = Upload.objects.get(applied_at=None)
    # Nothing is chosen again.
    assert response.url == page_of("plan", upload)
    page = client.get(response.url)
    # It is not the whole list: all the others would be missing in it.
    assert page.context["planned"].missing == []
    ticks = {"cancels_missing": "on", "accepts_removals": "on"}
    client.post(response.url, {"digest": digest_of(page), **ticks})
    assert (states()["A"], states()["GONE"]) == ("valid", "valid")
    assert Ticket.objects.get(code="B").holder_email == "b@example.com"
    assert (states()["D"], states()["E"]) == ("canceled", "valid")


def test_the_corrected_file_is_known_before_the_first_was_applied(client):
    send(client, "Nr,Mail an\n1,a@example.com\n2,nobody\n")
    client.post(page_of("columns"), {"code": "Nr", "email": "Mail an"})
    response, rows = set_aside(client)
    assert len(rows) == 2
    response = send(client, response.content.replace(b"nobody", b"b@example.com"))
    assert response.url == page_of("plan")
    assert client.get(response.url).context["planned"].read.problems == []


@pytest.mark.slow
def test_a_row_that_is_set_aside_does_not_cancel_its_ticket(client, conference):
    for code in ("A", "B", "GONE"):
        make_ticket(conference, code=code)
    page = client.get(send(client, "code,email\nA,a@example.com\nB,nobody\n").url)
    client.post(page_of("columns"), proposed(page))
    apply(client, cancels_missing="on", accepts_removals="on")
    assert states() == {"A": "valid", "B": "valid", "GONE": "canceled"}


@pytest.mark.slow
def test_what_is_missing_stays_while_nobody_knows_what_a_bad_row_is_about(client, conference):
    make_ticket(conference, code="GONE")
    page = client.get(send(client, "code,email\nA,\n,b@example.com\n").url)
    page = client.post(page_of("columns"), proposed(page), follow=True)
    assert "1 ticket is not in the file. It stays as it is" in page.text
    assert "cancels_missing" not in page.text
    apply(client, cancels_missing="on", accepts_removals="on")
    assert states() == {"GONE": "valid"}
    apply(client)
    assert states() == {"GONE": "valid", "A": "valid"}


@pytest.mark.slow
def test_rows_that_were_set_aside_are_there_until_housekeeping_comes(client, conference):
    page = client.get(send(client, BAD).url)
    client.post(page_of("columns"), proposed(page))
    upload = Upload.objects.get()
    long_ago = timezone.now() - Upload.WAITS_FOR
    apply_upload(upload, digest=plan_upload(upload).digest, at=long_ago)
    upload.refresh_from_db()
    assert upload.set_aside
    call_command("housekeeping")
    assert client.get(page_of("set_aside", upload)).status_code == 404


@pytest.mark.slow
def test_only_who_may_upload_gets_the_rows(client, conference, attendee):
    page = client.get(send(client, BAD).url)
    client.post(page_of("columns"), proposed(page))
    file = page_of("set_aside")
    for person in (attendee, make_role(conference, "helpdesk")):
        assert client_of(person).get(file).status_code == 403
    assert client_of(None).get(file).status_code == 401
    Upload.objects.update(conference=make_conference())
    assert client.get(file).status_code == 404


@pytest.mark.slow
def test_the_sheet_and_the_row_of_names_can_be_chosen(client):
    sheets = {
        "Notizen": sheet(["Siehe zweites Blatt"]),
        "Tickets": sheet(["Stand: Montag"], ["Code", "E-Mail"], ["A", "a@example.com"]),
    }
    page = client.get(send(client, xlsx_of_sheets(sheets), name="tickets.xlsx").url)
    assert "This is the sheet “Tickets”. The file also has: Notizen." in page.text
    assert "The names of the columns are in row 2; 1 row above is not read." in page.text
    assert '<option value="2" selected>Row 2: Code, E-Mail</option>' in page.text
    page = client.post(
        page_of("columns"), {"place": "x", "sheet": "Tickets", "names_at": "1"}, follow=True
    )
    assert page.context["header"] == ["Stand: Montag", "(B)"]
    page = client.post(
        page_of("columns"), {"place": "x", "sheet": "Notizen", "names_at": "1"}, follow=True
    )
    assert page.context["header"] == ["Siehe zweites Blatt"]
    page = client.post(
        page_of("columns"), {"place": "x", "sheet": "Tickets", "names_at": "1"}, follow=True
    )
    assert page.context["header"] == ["Code", "E-Mail"]
    for forged in ({"names_at": "x"}, {"sheet": "nope", "names_at": "1"}, {}):
        page = client.post(page_of("columns"), {"place": "x", **forged}, follow=True)
        assert page.context["header"] == ["Code", "E-Mail"]


def test_columns_of_another_sheet_are_chosen_anew(client):
    """Somebody has changed the sheet in one tab, and the columns in another."""
    send(client, "code,email\nA,a@example.com\n")
    upload = Upload.objects.get()
    upload.mapping = {"columns": {"code": ["Nr"]}}
    upload.save()
    assert client.get(page_of("plan")).url == page_of("columns")
    assert client.post(page_of("plan"), {"digest": "x"}).url == page_of("plan")
    assert client.get(page_of("set_aside")).status_code == 404
    assert proposed(client.get(page_of("columns")))["code"] == "code"


@pytest.mark.slow
def test_an_empty_sheet_is_not_chosen(client):
    sheets = {"Tickets": sheet(["Code"], ["A"]), "Empty": sheet()}
    send(client, xlsx_of_sheets(sheets), name="tickets.xlsx")
    posted = {"place": "x", "sheet": "Empty", "names_at": "1"}
    page = client.post(page_of("columns"), posted, follow=True)
    assert "The file is empty." in page.text
    assert page.context["header"] == ["Code"]


@pytest.mark.slow
def test_guessed_letters_are_shown_by_a_word(client):
    page = client.get(send(client, "code;name\nA;Jürgen\n".encode("cp1252")).url)
    warning = "It was read as Windows-1252, so one word of it is “Jürgen”."
    assert warning in page.text
    page = client.post(page_of("columns"), proposed(page), follow=True)
    assert warning in page.text
