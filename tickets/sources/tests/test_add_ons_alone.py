"""An add-on lets in whose ticket opens nothing; and one in another name is its holder's own."""

import re

import pytest
from django.test import Client
from django.utils import timezone

from conftest import client_of, make_talk, make_ticket, make_user
from tickets.admission.claiming import claim_those, claim_tickets
from tickets.helpdesk import acts
from tickets.helpdesk.acts import Volunteer
from tickets.helpdesk.board import ticket_fixes
from tickets.helpdesk.why.inquiry import with_all
from tickets.holders.order_code import PendingOrder, claim_order
from tickets.holders.sending import plan_mailing, send_link
from tickets.models import Claim, Product, Shop, Ticket
from tickets.sources.importing import write_tickets
from tickets.sources.products import say_what_opens
from tickets.sources.shops.base import Admits, ShopTicket
from tickets.sources.tests.add_on_orders import ADA, BEA, SITE, add_on, holders, main, opened
from tickets.sources.tests.paper_shop import full, paper_ticket, states


@pytest.fixture(params=[Admits.NO, Admits.ASK], ids=["opens nothing", "waits"])
def shirt(request, conference, shop, paper):
    """Two T-shirts of Ada's, one with a workshop on top: only that opens anything."""
    make_talk(conference, code="WORK", starts_at=timezone.now(), ends_at=conference.window[1])
    about = {"product": "Shirt", "product_code": "9", "admits": request.param}
    paper.pages = [[add_on(), main(**about)], [paper_ticket("B-1", email=ADA, **about)]]
    full(shop)
    say_what_opens(Product.objects.get(name="Workshop"), ["talk:WORK"])


def test_an_add_on_lets_in_whose_ticket_opens_nothing(conference, shirt):
    ada = make_user(ADA)
    assert claim_tickets(conference, ada) == 1
    assert holders() == {"A-1": ADA, "A-2": ADA}
    assert opened(conference, ada) == {"talk:WORK"}
    assert claim_tickets(conference, ada) == 0


def test_it_does_so_for_all_at_once(conference, shirt):
    make_user(ADA)
    say_what_opens(Product.objects.get(name="Workshop"), ["talk:WORK"])
    assert holders() == {"A-1": ADA, "A-2": ADA}


@pytest.mark.parametrize("code", ["A", "A-1", "A-2"])
def test_it_does_so_by_any_code(conference, shirt, code):
    assert claim_order(conference, make_user(BEA), PendingOrder(code, ADA)) == (2, False)
    assert holders() == {"A-1": BEA, "A-2": BEA}


@pytest.mark.slow
@pytest.mark.parametrize("code", ["A-1", "A-2"])
@pytest.mark.parametrize("signed_in", [ADA, BEA, ""])
def test_it_does_so_by_the_link_that_is_mailed(conference, shirt, mailoutbox, code, signed_in):  # noqa: PLR0913
    assert send_link(Ticket.objects.get(code=code).pk, "http://testserver")
    assert mailoutbox[0].to == [ADA]
    path = re.search(r"http://testserver(/t/\S+/)", mailoutbox[0].body)[1]
    client = client_of(make_user(signed_in)) if signed_in else Client()
    client.post(path)
    assert holders() == dict.fromkeys(["A-1", "A-2"], signed_in or ADA)


def test_its_link_is_that_of_its_ticket(conference, shirt):
    mains = [Ticket.objects.get(code="A-1").pk]
    mailing = plan_mailing(conference)
    assert mailing.ticket_ids == mains
    assert dict(mailing.skipped) == {"same_address": 1, "opens_nothing": 1}
    workshop = Product.objects.get(name="Workshop")
    assert plan_mailing(conference, product=workshop).ticket_ids == mains


@pytest.mark.slow
def test_two_tickets_that_bring_the_same_are_for_two(conference, shop, paper, bought):
    """Also where the one opens it by an add-on; and that one comes first, since it brings more."""
    paper.pages = [[main()], [paper_ticket("B-1", email=ADA), add_on("B-2", main_code="B-1")]]
    full(shop, accepts_removals=True)
    claim_tickets(conference, make_user(ADA))
    assert holders() == {"B-1": ADA, "B-2": ADA}


