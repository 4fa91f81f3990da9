import json
import logging
import sys

import pytest
from django.core.exceptions import PermissionDenied, SuspiciousOperation

from conftest import client_of
from portal.observing.logs import JsonFormatter, scrub


def logged(message, *args, exc_info=None):
    record = logging.LogRecord("tickets", logging.INFO, __file__, 1, message, args, exc_info)
    return JsonFormatter().format(record)


def test_a_line_is_one_json_object():
    line = logged("Imported %s talks", 3)
    assert "\n" not in line
    entry = json.loads(line)
    assert (entry["level"], entry["logger"], entry["message"]) == (
        "info",
        "tickets",
        "Imported 3 talks",
    )
    assert entry["at"].endswith("+00:00")


def test_no_address_and_no_secret_link_gets_into_the_log():
    for text in (
        "Code for ada@example.com sent",
        "GET /accounts/login/?email=ada%40example.com",
        "to=<ada@example.com>, relay",
        "GET /t/ada-secret-token/ 200",
        "POST /hooks/pretix/ada-secret/",
        "GET /my/agenda/ada-secret.ics",
    ):
        assert "ada" not in json.loads(logged(text))["message"].replace("***", "")


def test_an_exception_is_logged_without_the_address():
    try:
        raise ValueError("no ticket for ada@example.com")
    except ValueError:
        entry = json.loads(logged("Failed", exc_info=sys.exc_info()))
    assert "no ticket for ***" in entry["exception"]
    assert "ada" not in entry["exception"].replace("***", "")


def test_what_a_visitor_sends_makes_no_line_of_its_own():
    forged = 'x\n{"level": "info", "message": "Person 1 signed in."}\r\x1b[2J'
    line = logged("No talk %s", forged)
    assert "\n" not in line
    assert "\r" not in line
    assert "\x1b" not in line
    assert json.loads(line)["message"] == f"No talk {forged}"


@pytest.fixture
def lines(caplog):
    return lambda: [
        json.loads(JsonFormatter().format(record))
        for record in caplog.records
        if record.name == "django.request"
    ]


def test_a_refusal_says_who_was_refused_and_which_line_of_nginx_it_is(room, stranger, lines):
    client = client_of(stranger)
    client.get("/rooms/main/", headers={"X-Request-ID": "0123456789abcdef" * 2})
    [line] = lines()
    assert (line["level"], line["message"]) == ("warning", "Forbidden: /rooms/main/")
    assert (line["request_id"], line["method"]) == ("0123456789abcdef" * 2, "GET")
    assert line["person"] == str(stranger.pk)


def test_how_a_visitor_names_a_request_is_cut_and_scrubbed(client, conference, lines):
    client.get("/nothing/", headers={"X-Request-ID": "ada@example.com" + "x" * 100})
    [line] = lines()
    assert line["person"] == ""
    assert len(line["request_id"]) <= 32
    assert "ada" not in line["request_id"]


def raised(error):
    try:
        raise error
    except Exception:
        return sys.exc_info()


def test_what_a_visitor_did_wrong_is_no_error_and_has_no_traceback():
    for error in (PermissionDenied(), SuspiciousOperation("nonsense")):
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "No", (), raised(error))
        entry = json.loads(JsonFormatter().format(record))
        assert entry["level"] == "warning"
        assert "exception" not in entry
    ours = json.loads(logged("Ours", exc_info=raised(ZeroDivisionError())))
    assert "ZeroDivisionError" in ours["exception"]


def test_the_same_traceback_is_told_once_and_then_counted():
    formatter = JsonFormatter()

    def told(error):
        record = logging.LogRecord("x", logging.ERROR, __file__, 1, "No", (), raised(error))
        return json.loads(formatter.format(record))

    first, again, other = told(ValueError("1")), told(ValueError("2")), told(KeyError("1"))
    assert "ValueError: 1" in first["exception"]
    assert (again["traceback"], again["times"]) == (first["traceback"], 2)
    assert "exception" not in again
    assert other["traceback"] != first["traceback"]
    assert "KeyError" in other["exception"]


def test_a_long_text_is_cut_and_costs_no_more_than_its_length():
    """Each letter of a word was tried as the beginning of an address: minutes for a megabyte."""
    assert json.loads(logged("x" * 1_000_000))["message"] == "x" * 4_000
    assert scrub("x" * 1_000_000 + "@example.com") == "***"
