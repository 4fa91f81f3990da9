"""What people read where they are refused: of which ticket, when, and what to do about it."""

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.utils import timezone
from django.utils.html import escape

from conftest import (
    client_of,
    forget_everything_kept,
    make_room,
    make_speaker,
    make_talk,
    make_ticket,
    make_user,
    settle,
    utc,
)
from lib.sealing import seal
from schedule.models import Conference, Talk, Visibility
from tickets.admission.rule import Reason
from tickets.admission.standing import Standing
from tickets.admission.standing_words import StandingWords
from tickets.models import Claim, Grant, Product, Ticket

PAGES = ["/lobby/", "/schedule/", "/talks/OPENING/", "/rooms/main/", "/rooms/main/player/"]
PAGES += ["/replays/", "/tickets/", "/tickets/why/"]
ORDER = "https://tickets.example.com/order/A1/secret/"
HOUR = timedelta(hours=1)


@pytest.fixture
def hidden(conference, room):
    conference.visibility = Visibility.HIDDEN
    conference.tickets_url = "https://tickets.example.com/"
    conference.save()
    make_talk(conference, room=room, code="OPENING")
    settle()
    return conference


def told(user, reason, scope=None, at=None):
    standing = Standing.read(Conference.objects.get(), user)
    with timezone.override("Europe/Berlin"):
        return StandingWords(standing, at or timezone.now()).refusal(reason, scope)


@pytest.mark.slow
@pytest.mark.parametrize("is_claimed", [True, False])
@pytest.mark.parametrize(
    ("state", "shop_says", "title"),
    [
        ("pending", "pending", "Your ticket is not paid yet"),
        ("pending", "approval pending", "Your ticket is not approved yet"),
        ("pending", "unassigned", "Your ticket is not complete yet"),
        ("blocked", "blocked: admin", "Your ticket is blocked"),
        ("unknown", "?", "The ticket shop does not say that your ticket is valid"),
        ("canceled", "canceled", "Your ticket was canceled"),
        ("canceled", "expired", "Your ticket was not paid in time"),
    ],
)
def test_every_page_that_refuses_says_what_is_wrong_with_which_ticket(
    hidden, stranger, state, shop_says, title, is_claimed
):
    fields = {"holder_email": stranger.email, "buyer_email": stranger.email}
    ticket = make_ticket(hidden, state=state, shop_says=shop_says, order_url=seal(ORDER), **fields)
    if is_claimed:
        Claim.objects.create(ticket=ticket, user=stranger)
    client = client_of(stranger)
    for path in PAGES:
        html = client.get(path).text
        assert title in html, path
        assert ticket.code in html, path
        assert f'href="{ORDER}"' in html, path
        assert "We have no ticket" not in html, path
        assert "admin" not in html, path
    pulse = client.post("/pulse/", {"room": "main"}, headers={"Accept": "application/json"})
    for answer in (client.get("/rooms/main/playback.json"), pulse):
        error = answer.json()["error"]
        assert (error["code"], error["act"]["url"]) == (f"ticket_{state}", ORDER)
        assert ticket.code in error["message"]
    for path in ("/schedule.ics", "/schedule.xml"):
        said = client.get(path).text
        assert said.startswith(title)
        assert ticket.code in said


def test_only_the_buyer_gets_the_address_of_the_order(hidden, stranger):
    """It opens all of the order, with the others' tickets and the address of the bill."""
    fields = {"holder_email": stranger.email, "buyer_email": "boss@example.com"}
    ticket = make_ticket(hidden, state="pending", order_url=seal(ORDER), **fields)
    client = client_of(stranger)
    for path in ("/lobby/", "/tickets/"):
        html = client.get(path).text
        assert ticket.code in html
        assert ORDER not in html
        assert 'href="https://tickets.example.com/"' in html


