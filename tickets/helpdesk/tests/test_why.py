import json
from datetime import datetime, timedelta
from io import StringIO

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command
from django.urls import reverse
from django.utils import timezone

from conftest import (
    client_of,
    make_conference,
    make_speaker,
    make_talk,
    make_ticket,
    make_user,
    utc,
)
from schedule.models import Visibility
from tickets.admission.watching import watch
from tickets.helpdesk.forms import page_of
from tickets.models import Ban, Claim, EntryLink, Grant, OrderHint, Product, Shop, SyncRun, Ticket


def run(*arguments):
    out = StringIO()
    try:
        call_command("why", *arguments, stdout=out)
    except SystemExit as end:
        return end.code, out.getvalue()
    return 0, out.getvalue()


def reason_for(who, *arguments):
    return json.loads(run(who, "--json", *arguments)[1])["reason"]


def utc_of(text):
    return datetime.fromisoformat(text)


def test_somebody_with_a_ticket(attendee):
    status, output = run("Attendee@example.com")
    ticket = Ticket.objects.get()
    assert status == 0
    assert f"+ attendee@example.com is {attendee.reference}." in output
    assert f"+ They have ticket {ticket.code} (" in output
    assert "which opens: conference" in output
    assert output.splitlines()[-1].startswith("→ They may enter Testconf at ")


def test_by_reference(attendee):
    assert run(attendee.reference) == run(attendee.email)
    assert run(attendee.reference.lower().replace("-", " "))[0] == 0


def test_as_json(attendee):
    told = json.loads(run("attendee@example.com", "--json")[1])
    assert told["email"] == "attendee@example.com"
    assert told["reference"] == attendee.reference
    assert told["admitted"] is True
    assert told["reason"] is None
    checks = [finding["check"] for finding in told["findings"]]
    assert checks == ["account", "claim", "link"]
    assert utc_of(told["at"]) <= timezone.now()


def test_nobody_knows_them(conference):
    status, output = run("nobody@example.com")
    assert status == 1
    assert "- Nobody has signed in as nobody@example.com." in output
    assert "No ticket is in the name of nobody@example.com." in output
    assert output.endswith("→ They have to sign in first.\n")
    assert run("P-AAAA-AAAA")[0] == 1


def test_a_ticket_waits_for_them(conference):
    ticket = make_ticket(conference, holder_email="late@example.com")
    _status, output = run("late@example.com")
    assert f"+ Ticket {ticket.code} (" in output
    assert "it is theirs once they sign in" in output


def test_no_ticket(conference, stranger):
    make_ticket(conference, buyer_email=stranger.email, holder_email="friend@example.com")
    status, output = run(stranger.email)
    assert status == 1
    assert "They have bought 1 ticket that is in another name" in output
    assert "no valid ticket and no grant" in output
    assert reason_for(stranger.email) == "ticket_required"


def test_the_code_was_never_entered(conference, stranger):
    make_ticket(conference, holder_email=stranger.email)
    EmailAddress.objects.update(verified=False)
    output = run(stranger.email)[1]
    assert "- They have not entered a code yet" in output
    assert "nobody has it yet" in output


def test_somebody_else_has_the_ticket(conference, attendee, stranger):
    Ticket.objects.update(holder_email=stranger.email)
    assert f"but {attendee.reference} has claimed it" in run(stranger.email)[1]


@pytest.mark.parametrize("state", ["canceled", "pending", "unknown"])
def test_the_ticket_is_not_valid(attendee, state):
    Ticket.objects.update(state=state)
    status, output = run(attendee.email)
    assert status == 1
    assert f"- They have ticket {Ticket.objects.get().code}" in output
    assert Ticket.objects.get().get_state_display() in output
    assert reason_for(attendee.email) == f"ticket_{state}"


def test_it_was_released(attendee):
    Claim.objects.update(released_at=timezone.now())
    assert "They had ticket" in run(attendee.email)[1]


def test_windows_are_said_in_the_time_of_the_venue(attendee):
    Ticket.objects.update(valid_until=utc("2020-11-21 12:00"))
    output = run(attendee.email)[1]
    assert "Until 2020-11-21 13:00 CET." in output
    assert reason_for(attendee.email) == "over"


def test_a_scope(conference):
    user = make_user()
    make_ticket(conference, user=user, scopes=["room:main"])
    assert reason_for(user.email, "--scope", "room:main") is None
    assert reason_for(user.email, "--scope", "room:side") == "wrong_ticket"
    assert "their ticket opens something else" in run(user.email, "--scope", "room:side")[1]
    with pytest.raises(CommandError, match="is not a scope"):
        run(user.email, "--scope", "rooms")