@pytest.mark.slow
def test_one_in_another_name_is_given_and_released_by_itself(conference, organizer, bought):
    """At the help desk and by its holder, as the acts allow."""
    Ticket.objects.filter(code="A-2").update(holder_email=BEA, shop_email=BEA)
    ticket, volunteer = Ticket.objects.get(code="A-2"), Volunteer(organizer, conference, SITE)

    def offered() -> set[str]:
        fixes = ticket_fixes(with_all(Ticket.objects.filter(code="A-2")).get(), volunteer)
        return {fix.act for fix in fixes}

    cy = make_user("cy@example.com")
    assert "claim" in offered()
    acts.claim(volunteer, ticket=ticket, email=cy.email)
    assert "release" in offered()
    client = client_of(cy)
    page = client.get("/tickets/").text
    assert "Give it back" in page
    assert "It goes with" not in page
    assert "Pass it on" not in page
    client.post(f"/tickets/{ticket.pk}/release/")
    assert holders() == {}


def test_one_in_another_name_stays_when_the_ticket_is_given_back(conference, bought):
    Ticket.objects.filter(code="A-2").update(holder_email=BEA, shop_email=BEA)
    bea = make_user(BEA)
    claim_tickets(conference, bea)
    claim_those(conference, bea, [Ticket.objects.get(code="A-1")], Claim.Way.ORDER)
    Ticket.objects.get(code="A-1").live_claim.release(timezone.now())
    assert holders() == {"A-2": BEA}


@pytest.mark.parametrize("names_the_ticket", [True, False])
def test_a_file_over_a_shop_that_is_off_ends_it_with_its_ticket(
    bought,
    conference,
    names_the_ticket,
):
    """Though no file says that it is an add-on."""
    Shop.objects.update(is_active=False)
    rows = [ShopTicket("A-2", "Workshop", {"state": "valid"})]
    if names_the_ticket:
        rows.append(ShopTicket("A-1", "Conference", {"state": "canceled"}))
    else:
        Ticket.objects.filter(code="A-1").update(state="canceled")
    write_tickets(conference, rows)
    assert states() == {"A-1": "canceled", "A-2": "canceled"}


@pytest.mark.slow
@pytest.mark.ignore_template_errors
def test_in_the_admin_it_comes_back_with_its_ticket_and_not_alone(conference, organizer, bought):
    """What the shop has ended stays so."""
    client = client_of(organizer)

    def act(action, *codes):
        chosen = [Ticket.objects.get(code=code).pk for code in codes]
        data = {"action": action, "_selected_action": chosen}
        return client.post("/admin/tickets/ticket/", data, follow=True).text

    refunded = make_ticket(
        conference, code="A-9", main_code="A-1", state="canceled", shop_says="canceled"
    )
    before = states()
    assert "2 tickets: canceled" in act("cancel", "A-1")
    assert set(states().values()) == {"canceled"}
    assert Ticket.objects.get(code="A-2").shop_says == "its ticket: canceled"
    page = act("restore", "A-2")
    assert "A-2 is an add-on to A-1, which is not valid. Restore that one." in page
    assert set(states().values()) == {"canceled"}
    assert "2 tickets: valid" in act("restore", "A-1")
    assert states() == before
    assert Ticket.objects.get(code="A-2").shop_says == ""
    act("restore", "A-9")
    assert states()["A-9"] == "valid", "its ticket is valid: somebody may say so"
    # What was ended by itself does not come back with its ticket.
    act("cancel", "A-2")
    act("cancel", "A-1")
    act("restore", "A-1")
    assert states() == {"A-1": "valid", "A-2": "canceled", refunded.code: "valid"}
    act("cancel", "A-1")
    act("restore", "A-2", "A-1")
    assert set(states().values()) == {"valid"}, "both at once"


@pytest.mark.slow
@pytest.mark.ignore_template_errors
def test_the_form_in_the_admin_keeps_to_the_same(conference, organizer, bought):
    client = client_of(organizer)

    def save(code, state):
        ticket = Ticket.objects.get(code=code)
        form = {"code": code, "order_code": "A", "product": ticket.product_id, "state": state}
        form |= {"holder_name": "", "holder_email": ADA, "buyer_email": ""}
        form |= {"claims-TOTAL_FORMS": 0, "claims-INITIAL_FORMS": 0}
        return client.post(f"/admin/tickets/ticket/{ticket.pk}/change/", form)

    save("A-1", "pending")
    assert states() == {"A-1": "pending", "A-2": "pending"}
    assert "which is not valid" in save("A-2", "valid").text
    save("A-1", "valid")
    assert states() == {"A-1": "valid", "A-2": "valid"}
    save("A-1", "canceled")
    save("A-2", "blocked")
    save("A-1", "valid")
    assert states() == {"A-1": "valid", "A-2": "blocked"}
