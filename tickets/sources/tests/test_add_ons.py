"""An add-on ends with its ticket, goes with it to whoever has it, and opens what it was given."""

import pytest
from django.utils import timezone

from conftest import client_of, make_user
from tickets.admission.claiming import claim_those, claim_tickets
from tickets.admission.rule import compute
from tickets.helpdesk import acts
from tickets.helpdesk.acts import FixRefused, Volunteer
from tickets.holders.links import link_of, link_to, token_of
from tickets.holders.order_code import PendingOrder, claim_order
from tickets.holders.passing_on import NotPassedOn, free_tickets_of, pass_on
from tickets.holders.sending import plan_mailing
from tickets.models import Claim, Product, Ticket
from tickets.sources.importing import cancel_tickets
from tickets.sources.products import say_what_opens
from tickets.sources.shops.base import Admits
from tickets.sources.tests.add_on_orders import ADA, BEA, SITE, add_on, holders, main, opened
from tickets.sources.tests.paper_shop import (
    full,
    paper_ticket,
    part,
    states,
)


@pytest.mark.parametrize(
    ("main_state", "own_state", "state"),
    [
        ("valid", "valid", "valid"),
        ("canceled", "valid", "canceled"),
        ("pending", "valid", "pending"),
        ("unknown", "valid", "unknown"),
        ("valid", "canceled", "canceled"),
        ("valid", "pending", "pending"),
        ("pending", "canceled", "canceled"),
        ("canceled", "pending", "pending"),
    ],
)
@pytest.mark.parametrize("order", [1, -1])
def test_it_is_no_better_than_its_ticket(
    conference, shop, paper, main_state, own_state, state, order
):  # noqa: PLR0913
    paper.pages = [[main(main_state), add_on(state=own_state)][::order]]
    full(shop)
    assert states() == {"A-1": main_state, "A-2": state}


@pytest.mark.slow
def test_it_comes_and_goes_with_a_block(conference, shop, paper, bought):
    ada = make_user(ADA)
    claim_tickets(conference, ada)
    assert opened(conference, ada) == {"conference", "talk:WORK"}
    paper.changed = [[main("canceled", shop_says="blocked: admin"), add_on()]]
    run = part(shop)
    assert opened(conference, ada) == set()
    assert run.counts["canceled"] == 2
    assert Ticket.objects.get(code="A-2").shop_says == "its ticket: blocked: admin"
    paper.changed = [[main(), add_on()]]
    part(shop)
    assert opened(conference, ada) == {"conference", "talk:WORK"}


@pytest.mark.slow
def test_a_shop_that_names_the_ticket_alone(conference, shop, paper, bought):
    paper.changed = [[main("canceled")]]
    shop_order = paper._batches
    paper._batches = lambda pages: (
        type(batch)(batch.tickets, frozenset(), batch.next_cursor, 1) for batch in shop_order(pages)
    )
    part(shop)
    assert states() == {"A-1": "canceled", "A-2": "canceled"}
    paper.changed = [[add_on()]]
    part(shop)
    assert states()["A-2"] == "canceled", "nor does it come back alone"


def test_a_ticket_that_is_gone_takes_it_along(conference, bought):
    cancel_tickets(conference, Ticket.objects.filter(code="A-1"))
    assert states() == {"A-1": "canceled", "A-2": "canceled"}


def test_without_its_ticket_it_opens_nothing(conference, shop, paper):
    paper.has(add_on(main_code="A-9"))
    full(shop)
    assert states() == {"A-2": "unknown"}


def test_it_opens_nothing_until_somebody_has_said(conference, shop, paper):
    """Neither to who has only that, nor to who has a ticket."""
    paper.pages = [[main(), add_on(), add_on("A-3", email=BEA)]]
    ada, bea = make_user(ADA), make_user(BEA)
    full(shop)
    assert holders() == {"A-1": ADA}
    assert opened(conference, bea) == set()
    say_what_opens(Product.objects.get(name="Workshop"), ["replay"])
    assert holders() == {"A-1": ADA, "A-2": ADA, "A-3": BEA}
    assert opened(conference, ada) == {"conference", "replay"}
    assert opened(conference, bea) == {"replay"}


def test_it_gives_no_further_places(conference, bought):
    ada = make_user(ADA)
    claim_tickets(conference, ada)
    Product.objects.filter(name="Workshop").update(places=9)
    Product.objects.exclude(name="Workshop").update(places=1)
    assert compute(conference, ada.pk).places == 1


