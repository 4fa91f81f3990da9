"""Tickets from a CSV file: whatever shop and spreadsheet made it, all of it or nothing."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from conftest import client_of, make_conference, make_ticket, make_user, utc
from tickets.models import Claim, Product, Shop, Ticket

PRETIX = """\
Event slug,Order code,Position ID,Status,Email,Order date,Product,Variation,Attendee name,\
Attendee email,Ticket secret,Blocked,Valid from,Valid until,T-shirt
conf26,ABC3Z,1,paid,buyer@example.com,2026-01-02,Conference,Business,Ana Ñandú,Ana@Example.com,\
sekrit1,,,,XL
conf26,ABC3Z,2,paid,buyer@example.com,2026-01-02,Conference,,Bo,,sekrit2,,,,"M, or L"
conf26,DEF7A,1,pending,c@example.com,2026-01-03,Conference,,Cy,cy@example.com,sekrit3,,,,
conf26,GHJ9B,1,canceled (paid fee),d@example.com,2026-01-03,Conference,,Di,di@example.com,s4,,,,
conf26,KLM9B,1,paid,e@example.com,2026-01-03,Day,,Ed,ed@example.com,s5,,2026-11-21,2026-11-21,
conf26,NPQ9B,1,paid,f@example.com,2026-01-03,Day,,Flo,flo@example.com,s6,Yes,2026-11-21 09:00:00,,
"""


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("import_tickets", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def summary(*arguments):
    return json.loads(run(*arguments, "--json"))


def refused(file: str, *arguments: str) -> str:
    """What is said about a file of which nothing may be imported."""
    before = list(Ticket.objects.order_by("pk").values())
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("import_tickets", file, *arguments, stdout=out, stderr=out)
    assert list(Ticket.objects.order_by("pk").values()) == before
    return f"{out.getvalue()}\n{error.value}"


def test_an_export_of_pretix(conference, file):
    output = run(file(PRETIX), "--conference", conference.slug)
    assert "6 new, 0 changed, 0 unchanged" in output
    assert "“Conference – Business” waits for somebody to say what it opens" in output
    tickets = {ticket.code: ticket for ticket in Ticket.objects.select_related("product")}
    ana = tickets["ABC3Z-1"]
    assert (ana.order_code, ana.holder_name, ana.state) == ("ABC3Z", "Ana Ñandú", "valid")
    assert (ana.holder_email, ana.buyer_email) == ("ana@example.com", "buyer@example.com")
    assert ana.product.name == "Conference – Business"
    assert (ana.product.scopes, ana.product.is_waiting) == ([], True)
    assert tickets["ABC3Z-2"].holder_email == ""
    assert tickets["ABC3Z-2"].product.name == "Conference"
    assert tickets["DEF7A-1"].state == "pending"
    assert tickets["GHJ9B-1"].state == "canceled"
    assert tickets["KLM9B-1"].valid_from == utc("2026-11-21 03:00")
    assert tickets["KLM9B-1"].valid_until == utc("2026-11-22 03:00")
    assert tickets["NPQ9B-1"].state == "blocked"
    assert tickets["NPQ9B-1"].valid_from == utc("2026-11-21 08:00")
    assert "sekrit1" not in str(Ticket.objects.values())


@pytest.mark.parametrize(
    "text",
    [
        "Code,E-mail,Name\nA1,ada@example.com,Ada Ö\n",
        "\ufeffCode;E-Mail;Name\r\nA1;ADA@example.com;Ada Ö\r\n",
        "code\temail\tname\nA1\t ada@example.com\u00a0\tAda \u00a0Ö\n\n\t\t\n",
        'Name,E-mail,"Code"\n"Ada\nÖ","ada@example.com","A1"\n',
        "sep=|\r\nName|E-mail|Code\r\nAda Ö|ada@example.com|A1\r\n",
        "Code\tE-mail\tName\nA1\tada@example.com\tAda Ö\n".encode("utf-16"),
        "Code\tE-mail\tName\nA1\tada@example.com\tAda Ö\n".encode("utf-16-le"),
    ],
)
def test_however_it_was_saved(conference, file, text):
    run(file(text))
    ticket = Ticket.objects.get()
    assert (ticket.code, ticket.holder_email) == ("A1", "ada@example.com")
    assert ticket.holder_name == "Ada Ö"
    assert (ticket.state, ticket.product.name) == ("valid", "Ticket")


def test_columns_can_be_named(conference, file):
    text = "Nr;Teil;Art;Zahlung;Vorname;Nachname;Adresse;Käufer\n7;1;Tag;paid;Ada;Lovelace;a@b.cd;x@y.zz\n"
    run(
        file(text), "--code", "nr", "--code", "Teil", "--order", "Nr", "--product", "Art",
        "--state", "Zahlung", "--name", "Vorname", "--name", "Nachname", "--email", "Adresse",
        "--buyer-email", "Käufer",
    )  # fmt: skip
    ticket = Ticket.objects.get()
    assert (ticket.code, ticket.order_code) == ("7-1", "7")
    assert (ticket.product.name, ticket.holder_name) == ("Tag", "Ada Lovelace")
    assert (ticket.holder_email, ticket.buyer_email) == ("a@b.cd", "x@y.zz")


def test_words_for_states_can_be_named(conference, file):
    text = "code,status\nA,Bezahlt\nB,storniert\nC,paid\n"
    assert "What does the state “Bezahlt” mean?" in refused(file(text))
    run(file(text), "--word", "bezahlt=valid", "--word", "Storniert=canceled")
    states = dict(Ticket.objects.values_list("code", "state"))
    assert states == {"A": "valid", "B": "canceled", "C": "valid"}
    assert "write WORD=STATE" in refused(file(text), "--word", "Bezahlt=good")


def test_an_old_encoding_can_be_named(conference, file):
    run(file("code;name\nA;Žofie Dvořáková\n".encode("cp1250")), "--encoding", "cp1250")
    assert Ticket.objects.get().holder_name == "Žofie Dvořáková"


def test_a_second_import_changes_nothing(conference, file):
    run(file(PRETIX))
    before = list(Ticket.objects.values())
    assert summary(file(PRETIX)) == {
        "dry_run": False,
        "new": 0,
        "changed": 0,
        "unchanged": 6,
        "absent": 0,
        "canceled": 0,
        "pending": 0,
        "blocked": 0,
        "unknown": 0,
        "passed_on": 0,
        "claimed": 0,
        "became_canceled": 0,
        "new_products": [],
        "opened_products": [],
        "waiting": [
            {"product": "Conference", "people": 1},
            {"product": "Conference – Business", "people": 1},
            {"product": "Day", "people": 1},
        ],
        "foreign": [],
        "problems": [],
    }
    assert list(Ticket.objects.values()) == before


def test_changes_are_counted_and_what_is_missing_stays(conference, file):
    run(file("code,email,status\nA,a@example.com,paid\nB,b@example.com,paid\nC,,paid\n"))
    ids = dict(Ticket.objects.values_list("code", "pk"))
    changes = "code,email,status\nA,a@example.com,refunded\nB,b@example.com,paid\nD,,paid\n"
    counts = summary(file(changes))
    assert [counts[key] for key in ("new", "changed", "unchanged", "absent")] == [1, 1, 1, 1]
    assert Ticket.objects.get(code="A").state == "canceled"
    assert Ticket.objects.get(code="C").state == "valid"
    assert dict(Ticket.objects.exclude(code="D").values_list("code", "pk")) == ids
    assert "1 tickets are not in the file" in run(file(changes))


@pytest.mark.slow
def test_what_is_missing_is_canceled_when_asked(
    conference, stranger, file, django_capture_on_commit_callbacks
):
    rows = "".join(f"A{number},a{number}@example.com,paid\n" for number in range(9))
    run(file(f"code,email,status\n{rows}Z,stranger@example.com,paid\n"))
    client = client_of(stranger)
    assert client.get("/lobby/").status_code == 200
    without = file(f"code,email,status\n{rows}")
    with django_capture_on_commit_callbacks(execute=True):
        output = run(without, "--cancel-missing")
    assert "1 tickets are not in the file; they are canceled" in output
    assert "stay" not in output
    assert client.get("/lobby/").status_code == 403
    ticket = Ticket.objects.get(code="Z")
    assert (ticket.state, ticket.shop_says) == ("canceled", "gone")
    assert summary(without, "--cancel-missing")["canceled"] == 0


def test_but_not_too_many_without_being_told(conference, file):
    run(file("code\nA\nB\nC\nD\n"))
    assert "--accept-removals" in refused(file("code\n"), "--cancel-missing")
    without = file("code\nA\nB\nC\nNEW\n")
    assert "1 of 4 valid tickets would be canceled" in refused(without, "--cancel-missing")
    assert summary(without, "--cancel-missing", "--accept-removals")["canceled"] == 1
    assert Ticket.objects.get(code="D").state == "canceled"


def test_tickets_of_shops_are_left_alone(conference, file):
    shop = Shop.objects.create(conference=conference, slug="px", kind="pretix")
    make_ticket(conference, code="A", shop=shop)
    make_ticket(conference, code="B", shop=shop)
    text = file("code,status\nA,refunded\nC,paid\n")
    output = run(text, "--cancel-missing")
    assert "The ticket A belongs to a ticket shop" in output
    assert set(Ticket.objects.values_list("state", flat=True)) == {"valid"}
    Shop.objects.update(is_active=False)
    run(text)
    assert Ticket.objects.get(code="A").state == "canceled"
    assert Ticket.objects.get(code="A").shop is None


def test_columns_that_are_not_there_change_nothing(conference, file):
    run(file("code,email,name,product\nA,a@example.com,Ada,Gold\n"))
    counts = summary(file("code,product\nA,Gold\n"))
    assert counts["unchanged"] == 1
    assert Ticket.objects.get().holder_name == "Ada"


def test_a_dry_run_writes_nothing(conference, file):
    person = make_user("ada@example.com")
    text = "code,email,product\nA,ada@example.com,Gold\n"
    counts = summary(file(text), "--dry-run")
    assert (counts["new"], counts["claimed"], counts["dry_run"]) == (1, 1, True)
    assert counts["new_products"] == ["Gold"]
    assert not Ticket.objects.exists()
    assert not Product.objects.exists()
    assert not Claim.objects.filter(user=person).exists()
    assert "Dry run: nothing was written" in run(file(text), "--dry-run")


def test_a_product_keeps_what_it_opens(conference, file):
    product = Product.objects.create(conference=conference, name="Day", scopes=["day:2026-11-21"])
    output = run(file("code,product\nA,Day\n"))
    assert "New product" not in output
    assert Ticket.objects.get().product == product


def test_people_who_signed_in_before_get_their_ticket(
    conference, stranger, file, django_capture_on_commit_callbacks
):
    client = client_of(stranger)
    assert client.get("/lobby/").status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        output = run(file("code,email\nA,Stranger@Example.com\nB,nobody@example.com\n"))
    assert "1 belong to people who have signed in before" in output
    assert client.get("/lobby/").status_code == 200


@pytest.mark.slow
def test_a_refund_is_noticed_at_once(
    conference, stranger, file, django_capture_on_commit_callbacks
):
    run(file("code,email,status\nA,stranger@example.com,paid\n"))
    client = client_of(stranger)
    assert client.get("/lobby/").status_code == 200
    with django_capture_on_commit_callbacks(execute=True):
        run(file("code,email,status\nA,stranger@example.com,refunded\n"))
    response = client.get("/lobby/")
    assert response.status_code == 403
    assert 'data-reason="ticket_canceled"' in response.text


@pytest.mark.slow
def test_a_ticket_that_is_passed_on_changes_hands(
    conference, attendee, stranger, file, django_capture_on_commit_callbacks
):
    code = Ticket.objects.get().code
    leaving, coming = client_of(attendee), client_of(stranger)
    assert leaving.get("/lobby/").status_code == 200
    assert coming.get("/lobby/").status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        output = run(file(f"code,email\n{code},{stranger.email}\n"))
    assert "1 have a new holder" in output
    assert leaving.get("/lobby/").status_code == 403
    assert coming.get("/lobby/").status_code == 200
    assert Claim.objects.live().count() == 1


@pytest.mark.parametrize("email", ["", "attendee@example.com"])
def test_it_does_not_when_no_other_holder_is_named(conference, attendee, file, email):
    code = Ticket.objects.get().code
    run(file(f"code,email,name\n{code},{email},Somebody\n"))
    assert Claim.objects.live().get().user == attendee


def test_nor_when_the_help_desk_gave_it_to_somebody(conference, stranger, file):
    ticket = make_ticket(conference, user=stranger, holder_email="old@example.com")
    Claim.objects.update(way=Claim.Way.HELPDESK)
    run(file(f"code,email\n{ticket.code},new@example.com\n"))
    assert Claim.objects.live().get().user == stranger


def test_other_conferences_are_left_alone(conference, file):
    other = make_conference()
    theirs = make_ticket(other, code="A")
    run(file("code,product\nA,Ticket\n"), "--conference", conference.slug)
    assert Ticket.objects.filter(code="A").count() == 2
    theirs.refresh_from_db()
    assert theirs.conference == other


HEADER = "code,email,status,valid from\n"


@pytest.mark.parametrize(
    ("rows", "complaint"),
    [
        ("A,a@example.com,gone,\n", "Line 2: What does the state “gone” mean?"),
        ("A,a@example.com,,\n", "Line 2: What does the state “” mean?"),
        ("A,ada at example,paid,\n", "Line 2: Holder's e-mail “ada at example”: Enter a valid"),
        (",a@example.com,paid,\n", "Line 2: Code “”: This field cannot be blank"),
        ("A,,paid,\n\nB,,paid,\nA,,paid,\n", "Line 5: The code A is already on line 2"),
        ("A,,paid\n", "Line 2: 3 cells, but the header has 4"),
        ("A,,paid,,x\n", "Line 2: 5 cells, but the header has 4"),
        ("A,,paid,soon\n", "Line 2: “soon” is not a time"),
        ('"A\n1",,paid,\nB,,nope,\n', "Line 4: What does the state “nope” mean?"),
        ('A,,paid,"2026\n', "Line 2: The quotes do not match"),
        (f"{'A' * 101},,paid,\n", "Line 2: Code"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_imported(conference, file, rows, complaint):
    assert complaint in refused(file(HEADER + rows))
    assert complaint in refused(file(HEADER + rows + "Z,z@example.com,paid,\n"))


def test_all_bad_rows_are_named(conference, file):
    rows = "".join(f"A{number},,nope,\n" for number in range(30))
    output = refused(file(HEADER + "GOOD,,paid,\n" + rows))
    assert "Line 3: " in output
    assert "Line 22: " in output
    assert "Line 23: " not in output
    assert "… and 10 more" in output
    assert "Bad rows: 30" in output
    with pytest.raises(CommandError):
        out = StringIO()
        call_command("import_tickets", file(HEADER + rows), "--json", stdout=out)
    assert [problem["line"] for problem in json.loads(out.getvalue())["problems"]] == list(
        range(2, 32)
    )


@pytest.mark.parametrize(
    ("content", "arguments", "complaint"),
    [
        (b"", (), "The file is empty"),
        ("name,email\nAda,a@example.com\n", (), "Which column has the ticket's code?"),
        ("code\nA\n", ("--email", "Adresse"), "There is no column “Adresse”. There are: code."),
        (b"code,name\nA,\x81\n", (), "Line 2: This is not UTF-8"),
        ("code,name\nA,\xe4\n".encode("latin-1"), ("--encoding", "cp932"), "This is not Shift JIS"),
        (b"BAR\x1a\x00\x01\x00\x00", (), "This is neither a text nor a"),
        ("code,blocked\nA,maybe\n", (), "“maybe” is neither yes nor no"),
        ("code,product\nA,\n", (), "Line 2: No product"),
        (f"code,product\nA,{'x' * 201}\n", (), "Line 2: Name"),
    ],
)
def test_a_bad_file_says_what_is_wrong(conference, file, content, arguments, complaint):
    assert complaint in refused(file(content), *arguments)


def test_a_file_that_is_not_there(conference):
    assert "No such file" in refused("/no/such/file.csv")


def test_an_empty_list_is_fine(conference, file):
    assert summary(file("code\n"))["new"] == 0


def test_which_conference(conference, file):
    make_conference(slug="other")
    assert "Say which conference" in refused(file("code\nA\n"))
    assert "There is no such conference" in refused(file("code\nA\n"), "--conference", "nope")


@pytest.mark.slow
def test_the_number_of_queries_does_not_grow(conference, file):
    def rows(numbers, status="paid"):
        return "code,email,status,product\n" + "".join(
            f"T{number},p{number}@example.com,{status},Product {number % 3}\n" for number in numbers
        )

    def queries_of(text):
        with CaptureQueriesContext(connection) as queries:
            run(file(text))
        return len(queries)

    for number in range(40):
        make_user(f"p{number}@example.com")
    for number in range(3):
        Product.objects.create(conference=conference, name=f"Product {number}")
    few, many = queries_of(rows(range(3))), queries_of(rows(range(3, 40)))
    assert Claim.objects.count() == 40
    assert many <= few
    few = queries_of(rows(range(3), "refunded"))
    assert queries_of(rows(range(3, 40), "refunded")) == few
