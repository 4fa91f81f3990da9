"""Who writes the tickets, the programme or the recordings of a conference do not wait for each other,
and of each there is one at a time.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from lib.plans import PlanChanged
from schedule.changes.recorder import ChangeRecorder
from schedule.changes.run_of_show.acts import shift
from schedule.changes.run_of_show.proposal import apply
from schedule.changes.tests.running import clock, main_hall, placed
from schedule.feeds.formats.registry import parse
from schedule.feeds.importing.import_file import import_schedule
from schedule.feeds.tests.schedule_files import event_json, schedule_json
from schedule.models import Conference
from streaming.addresses.plan import make_plan, set_addresses
from streaming.models import Recording, Stream
from streaming.replays.importing import import_recordings
from tickets.grants.granting import WantedGrant, give_grants
from tickets.models import Grant, Ticket, Upload
from tickets.sources import importing
from tickets.sources.shops.base import ShopTicket
from tickets.sources.spreadsheets.files import read_book
from tickets.sources.uploads.applying import apply_upload
from tickets.sources.uploads.mapping import ColumnMapping
from tickets.sources.uploads.plan import plan_upload

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

ROWS = 2000
# How long PostgreSQL lets an act wait for a lock. Who has it stands still meanwhile, so an act that
# has to wait never gets it, and one that need not does so on a slow machine too.
A_MOMENT, LONG = "100ms", "60s"

type Act = Callable[[Conference], object]


@pytest.fixture
def hall():
    return main_hall()


def upload(conference):
    lines = [f"T{number},t{number}@example.com,valid" for number in range(ROWS)]
    book = read_book("\n".join(["Code,E-mail,Status", *lines]).encode()).at()
    kept = Upload.objects.keep(conference, "tickets.csv", book.pack(), by=None, at=timezone.now())
    kept.mapping = ColumnMapping.guessed(book.table, conference).pack()
    kept.save()
    return apply_upload(kept, digest=plan_upload(kept).digest, at=timezone.now())


def shop_page(conference):
    ticket = ShopTicket("SHOP-1", "Gold", {"order_code": "SHOP", "state": "valid"})
    return importing.write_tickets(conference, [ticket])


def grants(conference):
    return give_grants(
        conference=conference,
        wanted=[WantedGrant("crew@example.com", "crew", ("conference",), None)],
    )


def shift_five(conference):
    return apply(
        conference, lambda sheet: shift(sheet, placed(sheet, "A"), 5), actor=None, digest=None
    )


def programme(conference):
    return import_schedule(
        conference=conference,
        programme=parse(schedule_json(event_json(1))),
        source="feed",
        accepts_removals=True,
        at=datetime(2026, 11, 1, tzinfo=UTC),
    )


def links(conference):
    talk = conference.talks.get(title="D")  # the others lock the rows of those that they move
    text = f"code,url\n{talk.code},https://youtu.be/aqz-KE-bpKQ\n"
    return import_recordings(conference, text, open_captions=str.encode, adds_hosts=True)


def addresses(conference):
    text = f"room,primary\n{conference.rooms.first().slug},https://youtu.be/aqz-KE-bpKQ\n"
    plan = make_plan(conference, text, adds_hosts=True)
    return set_addresses(conference, text, adds_hosts=True, digest=plan.digest)


WRITERS: dict[str, list[Act]] = {
    "tickets": [upload, shop_page, grants],
    "programme": [shift_five, programme],
    "recordings": [links],
    "streams": [addresses],
}
# What each calls when it has written its rows, and may not yet have committed.
MIDDLE = {
    upload: (importing, "claim_tickets"),
    grants: (Grant.objects, "bulk_update"),
    shift_five: (ChangeRecorder, "write"),
    programme: (ChangeRecorder, "write"),
    links: (Recording, "save"),
    addresses: (Stream, "save"),
}


def waiting_at_most(patience: str, act: Act, conference: Conference) -> None:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT set_config('lock_timeout', %s, true)", [patience])
        act(conference)


def in_a_thread(pool: ThreadPoolExecutor, act: Callable[[], object]) -> Future[object]:
    def go():
        try:
            return act()
        finally:
            connections.close_all()

    return pool.submit(go)


def stop_after(monkeypatch, act: Act, stop: Callable[[], object]) -> None:
    owner, name = MIDDLE[act]
    written = getattr(owner, name)

    def write_and_stop(*args, **kw):
        result = written(*args, **kw)
        stop()
        return result

    monkeypatch.setattr(owner, name, write_and_stop)


@contextlib.contextmanager
def stopped_in_the_middle(monkeypatch, act: Act, conference: Conference) -> Iterator[None]:
    """In another thread, with its rows written and its locks held."""
    is_there, may_go_on = threading.Event(), threading.Event()
    here = threading.get_ident()

    def stop():
        if threading.get_ident() != here:
            is_there.set()
            assert may_go_on.wait(600)

    with monkeypatch.context() as patched, ThreadPoolExecutor(1) as pool:
        stop_after(patched, act, stop)
        done = in_a_thread(pool, lambda: act(conference))
        done.add_done_callback(lambda _done: is_there.set())
        try:
            is_there.wait(600)
            assert not done.done(), done.exception()
            yield
        finally:
            may_go_on.set()
        done.result(600)


@pytest.mark.parametrize("of", WRITERS)
def test_of_another_kind_they_do_not_wait(of, hall, monkeypatch):
    others = [act for other, acts in WRITERS.items() if other != of for act in acts]
    for held in WRITERS[of]:
        if held in MIDDLE:
            with stopped_in_the_middle(monkeypatch, held, hall.conference):
                for act in others:
                    waiting_at_most(LONG, act, hall.conference)


@pytest.mark.parametrize("of", WRITERS)
def test_of_the_same_kind_there_is_one_at_a_time(of, hall, monkeypatch):
    for held in WRITERS[of]:
        if held in MIDDLE:
            with stopped_in_the_middle(monkeypatch, held, hall.conference):
                for act in WRITERS[of]:
                    with pytest.raises(OperationalError, match="lock timeout"):
                        waiting_at_most(A_MOMENT, act, hall.conference)
    for act in WRITERS[of]:
        waiting_at_most(LONG, act, hall.conference)


def test_of_another_conference_they_do_not_wait(hall, monkeypatch):
    for of in WRITERS.values():
        for held in of[:1]:
            with stopped_in_the_middle(monkeypatch, held, hall.conference):
                for act in of[1:]:
                    waiting_at_most(LONG, act, main_hall().conference)


def test_an_upload_and_a_shift_are_both_written(hall, monkeypatch):
    with stopped_in_the_middle(monkeypatch, upload, hall.conference):
        waiting_at_most(LONG, shift_five, hall.conference)
        assert clock(hall.talks.get(title="A")) == "10:05–10:35"
        assert not Ticket.objects.exists()
    assert Ticket.objects.valid().count() == ROWS


def test_who_does_both_in_either_order_is_never_in_the_way(hall, monkeypatch):
    """Both are in the middle of the first act when either goes on to the second."""
    both_are_there = threading.Barrier(2, timeout=600)
    stopped: set[int] = set()

    def stop():
        if threading.get_ident() not in stopped:
            stopped.add(threading.get_ident())
            both_are_there.wait()

    stop_after(monkeypatch, upload, stop)
    stop_after(monkeypatch, shift_five, stop)

    def upload_anew(conference):
        """Who reads the other's tickets between plan and apply is shown the plan once more."""
        try:
            return upload(conference)
        except PlanChanged:
            return upload(conference)

    def do(*acts: Act) -> None:
        for act in acts:
            waiting_at_most(LONG, act, hall.conference)

    with ThreadPoolExecutor(2) as pool:
        people = [
            in_a_thread(pool, lambda: do(upload, shift_five)),
            in_a_thread(pool, lambda: do(shift_five, upload_anew)),
        ]
        for person in people:
            person.result(600)
    assert clock(hall.talks.get(title="A")) == "10:10–10:40"
    assert Ticket.objects.valid().count() == ROWS
