"""Grants for many people from one file, by command and in the admin."""

from io import StringIO

import pytest
from django.contrib.admin.models import LogEntry
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import CommandError, call_command
from django.urls import reverse

from conftest import client_of, make_conference, make_role, make_room, utc
from tickets.models import Grant, User

UPLOAD = reverse("admin:tickets_grant_upload")
FILE = """E-mail,Reason,Scopes,Until
Ada@Example.com,crew,,2099-11-22
bo@example.com,press,room:main day:2099-11-21,
cy@example.com,guest,"replay, room:main",2099-11-21 18:00
"""


@pytest.fixture
def conference(db):
    conference = make_conference(starts_on="2099-11-20", ends_on="2099-11-22")
    conference.refresh_from_db()
    make_room(conference, slug="main")
    return conference


@pytest.fixture
def give(tmp_path):
    def run(text):
        path = tmp_path / "people.csv"
        path.write_text(text)
        out = StringIO()
        call_command("grant", "--file", str(path), stdout=out)
        return out.getvalue()

    return run


def upload(client, text):
    file = SimpleUploadedFile("people.csv", text.encode(), "text/csv")
    return client.post(UPLOAD, {"file": file}, follow=True).content.decode()


def test_a_file_lets_people_in(conference, give):
    assert give(FILE) == "3 new, 0 with another end, 0 as before.\n"
    grants = {grant.user.email: grant for grant in Grant.objects.select_related("user")}
    ada, bo, cy = (grants[f"{name}@example.com"] for name in ("ada", "bo", "cy"))
    assert (ada.reason, ada.scopes, ada.ends_at) == (
        "crew",
        ["conference"],
        utc("2099-11-23 03:00"),
    )
    assert (bo.scopes, bo.ends_at) == (["day:2099-11-21", "room:main"], None)
    assert (cy.scopes, cy.ends_at) == (["replay", "room:main"], utc("2099-11-21 17:00"))
    assert not bo.user.has_usable_password()


def test_the_same_file_again_gives_nothing_twice(conference, give):
    give(FILE)
    assert give(FILE + "bo@example.com,press,day:2099-11-21;room:main,\n") == (
        "0 new, 0 with another end, 3 as before.\n"
    )
    longer = FILE.replace("2099-11-22", "").replace("guest", "speaker")
    assert give(longer) == "1 new, 1 with another end, 1 as before.\n"
    assert Grant.objects.get(user__email="ada@example.com").ends_at is None
    assert Grant.objects.count() == 4


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("email,why\na@example.com,x\n", "Line 1: There is no column “reason”. There are: email, why."),
        ("email,reason\nnobody,x\n", "Line 2: Enter a valid email address"),
        ("email,reason\na@example.com,\n", "Line 2: No reason."),
        ("email,reason\na@example.com,%s\n" % ("x" * 201), "Line 2: The reason is longer than 200"),
        ("email,reason,scope\na@example.com,x,room:attic\n", "Line 2: Testconf has no room:attic."),
        ("email,reason,scope\na@example.com,x,day:2098-01-01\n", "has no day:2098-01-01"),
        ("email,reason,scope\na@example.com,x,all\n", "Line 2: “all” is not a scope"),
        ("email,reason,until\na@example.com,x,soon\n", "Line 2: “soon” is not a time"),
        ("email,reason,until\na@example.com,x,2001-01-01\n", "Line 2: It would end before"),
        (
            "email,reason,until\na@example.com,x,2099-11-20\nA@example.com,x,\n",
            "Line 3: The same stands on line 2, with another end.",
        ),
        ("email,reason\na@example.com,crew, main hall\n", "Line 2: 3 cells, but the header has 2. "),
        ("", "The file is empty."),
    ],
)  # fmt: skip
def test_with_one_bad_row_nothing_is_used(conference, give, text, complaint):
    good = "b@example.com,crew" + "," * (text.partition("\n")[0].count(",") - 1)
    with pytest.raises(CommandError) as refused:
        give(text and text + good + "\n")
    assert complaint in str(refused.value)
    assert not Grant.objects.exists()
    assert not User.objects.exists()


def test_every_bad_row_is_named(conference, give):
    with pytest.raises(CommandError) as refused:
        give("email,reason\nx,y\na@example.com,crew\nb@example.com,\n")
    assert [line[:7] for line in str(refused.value).splitlines()] == ["Line 2:", "Line 4:"]


def test_a_file_says_it_all(conference, give):
    for arguments in (["a@example.com", "--file", "x"], ["--file", "x", "--reason", "y"]):
        with pytest.raises(CommandError, match="give --file and nothing else"):
            call_command("grant", *arguments)
    with pytest.raises(CommandError, match="No such file"):
        call_command("grant", "--file", "missing.csv")
    with pytest.raises(CommandError, match="Say who, and why"):
        call_command("grant", "a@example.com")


def test_more_rows_cost_no_more_queries(conference, give, django_assert_max_num_queries):
    def count(rows):
        lines = [f"p{number}@example.com,crew" for number in range(rows)]
        with django_assert_max_num_queries(30) as queries:
            give("email,reason\n" + "\n".join(lines) + "\n")
        return len(queries)

    assert count(2) == count(30)


@pytest.mark.slow
@pytest.mark.ignore_template_errors
def test_the_same_in_the_admin(conference, organizer):
    client = client_of(organizer)
    assert UPLOAD in client.get(reverse("admin:tickets_grant_changelist")).content.decode()
    page = upload(client, FILE + "x,y,,\n")
    assert "Line 5: Enter a valid email address" in page
    assert "Nothing of the file was used." in page
    assert not Grant.objects.exists()
    assert "3 new, 0 with another end" in upload(client, FILE)
    grant = Grant.objects.get(user__email="bo@example.com")
    assert grant.given_by == organizer
    entry = LogEntry.objects.get(object_id=grant.pk, content_type__model="grant")
    assert entry.user == organizer


@pytest.mark.ignore_template_errors
def test_only_who_may_give_grants_uploads(conference):
    user = make_role(conference, "helpdesk")
    client = client_of(user)
    assert client.get(UPLOAD).status_code == 403
    assert "You may not do this" in upload(client, FILE)
    assert client_of(None).get(UPLOAD).url.startswith("/admin/login/")
    upload(client_of(None), FILE)
    assert not Grant.objects.exists()
    assert "3 new" in upload(client_of(make_role(conference, "organizer", user)), FILE)
