"""What rows do by themselves, and that whoever's admission it changes has it worked out again."""

from datetime import timedelta

import pytest
from django.core.cache import cache

from conftest import make_conference, make_ticket, make_user, utc
from tickets.models import Ban, Claim, EntryLink, Grant, Shop, SyncRun, Ticket, Upload
from tickets.models.people import mask_email
from tickets.models.scopes import admission_key, forget_admissions

NOON = utc("2026-11-21 12:00")
HOUR = timedelta(hours=1)


@pytest.fixture
def is_forgotten(conference, attendee, django_capture_on_commit_callbacks):
    """Whether an act, once committed, drops what is kept of the attendee's admission."""
    key = admission_key(conference.pk, attendee.pk)

    def does(act, *arguments) -> bool:
        cache.set(key, "kept")
        with django_capture_on_commit_callbacks(execute=True):
            act(*arguments)
            assert cache.get(key) == "kept"
        return cache.get(key) is None

    return does


def test_people_of_several_conferences_are_forgotten_at_once(
    conference, attendee, cache_commands, django_capture_on_commit_callbacks
):
    other = make_conference(domain="other.example.org")
    with django_capture_on_commit_callbacks(execute=True):
        forget_admissions([])
        forget_admissions([(conference.pk, attendee.pk), (other.pk, attendee.pk)])
    assert sum(name in ("delete_many", "delete_surely") for name in cache_commands) == 1


def test_a_claim_is_released(attendee, is_forgotten, django_assert_num_queries):
    claim = Claim.objects.select_related("ticket").get()
    with django_assert_num_queries(2):
        assert is_forgotten(claim.release, NOON)
    assert Claim.objects.get().released_at == NOON == claim.released_at
    assert Ticket.objects.get().live_claim is None


def test_many_claims_are_released(conference, attendee, is_forgotten, django_assert_num_queries):
    for _number in range(3):
        make_ticket(conference, user=make_user())
    with django_assert_num_queries(3):
        assert is_forgotten(Claim.objects.live().release, NOON)
    assert not Claim.objects.live().exists()
    assert set(Claim.objects.values_list("released_at", flat=True)) == {NOON}


def test_a_ticket_is_given_to_a_person(conference, attendee, is_forgotten):
    ticket = make_ticket(conference)
    assert is_forgotten(ticket.give_to, attendee, Claim.Way.HELPDESK)
    assert (ticket.live_claim.user, ticket.live_claim.way) == (attendee, "helpdesk")


def test_claims_are_given_where_nobody_was_quicker(conference, attendee, stranger, is_forgotten):
    taken, free = attendee.claims.get().ticket, make_ticket(conference)
    given = [Claim(ticket=taken, user=stranger), Claim(ticket=free, user=attendee)]
    assert is_forgotten(Claim.objects.give, given)
    assert taken.live_claim.user == attendee == free.live_claim.user


@pytest.mark.parametrize("those", ["all", "valid"])
def test_a_ticket_gets_another_state(attendee, is_forgotten, django_assert_num_queries, those):
    # Two of them are the transaction's.
    with django_assert_num_queries(8):
        tickets = getattr(Ticket.objects, those)()
        assert is_forgotten(tickets.set_state, Ticket.State.CANCELED, NOON)
    ticket = Ticket.objects.get()
    assert (ticket.state, ticket.updated_at) == ("canceled", NOON)


def test_a_ticket_goes_to_another_address(attendee, is_forgotten):
    ticket = Ticket.objects.get()
    ticket.holder_name = "Ada Lovelace"
    assert ticket.first_name == "Ada"
    assert is_forgotten(ticket.pass_to, "bo@example.com", NOON)
    ticket.refresh_from_db()
    assert (ticket.holder_email, ticket.first_name) == ("bo@example.com", "")
    assert (ticket.live_claim, ticket.times_left) == (None, 2)


def test_a_ticket_rests_after_it_was_passed_on():
    ticket = Ticket(passed_on_at=NOON, times_passed_on=1, holder_name="Ada Lovelace")
    assert ticket.cools_down_at(NOON + Ticket.COOL_DOWN - HOUR)
    assert not ticket.cools_down_at(NOON + Ticket.COOL_DOWN)
    assert not Ticket().cools_down_at(NOON)
    assert ticket.first_name == ""
    assert (ticket.times_left, Ticket(times_passed_on=4).times_left) == (2, 0)


