"""The command, as timers and people call it, and what a killed one leaves."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from io import StringIO
from urllib.parse import quote

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from conftest import make_conference
from lib.sealing import seal
from tickets.models import Shop, SyncRun, Ticket
from tickets.sources.syncing import run as run_of_shop
from tickets.sources.tests.fake_shops.pretix import FakePretix
from tickets.sources.tests.fake_shops.server import Answer
from tickets.sources.tests.paper_shop import PaperShop, broken, make_shop, paper_ticket, use


@pytest.fixture
def paper(monkeypatch) -> PaperShop:
    paper = PaperShop()
    use(monkeypatch, paper)
    paper.has(*[paper_ticket(f"P{number}-1") for number in range(5)])
    return paper


def run(*arguments: str) -> str:
    out = StringIO()
    call_command("sync_tickets", *arguments, stdout=out, stderr=out)
    return out.getvalue()


def failed(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    with pytest.raises(CommandError) as error:
        call_command("sync_tickets", *arguments, stdout=out, stderr=out)
    return error.value.returncode, f"{out.getvalue()}\n{error.value}"


@pytest.mark.slow
def test_all_shops_that_are_active(conference, paper):
    make_shop(conference)
    make_shop(make_conference(), slug="other")
    make_shop(conference, slug="off", is_active=False)
    output = run()
    assert "paper: asking for everything, because nothing has been read" in output
    assert "paper: 5 new, 0 changed" in output
    assert "other: 5 new" in output
    assert "off" not in output
    assert Ticket.objects.count() == 10
    output = run("--shop", "paper")
    assert "because" not in output
    assert paper.asked == ["everything", "everything", "changes c1"]
    run("--full", "--conference", conference.slug)
    assert paper.asked[3:] == ["everything"]


@pytest.mark.slow
def test_orders_that_the_shop_called_about_come_first(conference, paper):
    shop = make_shop(conference)
    run()
    shop.add_hint("P1", timezone.now())
    paper.asked.clear()
    assert "called about: 1, waiting 0" in run()
    assert paper.asked == ["order P1", "changes c1"]


def test_as_json(conference, paper):
    make_shop(conference)
    (report,) = json.loads(run("--json"))["shops"]
    assert (report["shop"], report["state"], report["full"]) == ("paper", "done", True)
    assert report["counts"]["new"] == 5
    assert report["full_because"]


def test_a_shop_that_cannot_be_read(conference, paper):
    make_shop(conference)
    paper.before_page = broken
    status, output = failed()
    assert status == 1
    assert "paper: failed: The shop answers with a web page" in output
    status, output = failed("--json")
    assert json.loads(output[: output.rindex("}") + 1])["shops"][0]["state"] == "failed"


@pytest.mark.slow
def test_too_many_removals(conference, paper):
    make_shop(conference)
    run()
    paper.pages = paper.pages[:3]
    status, output = failed("--full")
    assert status == 3
    assert "2 of 5 valid tickets would be canceled" in output
    assert "--accept-removals" in output
    assert Ticket.objects.valid().count() == 5
    assert "of these 2 canceled" in run("--full", "--accept-removals")
    assert Ticket.objects.valid().count() == 3


def test_which_shop(conference, paper):
    assert run() == ""
    make_shop(conference)
    make_shop(make_conference())
    make_shop(conference, slug="off", is_active=False)
    assert "no such shop" in failed("--shop", "nope")[1]
    assert "Several conferences" in failed("--shop", "paper")[1]
    assert "switched off" in failed("--shop", "off")[1]


def database_url() -> str:
    values = connection.settings_dict
    password = quote(values["PASSWORD"], safe="")
    return (
        f"postgres://{values['USER']}:{password}@{values['HOST']}:{values['PORT']}/{values['NAME']}"
    )


def until(condition, process) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def pretix_shop(fake: FakePretix) -> Shop:
    return Shop.objects.create(
        conference=make_conference(),
        slug="px",
        kind="pretix",
        base_url=fake.url,
        account=fake.organizer,
        event=fake.event,
        token=seal(fake.token),
    )


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["first", "full", "part"])
def test_a_killed_run_leaves_what_is_true_and_the_next_completes_it(kind, monkeypatch):
    with FakePretix(tickets=220) as fake:
        monkeypatch.setattr(settings, "PRIVATE_HOSTS", [fake.url])
        monkeypatch.setattr(run_of_shop, "WAIT_SECONDS", 60)
        shop = pretix_shop(fake)
        gone = []
        if kind != "first":
            run()
            gone = change_much(fake)
        before = known()
        arguments = [] if kind == "part" else ["--full"]
        kill_at_the_third_page(fake, arguments)
        killed = SyncRun.objects.latest("pk")
        assert (killed.state, killed.counts["pages"]) == ("running", 2)
        assert killed.is_full is (kind != "part")
        left, said = known(), said_by(fake)
        assert left != before
        assert all(what in (before.get(code), said.get(code)) for code, what in left.items())
        if kind != "part":
            assert {state for state, _email in left.values()} == {"valid"}
        shop.refresh_from_db()
        cursor = shop.cursor
        assert bool(cursor) is (kind != "first")

        reports = json.loads(run(*arguments, "--json"))["shops"]
        assert [report["state"] for report in reports] == ["done"]
        killed.refresh_from_db()
        assert killed.state == "failed"
        if kind == "part":
            gone = []
            said = {code: said.get(code, what) for code, what in before.items()} | said
        said |= {code: ("canceled", before[code][1]) for code in gone}
        assert known() == said
        shop.refresh_from_db()
        assert shop.cursor > cursor


def known() -> dict[str, tuple[str, str]]:
    rows = Ticket.objects.values_list("code", "state", "holder_email")
    return {code: (state, email) for code, state, email in rows}


def said_by(fake: FakePretix) -> dict[str, tuple[str, str]]:
    return {
        f"{code}-{position['positionid']}": (
            "canceled" if position["canceled"] else "valid",
            position["attendee_email"],
        )
        for code, order in fake.orders.items()
        for position in order["positions"]
    }


def change_much(fake: FakePretix) -> list[str]:
    """Something on every page; the codes of tickets that are no more."""
    first, second, *others = list(fake.orders)
    for code in others:
        fake.transfer(code, 1, f"{code.lower()}@example.com")
    fake.cancel(first)
    gone = [f"{second}-{position['positionid']}" for position in fake.orders[second]["positions"]]
    fake.delete(second)
    fake.add_order("late@example.com")
    return gone


def kill_at_the_third_page(fake: FakePretix, arguments: list[str]) -> None:
    fake.asked.clear()
    may_go_on = threading.Event()
    # Page, products, their categories, page, and then nothing any more.
    fake.once.extend([None, None, None, None, Answer(wait=may_go_on)])
    environment = os.environ | {"DATABASE_URL": database_url(), "PRIVATE_HOSTS": fake.url}
    command = [sys.executable, "manage.py", "sync_tickets", *arguments]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        until(lambda: len(fake.asked) == 5, process)
        process.send_signal(signal.SIGKILL)
    may_go_on.set()