@pytest.mark.slow
def test_it_is_not_passed_on_alone(conference, bought):
    ada = make_user(ADA)
    claim_tickets(conference, ada)
    ticket = Ticket.objects.get(code="A-2")
    for by in (ada, None):
        with pytest.raises(NotPassedOn, match="goes with the ticket A-1"):
            pass_on(ticket=ticket, email=BEA, site=SITE, by=by)
    client = client_of(ada)
    for response in (
        client.get(f"/tickets/{ticket.pk}/pass-on/", follow=True),
        client.post(f"/tickets/{ticket.pk}/pass-on/", {"email": BEA}, follow=True),
        client.post(f"/tickets/{ticket.pk}/release/", follow=True),
    ):
        assert "goes with" in response.text
        assert "A-1" in response.text
    assert holders() == {"A-1": ADA, "A-2": ADA}
    page = client.get("/tickets/").text
    assert "It goes with the ticket A-1." in page
    assert page.count("Pass it on") == 1


@pytest.mark.slow
def test_it_is_passed_on_with_its_ticket(conference, shop, paper, bought):
    ada, bea = make_user(ADA), make_user(BEA)
    claim_tickets(conference, ada)
    token = token_of(link_to(Ticket.objects.get(code="A-2")))
    assert link_of(token) is not None
    pass_on(ticket=Ticket.objects.get(code="A-1"), email=BEA, site=SITE, by=ada)
    assert holders() == {"A-1": BEA, "A-2": BEA}
    assert (opened(conference, ada), opened(conference, bea)) == (
        set(),
        {"conference", "talk:WORK"},
    )
    assert link_of(token) is None, "a link that was mailed before is dead"
    assert Ticket.objects.get(code="A-2").holder_email == BEA
    full(shop)
    assert holders() == {"A-1": BEA, "A-2": BEA}, "the shop has named nobody new"


@pytest.mark.slow
def test_the_shop_gives_both_to_somebody_else(conference, shop, paper, bought):
    ada, _bea = make_user(ADA), make_user(BEA)
    claim_tickets(conference, ada)
    paper.changed = [[main(email=BEA), add_on(email=BEA)]]
    part(shop)
    assert holders() == {"A-1": BEA, "A-2": BEA}


@pytest.mark.slow
def test_one_in_another_name_is_theirs_and_is_not_passed_on(conference, shop, paper, bought):
    tour = {"product": "Tour", "product_code": "3", "admits": Admits.ASK, "email": BEA}
    paper.pages = [[main(), add_on(), add_on("A-3", **tour)]]
    full(shop)
    say_what_opens(Product.objects.get(name="Tour"), ["replay"])
    ada, bea = make_user(ADA), make_user(BEA)
    claim_tickets(conference, ada)
    assert holders() == {"A-1": ADA, "A-2": ADA}, "hers alone"
    claim_tickets(conference, bea)
    assert holders() == {"A-1": ADA, "A-2": ADA, "A-3": BEA}
    with pytest.raises(NotPassedOn, match="goes with the ticket A-1"):
        pass_on(ticket=Ticket.objects.get(code="A-3"), email="cy@example.com", site=SITE, by=bea)
    pass_on(ticket=Ticket.objects.get(code="A-1"), email="cy@example.com", site=SITE, by=ada)
    assert holders() == {"A-3": BEA}
    paper.changed = [[main("canceled"), add_on(), add_on("A-3", **tour)]]
    part(shop)
    assert opened(conference, bea) == set(), "and ends with the ticket"


def test_whoever_has_the_ticket_has_it(conference, bought):
    """By an order code or a link, whatever address stands on it; not by the address alone."""
    bea = make_user(BEA)
    claim_those(conference, bea, [Ticket.objects.get(code="A-2")], Claim.Way.LINK)
    assert holders() == {}, "its own link brings nothing"
    claim_those(conference, bea, [Ticket.objects.get(code="A-1")], Claim.Way.LINK)
    assert holders() == {"A-1": BEA, "A-2": BEA}
    claim_tickets(conference, make_user(ADA))
    assert holders() == {"A-1": BEA, "A-2": BEA}
    Ticket.objects.get(code="A-1").live_claim.release(timezone.now())
    assert holders() == {}, "it leaves with the ticket"


@pytest.mark.slow
@pytest.mark.parametrize("address", [ADA, ""])
def test_an_order_code_brings_both(conference, shop, paper, bought, mailoutbox, address):  # noqa: PLR0913
    Ticket.objects.update(holder_email=address, shop_email=address, buyer_email=ADA)
    bea = make_user(BEA)
    assert claim_order(conference, bea, PendingOrder("A", ADA)) == (2, False)
    assert holders() == {"A-1": BEA, "A-2": BEA}
    assert claim_order(conference, make_user("cy@example.com"), PendingOrder("A", ADA)) == (0, True)
    assert len(mailoutbox) == 1, "who has both is asked once"