@pytest.mark.parametrize("kind", [Grant, Ban])
def test_what_an_organizer_gives_begins_and_ends(conference, attendee, is_forgotten, kind):
    row = kind(conference=conference, user=attendee, reason="x", starts_at=NOON)
    assert is_forgotten(row.give)
    assert not row.is_over_at(NOON)
    assert is_forgotten(row.end, NOON + HOUR)
    row.refresh_from_db()
    assert [row.is_over_at(at) for at in (NOON, NOON + HOUR)] == [False, True]
    assert is_forgotten(kind.objects.all().forget_admissions)


@pytest.mark.parametrize(
    ("ends_at", "at", "then"),
    [
        (NOON, NOON - HOUR, NOON + 2 * HOUR),
        (NOON, NOON + HOUR, NOON + 3 * HOUR),
        (None, NOON, None),
    ],
)
def test_a_grant_is_extended(conference, attendee, is_forgotten, ends_at, at, then):
    grant = Grant(conference=conference, user=attendee, reason="x", ends_at=ends_at)
    grant.save()
    assert is_forgotten(grant.extend, 2 * HOUR, at) is (then is not None)
    grant.refresh_from_db()
    assert grant.ends_at == then


def test_an_entry_link_remembers_what_became_of_it(conference, django_assert_num_queries):
    link = EntryLink.objects.create(ticket=make_ticket(conference))
    link.note_sent("ada@example.com", NOON)
    link.note_opened(NOON + HOUR)
    link.note_used(NOON + 2 * HOUR)
    with django_assert_num_queries(0):
        link.note_opened(NOON + 3 * HOUR)
        link.note_used(NOON + 3 * HOUR)
    link.note_bounced(NOON + 3 * HOUR)
    link.refresh_from_db()
    assert (link.sent_at, link.sent_to, link.times_sent) == (NOON, "ada@example.com", 1)
    times = (link.opened_at, link.used_at, link.bounced_at)
    assert times == (NOON + HOUR, NOON + 2 * HOUR, NOON + 3 * HOUR)
    link.note_sent("ada@example.com", NOON + 4 * HOUR)
    assert (link.times_sent, link.bounced_at) == (2, None)
    link.renew()
    link.refresh_from_db()
    assert (link.number, link.sent_at, link.sent_to) == (2, None, "")
    assert (link.opened_at, link.used_at, link.times_sent) == (None, None, 2)


def test_a_shops_webhook_gets_another_address(conference):
    shop = Shop.objects.create(conference=conference, slug="pretix", kind="pretix")
    before = shop.hook_secret
    shop.renew_hook_secret()
    assert Shop.objects.get().hook_secret == shop.hook_secret != before


def test_one_hint_waits_for_an_order_however_often_the_shop_calls(conference):
    shop = Shop.objects.create(conference=conference, slug="pretix", kind="pretix")
    for at in (NOON, NOON + HOUR):
        shop.add_hint("A", at)
    hint = shop.hints.get()
    assert hint.heard_at == NOON + HOUR
    hint.finish(NOON + 2 * HOUR)
    assert not shop.hints.waiting().exists()


def test_a_run_says_first_why_it_failed_and_then_what_it_noted(conference):
    shop = Shop.objects.create(conference=conference, slug="pretix", kind="pretix")
    run = SyncRun.objects.create(shop=shop, is_full=True, problem="Left alone: A.")
    run.finish(SyncRun.State.FAILED, NOON, "It timed out.")
    run.refresh_from_db()
    assert (run.state, run.finished_at) == ("failed", NOON)
    assert run.problem == "It timed out. Left alone: A."


def test_an_upload_can_be_undone_for_a_while():
    upload = Upload(applied_at=NOON, before=[["A", None, {}]])
    assert upload.can_be_undone(NOON + Upload.UNDONE_WITHIN - HOUR)
    assert not upload.can_be_undone(NOON + Upload.UNDONE_WITHIN)
    assert not Upload(before=[["A", None, {}]]).can_be_undone(NOON)
    assert not Upload(applied_at=NOON, before=[]).can_be_undone(NOON)
    upload.undone_at = NOON
    assert not upload.can_be_undone(NOON)


@pytest.mark.parametrize(
    ("address", "shown"),
    [("ada@example.com", "a***@example.com"), ("nobody", ""), ("@example.com", "***@example.com")],
)
def test_an_address_is_masked(address, shown):
    assert mask_email(address) == shown
