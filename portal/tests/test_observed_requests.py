"""One number finds all that belongs to a request: nginx' line, ours, the worker's, and what people read."""

import json
import logging
import uuid

import pytest
from django.tasks import TaskResultStatus, task
from django.tasks.signals import task_finished, task_started
from django.test import Client
from django.urls import path

from conftest import client_of
from portal import urls as site_urls
from portal.observing.doing import DoingMiddleware, doing, new_task_id
from portal.observing.logs import JsonFormatter
from schedule.site.access import public

REQUEST_ID = "0123456789abcdef" * 2
SPOKEN = REQUEST_ID[:12]
SECRET = "wintermute"


class Lines(logging.Handler):
    def __init__(self):
        super().__init__()
        self.formatter = JsonFormatter()
        self.texts = []

    def emit(self, record):
        self.texts.append(self.format(record))

    def named(self, logger):
        return [each for each in map(json.loads, self.texts) if each["logger"] == logger]


@pytest.fixture
def lines():
    handler = Lines()
    root = logging.getLogger()
    root.addHandler(handler)
    yield handler
    root.removeHandler(handler)


@public
def breaks(request, name):
    request.session["word"] = SECRET
    logging.getLogger("tickets").info("Looking at %s", request.get_full_path())
    query = request.META["QUERY_STRING"]
    raise RuntimeError(
        f"GET https://shop.example/?{query} for {SECRET}@example.com, token={SECRET}"
    )


class BrokenSite:
    urlpatterns = [path("break/<str:name>/", breaks), *site_urls.urlpatterns]
    handler500 = site_urls.handler500


@pytest.fixture
def broken(settings, conference):
    settings.ROOT_URLCONF = BrokenSite
    return Client(raise_request_exception=False)


def test_it_works(broken, lines, conference):
    page = broken.get("/break/x/", headers={"X-Request-ID": REQUEST_ID})
    assert page.status_code == 500
    assert SPOKEN in page.content.decode()
    for logger in ("tickets", "django.request"):
        [line] = lines.named(logger)
        assert line["request_id"] == REQUEST_ID
        assert line["path"] == "break/<str:name>/"
        assert line["conference"] == conference.slug
        assert line["release"] == "test"
        assert line["seconds"] >= 0


def test_nothing_secret_gets_into_the_log(broken, lines, attendee):
    client = client_of(attendee)
    client.handler.raise_request_exception = False
    client.raise_request_exception = False
    client.cookies["other"] = SECRET
    session = client.cookies["sessionid"].value
    for ask in (client.get, client.post):
        ask(
            f"/break/x/?token={SECRET}&q={SECRET}",
            {"password": SECRET, "q": SECRET},
            headers={"Authorization": f"Bearer {SECRET}", "Referer": f"https://x.example/{SECRET}"},
            REMOTE_ADDR="198.51.100.77",
        )
    assert len(lines.named("django.request")) == 2
    told = "\n".join(lines.texts)
    for secret in (SECRET, session, attendee.email, "198.51.100.77"):
        assert secret not in told


def test_a_number_that_nginx_did_not_make_is_not_taken_over(broken, lines):
    for forged in ("", "x" * 32, REQUEST_ID.upper(), f"{REQUEST_ID}0", f"{REQUEST_ID}\n"):
        broken.get("/break/x/", headers={"X-Request-ID": forged})
    numbers = {line["request_id"] for line in lines.named("django.request")}
    assert len(numbers) == 5
    assert all(len(number) == 32 for number in numbers)
    assert not any(number.startswith(SPOKEN) for number in numbers)


def test_a_page_tries_again_and_a_form_does_not(broken):
    page = broken.get("/break/x/").content.decode()
    assert "js/again.js" in page
    assert 'http-equiv="refresh"' in page
    page = broken.post("/break/x/").content.decode()
    assert "js/again.js" not in page
    assert "refresh" not in page
    assert "may not have arrived" in page


def test_pages_do_not_all_come_back_in_the_same_second(broken):
    seconds = {
        broken.get("/break/x/").content.decode().partition('data-seconds="')[2][:2]
        for _time in range(12)
    }
    assert len(seconds) > 1
    assert all(10 <= int(each) <= 30 for each in seconds)


@task()
def later():
    logging.getLogger("tickets").info("Done later")


def test_a_task_is_told_by_the_number_of_the_request_that_left_it(rf, lines):
    made = []
    request = rf.get("/", headers={"X-Request-ID": REQUEST_ID})
    DoingMiddleware(lambda _request: made.append(new_task_id()))(request)
    assert made[0].hex.startswith(SPOKEN)
    assert doing() is None

    class Result:
        id, task, status = str(made[0]), later, TaskResultStatus.RUNNING

    task_started.send(None, task_result=Result)
    logging.getLogger("tickets").info("Done later")
    task_finished.send(None, task_result=Result)
    logging.getLogger("tickets").info("Idle")
    first, second = lines.named("tickets")
    assert first["request_id"] == SPOKEN
    assert first["task"].endswith(".later")
    assert "request_id" not in second


def test_tasks_of_nobody_have_ids_of_their_own():
    assert isinstance(new_task_id(), uuid.UUID)
    assert len({new_task_id() for _time in range(100)}) == 100