@pytest.mark.slow
def test_one_that_is_bought_later_finds_who_has_the_ticket(conference, shop, paper, bought):
    bea = make_user(BEA)
    claim_those(conference, bea, [Ticket.objects.get(code="A-1")], Claim.Way.ORDER)
    other = {"product": "Tour", "product_code": "3", "admits": Admits.ASK}
    paper.changed = [[main(), add_on(), add_on("A-4", **other)]]
    part(shop)
    say_what_opens(Product.objects.get(name="Tour"), ["replay"])
    assert holders() == {"A-1": BEA, "A-2": BEA, "A-4": BEA}


@pytest.mark.slow
def test_who_bought_for_others_gives_the_ticket_with_its_add_on(conference, shop, paper, bought):
    Ticket.objects.update(holder_email="", shop_email="", buyer_email=ADA)
    ada = make_user(ADA)
    assert [ticket.code for ticket in free_tickets_of(conference, ada)] == ["A-1"]
    make_user(BEA)
    pass_on(ticket=Ticket.objects.get(code="A-1"), email=BEA, site=SITE, by=ada)
    assert holders() == {"A-1": BEA, "A-2": BEA}


@pytest.mark.slow
def test_at_the_help_desk_it_goes_with_its_ticket(conference, organizer, bought):
    volunteer = Volunteer(organizer, conference, SITE)
    ticket, workshop = Ticket.objects.order_by("code")
    with pytest.raises(FixRefused, match="goes with its ticket A-1"):
        acts.claim(volunteer, ticket=workshop, email=BEA)
    acts.claim(volunteer, ticket=ticket, email=BEA)
    assert holders() == {"A-1": BEA, "A-2": BEA}
    with pytest.raises(FixRefused, match="goes with its ticket A-1"):
        acts.release(volunteer, ticket=workshop)
    acts.release(volunteer, ticket=ticket)
    assert holders() == {}


@pytest.mark.slow
@pytest.mark.ignore_template_errors
def test_the_admin_cancels_both_and_gives_neither_alone(conference, organizer, bought):
    ada, bea = make_user(ADA), make_user(BEA)
    claim_tickets(conference, ada)
    client = client_of(organizer)
    workshop = Ticket.objects.get(code="A-2")
    Claim.objects.live().filter(ticket=workshop).release(timezone.now())
    claim = workshop.claims.get()
    form = {
        **{"code": "A-2", "order_code": "A", "product": workshop.product_id, "state": "valid"},
        **{"holder_name": "", "holder_email": ADA, "buyer_email": ""},
        **{"claims-TOTAL_FORMS": 2, "claims-INITIAL_FORMS": 1, "claims-0-id": claim.pk},
        **{"claims-0-ticket": workshop.pk, "claims-0-user": ada.pk},
        **{"claims-1-ticket": workshop.pk, "claims-1-user": bea.pk},
    }
    page = client.post(f"/admin/tickets/ticket/{workshop.pk}/change/", form)
    assert "goes with its ticket A-1" in page.text
    assert holders() == {"A-1": ADA}
    action = {"action": "cancel", "_selected_action": [Ticket.objects.get(code="A-1").pk]}
    client.post("/admin/tickets/ticket/", action)
    assert states() == {"A-1": "canceled", "A-2": "canceled"}


@pytest.mark.slow
def test_no_link_is_mailed_for_what_opens_nothing(conference, shop, paper, bought):
    paper.pages.append([paper_ticket("S-1", product="Shirt", product_code="9", admits=Admits.NO)])
    full(shop)
    mailing = plan_mailing(conference)
    assert [Ticket.objects.get(pk=pk).code for pk in mailing.ticket_ids] == ["A-1"]
    assert dict(mailing.skipped) == {"same_address": 1, "opens_nothing": 1}


@pytest.mark.slow
def test_giving_add_ons_costs_the_same_for_many(
    conference, shop, paper, bought, django_assert_max_num_queries
):
    paper.pages += [
        [
            paper_ticket(f"M{number}-1", email=f"p{number}@example.com"),
            add_on(f"M{number}-2", main_code=f"M{number}-1", email=f"p{number}@example.com"),
        ]
        for number in range(8)
    ]
    full(shop)
    for number in range(8):
        make_user(f"p{number}@example.com")
    with django_assert_max_num_queries(11):
        assert claim_tickets(conference) == 8
    assert Claim.objects.live().count() == 16
