"""The pages on which people without a shell bring in a spreadsheet of tickets."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from conftest import client_of, make_conference, make_role, make_ticket, make_user
from tickets.models import Role, Ticket, Upload
from tickets.sources.tests.workbooks import sheet, xlsx, xlsx_of_sheets

pytestmark = pytest.mark.ignore_template_errors
UPLOADS = reverse("admin:tickets_upload_changelist")
ADD = reverse("admin:tickets_upload_add")
COLUMNS = {"code": "code", "email": "email", "state": "status"}


@pytest.fixture
def helper(conference):
    """Someone with the role of an organizer in this conference, and nothing else."""
    helper = make_user("helper@example.com")
    Role.objects.create(user=helper, conference=conference, kind="organizer")
    return helper


@pytest.fixture
def client(helper):
    return client_of(helper)


def send(client, content, *, name="tickets.csv", **fields):
    data = content.encode() if isinstance(content, str) else content
    return client.post(ADD, {"file": SimpleUploadedFile(name, data), **fields})


def page_of(step, upload=None):
    return reverse(f"admin:tickets_upload_{step}", args=[(upload or Upload.objects.get()).pk])


def digest_of(page):
    return re.search(r'name="digest" value="(\w+)"', page.text).group(1)


def planned(client, content, **columns):
    """The plan's page."""
    send(client, content)
    return client.post(page_of("columns"), columns or COLUMNS, follow=True)


@pytest.mark.slow
def test_from_the_file_to_the_tickets_and_back(client, conference, helper):
    make_ticket(conference, code="LEFT", holder_name="Lea")
    for number in range(9):
        make_ticket(conference, code=f"T{number}")
    assert ADD in client.get(reverse("admin:tickets_ticket_changelist")).text
    rows = [[f"T{number}", "", "paid", "Ticket for ['conference']"] for number in range(9)]
    file = xlsx(
        ["Ticket code", "E-mail", "Status", "Product"],
        *rows,
        [7001, "ada@example.com", "paid", "Gold <3"],
    )
    response = send(client, file, name="tickets.xlsx")
    upload = Upload.objects.get()
    assert (response.url, upload.uploaded_by) == (page_of("columns"), helper)

    page = client.get(response.url)
    assert "10 rows" in page.text
    assert '<option value="Ticket code" selected>Ticket code (T0)</option>' in page.text
    columns = page.context["form"].initial | {
        "code": "Ticket code", "email": "E-mail", "state": "Status", "product": "Product",
    }  # fmt: skip
    response = client.post(response.url, columns)
    assert response.url == page_of("plan")

    page = client.get(response.url)
    assert "7001" in page.text
    assert "Gold &lt;3" in page.text
    assert "Cancel the 1 ticket that is not in the file" in page.text
    assert "LEFT" in page.text
    assert not Ticket.objects.filter(code="7001").exists()

    response = client.post(response.url, {"digest": digest_of(page), "cancels_missing": "on"})
    page = client.get(response.url)
    assert "Applied: 1 new, 1 changed" in page.text
    assert "Undo this upload" in page.text
    assert Ticket.objects.get(code="7001").holder_email == "ada@example.com"
    assert Ticket.objects.get(code="LEFT").state == "canceled"
    assert "applied: 1 new, 1 changed" in client.get(UPLOADS).text

    page = client.post(response.url, follow=True)
    assert "2 tickets are back." in page.text
    assert "Undo this upload" not in page.text
    assert Ticket.objects.get(code="7001").state == "canceled"
    assert Ticket.objects.get(code="LEFT").state == "valid"


@pytest.mark.slow
def test_words_that_we_do_not_know_are_asked_for(client, conference):
    send(client, "code,Zahlung,email\nA,bezahlt,a@example.com\nB,,b@example.com\n")
    columns = {"code": "code", "email": "email"}
    page = client.post(page_of("columns"), {**columns, "state": "Zahlung"})
    assert page.text.count("Say what this word means.") == 2
    assert "(empty)" in page.text
    words = {"word:bezahlt": "valid", "word:": "pending"}
    page = client.post(page_of("columns"), {**columns, "state": "Zahlung", **words}, follow=True)
    client.post(page_of("plan"), {"digest": digest_of(page)})
    assert dict(Ticket.objects.values_list("code", "state")) == {"A": "valid", "B": "pending"}


@pytest.mark.parametrize(
    ("columns", "complaint"),
    [
        ({"name": "status"}, "Which column tells the tickets apart"),
        ({"code": "nope"}, "Select a valid choice"),
        ({"code": "code", "name-and": "code"}, "Choose the first of the two columns"),
        ({"code": "code", "state": "code"}, "This column has 30 different words"),
    ],
)
def test_columns_that_cannot_be(client, conference, columns, complaint):
    rows = "".join(f"A{number},a@example.com,paid\n" for number in range(30))
    send(client, "code,email,status\n" + rows)
    assert complaint in client.post(page_of("columns"), columns).text
    assert Upload.objects.get().mapping == {}


def test_all_problems_of_a_bad_file_are_told(client, conference):
    rows = "A,a@example.com,paid\nB,not an address,paid\nA,,paid\nC,,paid,7\n"
    page = planned(client, "code,email,status\n" + rows)
    assert "4 rows are set aside" in page.text
    for problem in (
        "Line 2: The code A is also on line 4, which says something else.",
        "Line 3: Holder",
        "Line 4: The code A is already on line 2",
        "Line 5: 4 cells",
    ):
        assert problem in page.text
    assert not Ticket.objects.exists()