def test_a_ticket_for_another_time_is_marked(conference):
    """A day, and a talk: they are open when the rule says so, not while the ticket is valid."""
    user, now, hour = make_user(), timezone.now(), timedelta(hours=1)
    make_talk(conference, code="NOW")
    make_talk(conference, code="OVER", starts_at=now - 3 * hour, ends_at=now - hour)
    make_talk(conference, code="LATER", starts_at=now + hour, ends_at=now + 2 * hour)
    marks = {
        f"day:{conference.starts_on - timedelta(days=9)}": "-",
        f"day:{conference.ends_on + timedelta(days=9)}": " ",
        "talk:NOW": "+",
        "talk:OVER": "-",
        "talk:LATER": " ",
        "talk:GONE": "-",
    }
    tickets = {scope: make_ticket(conference, user=user, scopes=[scope]).code for scope in marks}
    for scope in marks:
        Grant.objects.create(conference=conference, user=user, reason=scope, scopes=[scope])
    output = run(user.email)[1]
    for scope, mark in marks.items():
        assert f"\n{mark} They have ticket {tickets[scope]} (" in output
        of_grant = "+" if mark == "+" else "-"
        assert f"\n{of_grant} They are let in as “{scope}” to: {scope}." in output


def test_a_closed_account(attendee):
    attendee.is_active = False
    attendee.save()
    status, output = run(attendee.email)
    assert status == 1
    assert "- The account is closed by an organizer." in output
    assert output.endswith("→ They may not enter: their account is closed.\n")


def test_a_ban(conference, attendee, organizer):
    ban = {"conference": conference, "user": attendee}
    Ban.objects.create(**ban, reason="warned", ends_at=utc("2026-01-01 00:00"))
    Ban.objects.create(**ban, reason="hate speech", given_by=organizer)
    status, output = run(attendee.email)
    assert status == 1
    assert "- They are shut out: “hate speech”. By Olga. From " in output
    assert "  They were shut out: “warned”." in output
    assert "Until 2026-01-01 01:00 CET." in output
    assert reason_for(attendee.email) == "banned"


def test_at_another_time(conference, stranger):
    tomorrow = timezone.now() + timedelta(days=1)
    Grant.objects.create(conference=conference, user=stranger, reason="crew", starts_at=tomorrow)
    at = f"{tomorrow + timedelta(hours=1):%Y-%m-%dT%H:%M+00:00}"
    assert reason_for(stranger.email, "--scope", "room:main") == "not_yet"
    assert reason_for(stranger.email, "--scope", "room:main", "--at", at) is None
    with pytest.raises(CommandError, match="is not a time"):
        run(stranger.email, "--at", "soon")


@pytest.mark.slow
def test_the_entry_link(conference, attendee):
    link = EntryLink.objects.create(ticket=Ticket.objects.get())
    assert "was never sent" in run(attendee.email)[1]
    vars(link).update(sent_at=utc("2026-11-20 08:00"), sent_to="a@example.com")
    link.save()
    said = "was sent to a@example.com at 2026-11-20 09:00 CET."
    assert f"  The entry link of {link.ticket.code} {said}" in run(attendee.email)[1]
    link.bounced_at = utc("2026-11-20 08:05")
    link.save()
    assert f"- The entry link of {link.ticket.code} {said} It came back" in run(attendee.email)[1]
    link.used_at = utc("2026-11-20 09:00")
    link.save()
    assert "It was used to sign in at 2026-11-20 10:00 CET." in run(attendee.email)[1]


def test_how_old_what_the_shop_said_is(conference, attendee):
    shop = Shop.objects.create(conference=conference, slug="pretix", kind="pretix")
    assert "- The ticket shop “pretix” has never been heard." in run(attendee.email)[1]
    shop.synced_at = timezone.now() - timedelta(minutes=3)
    shop.save()
    said = "The ticket shop “pretix” was last heard 3\xa0minutes ago, at "
    assert f"  {said}" in run(attendee.email)[1]
    SyncRun.objects.create(shop=shop, is_full=True, state="failed", problem="It timed out.")
    OrderHint.objects.create(shop=shop, order_code="AB12C")
    output = run(attendee.email)[1]
    assert f"- {said}" in output
    assert "The last try failed: It timed out. 1 order waits." in output


def test_the_shops_word_for_a_state(conference, attendee):
    Ticket.objects.update(state="canceled", shop_says="refunded")
    assert "canceled; the shop says “refunded”)" in run(attendee.email)[1]
    Ticket.objects.update(shop_says="its ticket: canceled", main_code="MAIN")
    assert "canceled; it ended with its ticket MAIN)" in run(attendee.email)[1]