@pytest.mark.slow
def test_who_has_not_proved_the_address_learns_nothing_of_its_tickets(hidden, stranger):
    ticket = make_ticket(hidden, holder_email=stranger.email, state="pending")
    EmailAddress.objects.update(verified=False)
    for path in PAGES:
        html = client_of(stranger).get(path).text
        assert ticket.code not in html
        assert "not paid" not in html


def test_the_others_are_listed(hidden, stranger):
    first = make_ticket(hidden, holder_email=stranger.email, state="canceled")
    second = make_ticket(hidden, holder_email=stranger.email, state="pending")
    html = client_of(stranger).get("/lobby/").text
    assert "<h1>Your ticket is not paid yet</h1>" in html
    assert f"({first.code}): canceled" in html
    assert f"({second.code}): " not in html


@pytest.mark.slow
def test_who_comes_too_early_reads_when(hidden, stranger):
    day = hidden.ends_on
    ticket = make_ticket(hidden, user=stranger, scopes=[f"day:{day}"])
    ticket.product.name = "Second day"
    ticket.product.save()
    opens = f"{day:%A} {day.day} {day:%B}, 04:00"
    client = client_of(stranger)
    assert f"Second day opens {opens}." in client.get("/rooms/main/").text
    assert opens in client.get("/tickets/").text
    assert opens in client.get("/rooms/main/playback.json").json()["error"]["message"]
    client.cookies["tz"] = "Asia/Tokyo"
    assert ", 12:00, Tokyo (UTC+9)." in client.get("/rooms/main/").text


@pytest.mark.slow
def test_who_comes_too_late_reads_until_when_it_was_also_without_a_claim(hidden, stranger):
    day = hidden.starts_on
    ticket = make_ticket(hidden, holder_email=stranger.email, scopes=[f"day:{day}"])
    end = day + timedelta(days=1)
    words = f"was open until {end:%A} {end.day} {end:%B}, 04:00. Your ticket: {ticket.code}."
    if timezone.now() < hidden.day_window(day)[1]:
        Ticket.objects.update(valid_until=timezone.now() - HOUR)
        words = "was open until"
    for path in ("/lobby/", "/rooms/main/", "/tickets/why/"):
        assert words in client_of(stranger).get(path).text


def test_the_wrong_ticket_says_what_it_opens(hidden, stranger):
    make_room(hidden, slug="side", name="Side stage")
    make_ticket(hidden, user=stranger, scopes=["room:side", "replay"])
    html = client_of(stranger).get("/rooms/main/").text
    assert "opens: “Side stage”, the replays." in html


def test_who_comes_too_late_for_the_replays_reads_until_when_they_were(hidden, stranger):
    make_ticket(hidden, user=stranger)
    hidden.replays_end_at = timezone.now() - HOUR
    hidden.save()
    html = client_of(stranger).get("/replays/OPENING/").text
    assert "<h1>The replays are over</h1>" in html
    assert "The replays were there until " in html
    assert "“My tickets” says when" not in html


def test_a_speaker_reads_about_talks(hidden, stranger):
    at = utc("2026-11-21 10:00")
    speaker = make_speaker(hidden, email=stranger.email.upper())
    talk = {"speakers": [speaker], "minutes": 30, "title": "Mine"}
    make_talk(hidden, starts_at=at, **talk)
    later = told(stranger, Reason.NOT_YET, "talk:x", at - HOUR)
    assert later.title == "Not open yet"
    code = f"talk:{Talk.objects.get(title='Mine').code}"
    words = "Your talk “Mine” is on Saturday 21 November, 11:00–11:30; as its speaker you may enter"
    before = told(stranger, Reason.NOT_YET, code, at - HOUR)
    assert before.sentences == [f"{words} from 10:45 to 11:45."]
    elsewhere = told(stranger, Reason.WRONG_TICKET, "room:main", at)
    assert elsewhere.title == "You may enter here for your own talk alone"
    assert elsewhere.sentences == before.sentences
    over = told(stranger, Reason.OVER, code, at + HOUR)
    assert over.title == "Your talk is over"
    assert "was on Saturday 21 November, 11:00–11:30; as its speaker you could" in over.text
    make_talk(hidden, starts_at=at + 5 * HOUR, **talk | {"title": "Again"})
    assert "“Again” is on Saturday" in told(stranger, Reason.OVER, code, at + HOUR).text
    assert "icket" not in over.title + over.text