@pytest.mark.parametrize(
    ("content", "fields", "complaint"),
    [
        ("code\nЖанна\n".encode("cp1251"), {}, "This is not UTF-8. Save the file as"),
        (b"", {}, "The submitted file is empty"),
        (b"\n\n", {}, "The file is empty."),
        (b"PK\x03\x04", {}, "This workbook cannot be read"),
        (xlsx(["code"]), {"sheet": "x"}, "There is no such sheet. There are: Tickets."),
        (b"code\nA\n", {"encoding": "rot13"}, "Select a valid choice"),
    ],
)
def test_what_cannot_be_read_is_not_kept(client, conference, content, fields, complaint):
    assert complaint in send(client, content, **fields).text
    assert not Upload.objects.exists()


@pytest.mark.slow
def test_the_encoding_and_the_sheet_can_be_chosen(client, conference):
    send(client, "code,name\nA,Žofie\n".encode("cp1250"), encoding="cp1250")
    assert "Žofie" in client.get(page_of("columns")).text
    sheets = {"First": sheet(["x"]), "Tickets": sheet(["code"], ["A"])}
    page = client.get(send(client, xlsx_of_sheets(sheets), sheet="Tickets").url)
    assert "This is the sheet “Tickets”. The file also has: First." in page.text


@pytest.mark.slow
def test_too_many_cancellations_take_a_second_tick(client, conference):
    make_ticket(conference, code="A")
    make_ticket(conference, code="B")
    page = planned(client, "code,email,status\nA,,paid\n")
    ticks = {"digest": digest_of(page), "cancels_missing": "on"}
    assert "More than a fifth of the valid tickets may end" in page.text
    page = client.post(page_of("plan"), ticks, follow=True)
    assert "Nothing was applied. 1 of 2 valid tickets would be canceled" in page.text
    assert Ticket.objects.get(code="B").state == "valid"
    client.post(page_of("plan"), {**ticks, "accepts_removals": "on"})
    assert Ticket.objects.get(code="B").state == "canceled"


@pytest.mark.slow
def test_a_plan_that_is_no_longer_true_is_shown_anew(client, conference):
    page = planned(client, "code,email,status\nA,a@example.com,paid\n")
    make_ticket(conference, code="A")
    page = client.post(page_of("plan"), {"digest": digest_of(page)}, follow=True)
    assert "The tickets have changed since this page was made." in page.text
    assert "Changed (1)" in page.text
    client.post(page_of("plan"), {"digest": digest_of(page)})
    assert Ticket.objects.get().shop_email == "a@example.com"


@pytest.mark.slow
def test_undo_says_what_it_leaves(client, conference):
    page = planned(client, "code,email,status\nA,,paid\nB,,paid\n")
    client.post(page_of("plan"), {"digest": digest_of(page)})
    Ticket.objects.filter(code="A").update(state="canceled")
    page = client.post(page_of("change"), follow=True)
    assert "1 ticket is back." in page.text
    assert "These have changed since and stay as they are: A" in page.text


@pytest.mark.slow
@pytest.mark.parametrize("step", ["columns", "plan"])
def test_a_file_can_be_discarded(client, conference, step):
    planned(client, "code,email,status\nA,,paid\n")
    page = client.post(page_of(step), {"discard": "x"}, follow=True)
    assert "Discarded. No ticket was changed." in page.text
    assert not Upload.objects.exists()


def test_the_list_leads_to_where_an_upload_waits(client, conference):
    send(client, "code,email,status\nA,,paid\n")
    assert "waits to be applied" in client.get(UPLOADS).text
    assert client.get(page_of("change")).url == page_of("columns")
    client.post(page_of("columns"), COLUMNS)
    assert client.get(page_of("change")).url == page_of("plan")


@pytest.mark.slow
def test_only_for_who_may_write_tickets(client, conference, helper, attendee):
    send(client, "code,email,status\nA,,paid\n")
    upload = Upload.objects.get()
    pages = [ADD, page_of("columns"), page_of("plan"), page_of("change")]
    volunteer = make_role(conference, "helpdesk")
    for page in pages[:3]:
        assert client_of(volunteer).get(page).status_code == 403
        assert client_of(volunteer).post(page, COLUMNS).status_code == 403
        assert "login" in client_of(None).get(page).url
        assert client_of(attendee).get(page).status_code == 403
    Upload.objects.update(conference=make_conference())
    theirs = [*pages[1:3], page_of("change", upload)]
    assert [client.get(page).status_code for page in theirs] == [404, 404, 404]


def test_no_page_is_posted_from_elsewhere(helper, conference):
    client = client_of(helper)
    client.handler.enforce_csrf_checks = True
    assert send(client, "code\nA\n").status_code == 403
    assert not Upload.objects.exists()


@pytest.mark.slow
def test_a_longer_file_costs_the_same_queries_and_shows_as_much(client, conference):
    def visit(count):
        rows = "".join(f"T{number},,paid\n" for number in range(count))
        send(client, "code,email,status\n" + rows)
        with CaptureQueriesContext(connection) as queries:
            client.post(page_of("columns"), COLUMNS)
            page = client.get(page_of("plan"))
        return len(queries), page

    visit(1)
    few, _page = visit(1)
    many, page = visit(150)
    assert many == few
    (group,) = page.context["groups"]
    assert (len(group.lines), group.count) == (100, 150)
    assert "… and 50 more" in page.text
