"""What an uploaded spreadsheet does to the tickets, and how that is taken back."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from conftest import client_of, make_conference, make_ticket, make_user
from lib.plans import PlanChanged
from tickets.models import Claim, Product, Shop, Ticket, Upload
from tickets.sources.importing import TicketRemovalsRefused
from tickets.sources.spreadsheets.files import read_book, read_table
from tickets.sources.uploads.applying import NotUndone, apply_upload, undo_upload
from tickets.sources.uploads.mapping import ColumnMapping, MappingForm
from tickets.sources.uploads.plan import groups_of, plan_upload


def upload_of(conference, text, *, by=None, at=None, **words):
    book = read_book(text.encode()).at()
    upload = Upload.objects.keep(
        conference, "tickets.csv", book.pack(), by=by, at=at or timezone.now()
    )
    guess = ColumnMapping.guessed(book.table, conference)
    upload.mapping = ColumnMapping(guess.columns, guess.words | words).pack()
    upload.save()
    return upload


def apply(upload, *, digest=None, **options):
    options = {"at": timezone.now(), **options}
    written = apply_upload(upload, digest=digest or plan_upload(upload).digest, **options)
    upload.refresh_from_db()
    return written


def undo(upload, at=None):
    undone = undo_upload(upload, at=at or timezone.now())
    upload.refresh_from_db()
    return undone


def shown(upload):
    """{kind: {code: what is told of it}}"""
    return {
        group.kind: {
            line.code: [f"{label}: {old} → {new}" for label, old, new in line.fields]
            for line in group.lines
        }
        for group in groups_of(plan_upload(upload))
    }


def states():
    return dict(Ticket.objects.values_list("code", "state"))


def test_a_plan_says_what_would_change(conference):
    gold = Product.objects.create(conference=conference, name="Gold")
    make_ticket(conference, code="SAME", product=gold)
    make_ticket(conference, code="MOVED", product=gold, holder_email="old@example.com")
    make_ticket(conference, code="PAID", product=gold)
    make_ticket(conference, code="LEFT", product=gold, holder_name="Lea")
    make_ticket(conference, code="GONE-BEFORE", product=gold, state="canceled")
    upload = upload_of(
        conference,
        "code,product,status,email,valid until\nSAME,Gold,paid,,\nNEW,Silver,paid,n@example.com,\n"
        "MOVED,Gold,paid,new@example.com,2026-11-21 09:00\nPAID,Gold,refunded,,\n",
    )
    before = list(Ticket.objects.order_by("pk").values())
    assert shown(upload) == {
        "ends": {"PAID": ["State: valid → canceled"]},
        "changed": {
            "MOVED": [
                "Holder's e-mail: old@example.com → new@example.com",
                "Valid until:  → 2026-11-21 09:00",
            ]
        },
        "new": {"NEW": ["State:  → valid", "Product:  → Silver"]},
        "missing": {"LEFT": ["State:  → valid", "Product:  → Gold"]},
    }
    planned = plan_upload(upload)
    assert len(planned.plan.unchanged) == 1
    assert [each.packed for each in planned.waiting] == [{"product": "Silver", "people": 1}]
    assert list(Ticket.objects.order_by("pk").values()) == before
    assert not Product.objects.filter(name="Silver").exists()


def test_applying_writes_it_and_forgets_the_rows(conference):
    make_ticket(conference, code="A")
    make_ticket(conference, code="B")
    upload = upload_of(conference, "code,status\nA,paid\nC,paid\n")
    apply(upload)
    assert states() == {"A": "valid", "B": "valid", "C": "valid"}
    assert upload.rows == []
    assert upload.applied_at is not None
    # A and C are of the product that the file does not name.
    assert (upload.counts["new"], upload.counts["changed"]) == (1, 1)
    with pytest.raises(PlanChanged):
        apply_upload(upload, digest="", at=timezone.now())


def test_what_is_missing_is_canceled_only_when_ticked(conference):
    for number in range(10):
        make_ticket(conference, code=f"T{number}")
    text = "code,product\n" + "".join(
        f"T{number},Ticket for ['conference']\n" for number in range(9)
    )
    apply(upload_of(conference, text))
    assert states()["T9"] == "valid"
    written = apply(upload_of(conference, text), cancels_missing=True)
    assert written.canceled == 1
    assert Ticket.objects.get(state="canceled").code == "T9"
    assert Ticket.objects.get(code="T9").shop_says == "gone"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("text", "options"),
    [
        ("code\nT0\nT1\nT2\nT3\nT4\nT5\nT6\n", {"cancels_missing": True}),
        ("code,status\nT0,void\nT1,void\nT2,void\n", {}),
        ("code,status\nT0,void\n", {"cancels_missing": True}),
    ],
)
def test_more_than_a_fifth_takes_a_second_tick(conference, text, options):
    for number in range(10):
        make_ticket(conference, code=f"T{number}")
    upload = upload_of(conference, text)
    assert plan_upload(upload).may_end_too_many
    with pytest.raises(TicketRemovalsRefused, match="of 10 valid tickets would be canceled"):
        apply(upload, **options)
    assert set(states().values()) == {"valid"}
    upload.refresh_from_db()
    assert upload.applied_at is None
    apply(upload, **options, accepts_removals=True)
    assert list(states().values()).count("canceled") >= 3


def test_a_plan_that_is_no_longer_true_is_not_applied(conference):
    make_ticket(conference, code="A")
    upload = upload_of(conference, "code,status,email\nA,refunded,\nB,paid,b@example.com\n")
    digest = plan_upload(upload).digest
    assert plan_upload(upload).digest == digest
    other = make_ticket(conference, code="OTHER")
    with pytest.raises(PlanChanged):
        apply(upload, digest=digest)
    Ticket.objects.filter(pk=other.pk).update(state="canceled")
    Ticket.objects.filter(code="A").update(state="pending")
    with pytest.raises(PlanChanged):
        apply(upload, digest=digest)
    assert states() == {"A": "pending", "OTHER": "canceled"}
    apply(upload, accepts_removals=True)
    assert states() == {"A": "canceled", "OTHER": "canceled", "B": "valid"}


def test_undo_brings_back_what_was_there(conference):
    product = Product.objects.create(conference=conference, name="Gold", scopes=["replay"])
    make_ticket(
        conference, code="A", product=product, holder_email="a@example.com", holder_name="Ada",
        valid_from=timezone.now(), valid_until=None, shop_email="a@example.com",
        order_code="O-1", passed_on_at=timezone.now(),
    )  # fmt: skip
    make_ticket(conference, code="LEFT", shop_says="paid")
    fields = ("code", "state", "product", "holder_email", "shop_email", "holder_name", "shop_says")
    fields += ("valid_from", "valid_until", "passed_on_at", "order_code")
    before = list(Ticket.objects.order_by("pk").values(*fields))
    upload = upload_of(
        conference,
        "code,product,status,email,name,valid from,valid until,order\n"
        "A,Silver,pending,b@example.com,Bo,,2026-11-21,O-2\nNEW,Gold,paid,c@example.com,Cy,,,\n",
    )
    apply(upload, cancels_missing=True, accepts_removals=True)
    assert states() == {"A": "pending", "LEFT": "canceled", "NEW": "valid"}
    undone = undo(upload)
    assert (undone.count, undone.left) == (3, [])
    new = Ticket.objects.get(code="NEW")
    assert new.state == "canceled"
    assert list(Ticket.objects.exclude(pk=new.pk).order_by("pk").values(*fields)) == before
    assert (upload.before, upload.undone_at is not None) == ([], True)
    with pytest.raises(NotUndone):
        undo(upload)


def test_undo_leaves_what_has_changed_since(conference):
    upload = upload_of(conference, "code,email\nA,a@example.com\nB,b@example.com\n")
    apply(upload)
    Ticket.objects.filter(code="A").update(holder_email="passed@example.com")
    # What the file did not say may have changed.
    Ticket.objects.filter(code="B").update(order_code="O-7")
    undone = undo(upload)
    assert (undone.count, undone.left) == (1, ["A"])
    assert states() == {"A": "valid", "B": "canceled"}


def test_undo_is_refused_when_nothing_is_as_it_was_or_too_late(conference):
    at = timezone.now()
    upload = upload_of(conference, "code,email\nA,a@example.com\n")
    apply(upload, at=at)
    with pytest.raises(NotUndone):
        undo(upload, at=at + timedelta(days=31))
    Ticket.objects.update(holder_email="b@example.com")
    with pytest.raises(NotUndone):
        undo(upload)
    assert upload.undone_at is None
    assert states() == {"A": "valid"}


@pytest.mark.slow
def test_people_lose_and_get_access_with_it(
    conference, attendee, stranger, django_capture_on_commit_callbacks
):
    ticket = Ticket.objects.get()
    leaving, coming = client_of(attendee), client_of(stranger)
    upload = upload_of(
        conference,
        f"code,email,product\n{ticket.code},{stranger.email},{ticket.product.name}\n",
    )
    with django_capture_on_commit_callbacks(execute=True):
        written = apply(upload)
    assert (written.passed_on, written.claimed) == (1, 1)
    assert [leaving.get("/lobby/").status_code, coming.get("/lobby/").status_code] == [403, 200]
    with django_capture_on_commit_callbacks(execute=True):
        undo(upload)
    assert [leaving.get("/lobby/").status_code, coming.get("/lobby/").status_code] == [200, 403]
    assert Claim.objects.live().get().user == attendee


def test_tickets_of_a_shop_are_left_to_it(conference):
    shop = Shop.objects.create(conference=conference, slug="pretix", kind="pretix")
    make_ticket(conference, code="A", shop=shop)
    make_ticket(conference, code="B", shop=shop)
    upload = upload_of(conference, "code,status\nA,void\nC,paid\n")
    plan = shown(upload)
    assert plan["foreign"] == {"A": ["Shop:  → pretix"]}
    assert "missing" not in plan
    apply(upload, cancels_missing=True)
    assert states() == {"A": "valid", "B": "valid", "C": "valid"}


def test_other_conferences_are_left_alone(conference):
    theirs = make_ticket(make_conference(), code="A")
    upload = upload_of(conference, "code\nA\nB\n")
    assert list(shown(upload)) == ["new"]
    apply(upload, cancels_missing=True)
    undo(upload)
    theirs.refresh_from_db()
    assert theirs.state == "valid"


def test_a_bad_row_is_named(conference):
    upload = upload_of(conference, "code,status\nA,paid\nB,gone\n")
    (problem,) = plan_upload(upload).read.problems
    assert str(problem).startswith("Line 3: What does the state “gone” mean")


def test_columns_and_words_are_remembered(conference):
    text = "Nr,Bezahlt?,Adresse,Art\n7,ja doch,a@example.com,Gold\n"
    table = read_table(text.encode())
    assert ColumnMapping.guessed(table, conference).columns == {}
    said = {"code": "Nr", "state": "Bezahlt?", "email": "Adresse", "word:ja doch": "valid"}
    form = MappingForm(said, table=table, guess=ColumnMapping({}))
    assert form.is_valid()
    upload = upload_of(conference, text)
    upload.mapping = form.mapping.pack()
    upload.save()
    apply(upload)
    guess = ColumnMapping.guessed(table, conference)
    assert guess == form.mapping
    form = MappingForm(None, table=table, guess=guess)
    assert form["word:ja doch"].value() == "valid"
    # Another file has other columns; the words are ours still.
    other = ColumnMapping.guessed(read_table(b"Code,Art\nA,Gold\n"), conference)
    assert (other.columns, other.words) == ({"code": ["Code"]}, {"ja doch": "valid"})


def test_what_is_kept_of_uploads_ends(conference, organizer):
    now = timezone.now()
    old, colleague = now - timedelta(days=32), make_user()
    applied = upload_of(conference, "code\nA\n", at=old)
    apply(applied, at=old)
    forgotten = upload_of(conference, "code\nB\n", by=colleague, at=now - timedelta(days=2))
    theirs = upload_of(conference, "code\nB\n", by=colleague, at=now)
    mine = upload_of(conference, "code\nB\n", by=organizer, at=now)
    newest = upload_of(conference, "code\nC\n", by=organizer, at=now)
    left = set(Upload.objects.values_list("pk", flat=True))
    assert left == {applied.pk, theirs.pk, newest.pk}
    assert not {forgotten.pk, mine.pk} & left
    call_command("housekeeping")
    applied.refresh_from_db()
    assert applied.before == []


@pytest.mark.slow
def test_the_number_of_queries_does_not_grow(conference):
    def text(numbers, status="paid"):
        return "code,email,status,product\n" + "".join(
            f"T{number},p{number}@example.com,{status},P{number % 3}\n" for number in numbers
        )

    def queries_of(numbers):
        counts = []
        for status in ("paid", "pending"):
            upload = upload_of(conference, text(numbers, status))
            with CaptureQueriesContext(connection) as queries:
                groups_of(plan_upload(upload))
                apply(upload, cancels_missing=True, accepts_removals=True)
            counts.append(len(queries))
        with CaptureQueriesContext(connection) as queries:
            undo(upload)
        return [*counts, len(queries)]

    for number in range(40):
        make_user(f"p{number}@example.com")
    queries_of(range(3))
    few = queries_of(range(3, 6))
    assert queries_of(range(6, 40)) == few