def test_a_chair_is_no_speaker(hidden, stranger):
    at = utc("2026-11-21 10:00")
    make_talk(hidden, code="C1", title="Theirs", starts_at=at).chairs.add(stranger)
    assert told(stranger, Reason.NOT_YET, "talk:C1", at - HOUR).text.startswith(
        "You chair “Theirs”"
    )
    assert told(stranger, Reason.OVER, "talk:C1", at + HOUR).text.startswith("You chaired “Theirs”")


@pytest.mark.slow
def test_what_organizers_gave_is_no_ticket(hidden, stranger):
    begin = timezone.now() + HOUR
    Grant.objects.create(conference=hidden, user=stranger, reason="no money", starts_at=begin)
    html = client_of(stranger).get("/rooms/main/").text
    assert "What the organizers gave you opens " in html
    assert "no money" not in html
    Grant.objects.update(starts_at=begin - 3 * HOUR, ends_at=begin - 2 * HOUR)
    forget_everything_kept()
    html = client_of(stranger).get("/rooms/main/").text
    assert "<h1>Your time here is over</h1>" in html
    assert "What the organizers gave you was open until " in html
    for page in (html, client_of(stranger).get("/lobby/").text):
        assert "icket" not in page.partition("<h1>")[2].partition("<p><a")[0]


def test_who_works_here_reads_nothing_of_tickets(hidden):
    make_room(hidden, slug="side").helpers.add(helper := make_user())
    html = client_of(helper).get("/rooms/main/").text
    assert "<h1>This is not open to you</h1>" in html
    assert "Your work for the conference opens other rooms and pages." in html


def test_a_ticket_that_opens_nothing_is_named(hidden, stranger):
    shirt = make_ticket(hidden, user=stranger, scopes=[])
    html = client_of(stranger).get("/lobby/").text
    assert escape(f"({shirt.code}) opens nothing here.") in html
    assert "We have no ticket" not in html


def test_a_ticket_of_which_nobody_has_said_what_it_opens(hidden, stranger):
    ticket = make_ticket(hidden, holder_email=stranger.email, scopes=[])
    Product.objects.update(decided_by=Product.WAITING[0])
    html = client_of(stranger).get("/lobby/").text
    assert "<h1>Your ticket opens nothing yet</h1>" in html
    assert escape(f"The organizers have not said yet what {ticket.product} ({ticket.code})") in html


def test_an_add_on_says_so_and_is_not_passed_on(hidden, stranger):
    main = make_ticket(hidden, user=stranger)
    add_on = make_ticket(hidden, user=stranger, scopes=["room:main"], main_code=main.code)
    html = client_of(stranger).get("/tickets/").text
    assert f"It goes with the ticket {main.code}." in html
    assert f"/tickets/{main.pk}/pass-on/" in html
    assert f"/tickets/{add_on.pk}/pass-on/" not in html


@pytest.mark.slow
def test_who_is_let_into_the_replays_alone_is_led_there(hidden, stranger):
    make_ticket(hidden, user=stranger, scopes=["replay"])
    client = client_of(stranger)
    for path in ("/tickets/", "/rooms/main/", "/tickets/why/"):
        html = client.get(path).text
        assert '<a class="button" href="/replays/">' in html
        assert '<a class="button" href="/lobby/">' not in html
    other = make_user()
    make_ticket(hidden, user=other, scopes=["room:main"])
    assert '<a class="button" href="/lobby/">' in client_of(other).get("/tickets/").text
