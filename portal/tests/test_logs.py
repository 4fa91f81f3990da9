import json
import logging
import sys

from portal.logs import JsonFormatter


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