def test_a_second_factor_of_those_who_work_here(organizer):
    assert "They work here, and have no second factor" in run(organizer.email)[1]
    Authenticator.objects.create(user=organizer, type=Authenticator.Type.TOTP, data={})
    assert "+ They work here, and sign in with a second factor." in run(organizer.email)[1]


def test_the_devices_on_which_they_watch(conference, attendee):
    assert "They watch" not in run(attendee.email)[1]
    watch(conference.pk, "laptop", user_id=attendee.pk, limit=2)
    assert "They watch on 1 device now. Their places: 2." in run(attendee.email)[1]
    watch(conference.pk, "phone", user_id=attendee.pk, limit=2)
    assert "they choose “Watch here instead”" in run(attendee.email)[1]


def test_how_much_they_hold_does_not_matter(conference, attendee, django_assert_max_num_queries):
    def count():
        with django_assert_max_num_queries(30) as queries:
            run(attendee.email)
        return len(queries)

    few = count()
    for _number in range(3):
        make_ticket(conference, user=attendee)
        make_ticket(conference, holder_email=attendee.email)
        Grant.objects.create(conference=conference, user=attendee, reason="crew")
    assert count() == few


def test_grants(conference, stranger):
    Grant.objects.create(conference=conference, user=stranger, reason="crew")
    Grant.objects.create(
        conference=conference, user=stranger, reason="press", ends_at=utc("2026-01-01 00:00")
    )
    status, output = run(stranger.email)
    assert status == 0
    assert "+ They are let in as “crew” to: conference." in output
    assert "- They are let in as “press” to: conference." in output


def test_speakers(conference, room):
    speaker = make_speaker(conference, email="speaker@example.com")
    make_talk(conference, code="MINE", title="My talk", room=room, speakers=[speaker])
    make_user("speaker@example.com")
    status, output = run("speaker@example.com")
    assert status == 0
    assert "+ They speak in MINE “My talk”" in output


def test_a_public_conference(conference):
    conference.visibility = Visibility.ALL
    conference.save()
    status, output = run("nobody@example.com")
    assert status == 0
    assert "open to everybody" in output


def test_a_conference_over_time(conference, attendee):
    conference.public_at = timezone.now() + timedelta(days=9)
    conference.replays_end_at = timezone.now() - timedelta(hours=1)
    conference.save()
    output = run(attendee.email, "--scope", "replay")[1]
    assert "  Testconf will be open to everybody from" in output
    assert "- The replays for ticket holders ended at" in output
    assert "any more: its time is over." in output
    later = f"{timezone.now() + timedelta(days=10):%Y-%m-%d}"
    assert run("nobody@example.com", "--at", later)[0] == 0


def test_another_conference_is_another_matter(conference, attendee):
    make_conference(slug="other")
    assert run(attendee.email, "--conference", "other")[0] == 1
    with pytest.raises(CommandError, match="Say which conference"):
        run(attendee.email)


@pytest.mark.slow
@pytest.mark.parametrize("has_signed_in", [True, False])
def test_a_product_of_which_nobody_has_said_what_it_opens(conference, organizer, has_signed_in):
    ticket = make_ticket(conference, holder_email="ada@example.com", scopes=[], main_code="M-1")
    Product.objects.update(name="Workshop", decided_by=Product.DecidedBy.NOBODY)
    user = make_user("ada@example.com") if has_signed_in else None
    status, output = run("ada@example.com")
    assert status == 1
    assert "Nobody has said yet what “Workshop” opens: organizers say it under Products." in output
    assert f"- Ticket {ticket.code} (Workshop, valid)" in output
    assert "It is an add-on to M-1" in output
    says_so = "→ They may not enter: nobody has said yet what “Workshop” opens." in output
    assert says_so or not has_signed_in
    client = client_of(organizer)
    assert "Nobody has said yet what" in client.get(page_of(ticket)).text
    if user is not None:
        assert "have not said yet what “Workshop” opens" in client_of(user).get(reverse("why")).text
    Product.objects.update(decided_by=Product.DecidedBy.ORGANIZER)
    assert "Nobody has said" not in run("ada@example.com")[1]


def test_another_ticket_lets_them_in_all_the_same(conference, attendee):
    Product.objects.create(conference=conference, name="Shirt", scopes=[], decided_by="nobody")
    shirt = Product.objects.get(name="Shirt")
    make_ticket(conference, holder_email=attendee.email, product=shirt)
    status, output = run(attendee.email)
    assert status == 0
    assert "Nobody has said yet what “Shirt” opens" in output
