"""What programs read says no as programs understand it: never by a page, nor by leading to one."""

import re

import pytest
from django.test import Client

from conftest import client_of, make_room, make_talk, settle
from portal.tests.test_access import Entry, entries, filled
from schedule.models import Visibility
from schedule.site.access import PUBLIC

FILES = ("/schedule.json", "/schedule.xml", "/schedule.ics", "/schedule/changes.atom")
# Read by browsers alone, and open.
STYLES = {"theme"}
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def is_for_programs(entry: Entry) -> bool:
    return getattr(entry.view, "is_for_programs", False)


def test_whatever_is_called_like_a_file_is_marked():
    files = [entry for entry in entries() if re.search(r"\.[a-z]+\$?$", entry.path)]
    assert [
        each.name for each in files if not is_for_programs(each) and each.name not in STYLES
    ] == []
    assert len(files) >= 14


@pytest.fixture
def closed(conference, stranger):
    """Everything that is marked and not open to everybody, with an address that exists."""
    make_talk(conference, room=make_room(conference, slug="1"), code="1")
    conference.visibility = Visibility.HIDDEN
    conference.save()
    settle()
    marked = [each for each in entries() if is_for_programs(each) and each.access != PUBLIC]
    assert len(marked) >= 14
    return [filled(entry) for entry in marked]


@pytest.mark.parametrize("headers", [{}, BROWSER])
def test_they_ask_to_sign_in_with_a_status(closed, headers):
    for path in closed:
        for answer in (Client().get(path, headers=headers), Client().post(path, headers=headers)):
            assert answer.status_code == 401, path
            assert answer["WWW-Authenticate"] == 'Cookie realm="testserver"'
            assert answer["Content-Type"].split(";")[0] in ("text/plain", "application/json")
            assert "/accounts/login/" in answer.text
            assert "no-store" in answer["Cache-Control"]
    assert Client().head(closed[0]).status_code == 401


@pytest.mark.slow
@pytest.mark.parametrize("headers", [{}, BROWSER])
def test_and_say_no_with_a_status(closed, stranger, headers):
    client = client_of(stranger)
    for path in closed:
        answer = client.get(path, headers=headers)
        assert answer.status_code == 403, path
        assert answer["Content-Type"].split(";")[0] in ("text/plain", "application/json")
        assert answer.content


def test_the_words_say_what_to_do(closed, stranger):
    for path in FILES[1:]:
        assert path in closed
        said = Client().get(path, headers=BROWSER).text
        assert "Sign in at http://testserver/accounts/login/ first." in said
        assert "http://testserver/my/agenda/ has an address for them" in said
        said = client_of(stranger).get(path).text
        assert "http://testserver/tickets/ says what your tickets open" in said
    error = Client().get(FILES[0]).json()["error"]
    assert error == {"code": "login_required", "login_url": "/accounts/login/"}


def test_pages_lead_to_the_login_as_before(closed):
    assert Client().get("/schedule/", headers=BROWSER).status_code == 302


def test_the_address_of_a_button_says_so_when_it_is_typed(attendee, organizer):
    client = client_of(attendee)
    for path in (
        "/tickets/find/",
        "/tickets/1/release/",
        "/my/devices/end-others/",
        "/pulse/leave/",
    ):
        page = client.get(path, headers=BROWSER)
        assert page.status_code == 405
        if path != "/pulse/leave/":
            assert page["Allow"] == "POST"
            assert "It belongs to a button" in page.text
            assert 'href="/tickets/"' in page.text
    assert client.get("/tickets/find/", headers={"Accept": "application/json"}).content == b""
    assert client.get("/pulse/leave/", headers=BROWSER).content == b""
