"""The help desk: who is found, what is said, and who may."""

import pytest
from django.urls import reverse
from django.utils import timezone

from conftest import (
    client_of,
    make_conference,
    make_role,
    make_room,
    make_speaker,
    make_talk,
    make_ticket,
    make_user,
    settle,
)
from schedule.models import Conference
from tickets.helpdesk.tests.at_the_helpdesk import (
    INDEX,
    do,
    find,
    lobby,
    make_volunteer,
    page_of,
    text,
    tomorrow,
)
from tickets.models import Ban, Claim, Grant, Shop, Ticket, User

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors


@pytest.fixture
def desk(conference):
    return client_of(make_volunteer(conference))


def _words(words, person):
    code = person.reference.removeprefix("P-")
    return words.format(reference=person.reference, small=code.lower().replace("-", ""))


# --- Finding somebody ---------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    "words", ["Attendee@example.com", "{reference}", "p {small}", "Ada", "attendee", " Ada "]
)
def test_a_person_is_found_by_address_reference_and_name(attendee, desk, words):
    Ticket.objects.update(holder_email="")  # else the ticket is found as well
    response = find(desk, _words(words, attendee))
    assert response.redirect_chain == [(page_of(attendee), 302)]
    page = text(response)
    assert "They may enter Testconf" in page
    assert f"attendee@example.com is {attendee.reference}." in page


@pytest.mark.parametrize("words", ["ABC-1", "abc-", "ORD7", "ord7", "Grace Hopper", "grace@example.org"])  # fmt: skip
def test_a_ticket_is_found_by_code_order_and_holder(conference, desk, words):
    ticket = make_ticket(
        conference,
        code="ABC-1",
        order_code="ORD7",
        holder_name="Grace Hopper",
        holder_email="grace@example.org",
    )
    make_ticket(conference, code="XYZ-2")
    page = text(find(desk, words))
    assert "ABC-1" in page and "XYZ-2" not in page
    if "@" not in words:
        assert "It is in the name of Grace Hopper grace@example.org." in page
        assert f'href="/admin/tickets/ticket/{ticket.pk}/change/"' in page


def test_several_are_listed(conference, attendee, desk):
    other = make_user("attendee2@example.com")
    make_ticket(conference, user=other)
    make_ticket(conference, code="ATTENDEE-TICKET")
    page = text(find(desk, "attendee"))
    for row in (attendee, other, Ticket.objects.get(code="ATTENDEE-TICKET")):
        assert page_of(row) in page


def test_nobody_is_found(conference, desk):
    assert "Nobody and no ticket was found" in text(find(desk, "nothing-like-it"))
    assert find(desk, "").status_code == 200


@pytest.mark.slow
def test_an_address_without_an_account_is_explained(conference, desk):
    make_ticket(conference, code="WAITS", holder_email="new@example.com")
    assert "It is in the name of new@example.com." in text(find(desk, "new@example.com"))
    page = text(find(desk, "typo@example.com"))
    assert "Nobody has signed in as typo@example.com." in page
    assert "email=typo%40example.com" in page
    assert not User.objects.filter(email="typo@example.com").exists()


def test_people_of_other_conferences_are_not_found_by_name(conference, stranger, desk):
    assert "Nobody and no ticket" in text(find(desk, "Sam"))
    assert "stranger@example.com" in text(find(desk, "stranger@example.com"))


# --- What is said -------------------------------------------------------------------------------


def test_all_that_is_known_is_on_the_page_in_the_order_of_the_checks(conference, attendee, desk):
    Ban.objects.create(conference=conference, user=attendee, reason="shouted")
    Grant.objects.create(conference=conference, user=attendee, reason="crew")
    Shop.objects.create(conference=conference, slug="pretix", kind="pretix")
    page = text(desk.get(page_of(attendee)))
    said = [
        "an organizer has shut them out.",
        "attendee@example.com is",
        "They are shut out: “shouted”.",
        "They have ticket",
        "They are let in as “crew”",
        "The ticket shop “pretix” has never been heard.",
    ]
    places = [page.index(sentence) for sentence in said]
    assert places == sorted(places)


@pytest.mark.slow
def test_a_room_can_be_asked_for(conference, desk):
    room = make_room(conference, slug="side")
    user = make_user()
    make_ticket(conference, user=user, scopes=["room:main"])
    url = page_of(user)
    assert "They may enter Testconf" in text(desk.get(url))
    page = text(desk.get(url, {"scope": f"room:{room.slug}"}))
    assert "their ticket opens something else" in page
    assert '<option value="room:side" selected>' in page
    assert desk.get(url, {"scope": "nonsense"}).status_code == 404


def test_tickets_bought_for_others_are_listed(conference, attendee, desk):
    other = make_ticket(conference, buyer_email=attendee.email, holder_email="bo@example.com")
    assert page_of(other) in text(desk.get(page_of(attendee)))


@pytest.mark.slow
def test_speakers_whose_address_nobody_knows(conference, room, desk):
    known = make_speaker(conference, name="Known", email="known@example.com")
    unknown = make_speaker(conference, name="Unknown")
    make_speaker(conference, name="Without a talk")
    make_talk(conference, room=room, title="Looms", speakers=[known, unknown])
    page = text(desk.get(reverse("helpdesk:speakers")))
    assert "Unknown" in page and "Looms" in page
    assert "Known<" not in page.replace("Unknown<", "") and "Without a talk" not in page
    speaker = make_user("known@example.com")
    assert lobby(speaker) == 200
    assert "They speak in" in text(desk.get(page_of(speaker)))


@pytest.mark.slow
def test_the_number_of_queries_does_not_grow(
    conference, attendee, desk, django_assert_max_num_queries
):
    def count(url):
        desk.get(reverse("home"))
        with django_assert_max_num_queries(45) as queries:
            assert desk.get(url).status_code == 200
        return len(queries)

    ticket = make_ticket(conference, holder_email=attendee.email)
    urls = [page_of(attendee), page_of(ticket), f"{INDEX}?q=example"]
    make_ticket(conference, user=make_user())
    do(desk, "grant", email=attendee.email, reason="x", scopes="conference", ends_at=tomorrow())
    count(urls[0])
    few = [count(url) for url in urls]
    for _number in range(3):
        make_ticket(conference, user=attendee, buyer_email=attendee.email)
        make_ticket(conference, holder_email=attendee.email)
        make_ticket(conference, buyer_email=attendee.email)
        Claim.objects.create(ticket=ticket, user=make_user(), released_at=timezone.now())
        do(desk, "grant", email=attendee.email, reason="x", scopes="conference", ends_at=tomorrow())
    assert [count(url) for url in urls] == few


# --- Who may ------------------------------------------------------------------------------------


@pytest.mark.slow
def test_only_who_works_there_gets_in(conference, attendee, stranger, organizer, desk):
    moderator = make_role(conference, "moderator")
    urls = [INDEX, page_of(attendee), reverse("helpdesk:speakers"), f"{INDEX}release/"]
    for url in urls:
        assert client_of(None).get(url).url.startswith("/admin/login/?next="), url
        for nobody in (attendee, stranger, moderator):
            assert client_of(nobody).get(url).status_code == 403, url
        assert desk.get(url).status_code == 200, url
        assert client_of(organizer).get(url).status_code == 200, url
    ticket = Ticket.objects.get()
    assert do(client_of(moderator), "release", ticket=ticket.pk).status_code == 403
    do(client_of(attendee), "release", ticket=ticket.pk)
    assert Claim.objects.live().exists()


def test_the_admin_leads_to_the_help_desk(conference, room, desk):
    link = f'href="{INDEX}"'
    assert link in text(desk.get(reverse("admin:index")))
    helper = make_user()
    room.helpers.add(helper)
    assert link not in text(client_of(helper).get(reverse("desk:index")))


@pytest.mark.slow
def test_the_role_of_a_volunteer_goes_no_further(attendee, organizer, desk):
    page = text(desk.get(page_of(attendee)))
    assert "Let them in without a ticket" in page and "Sign out all devices" in page
    assert "Shut out" not in page
    assert do(desk, "ban", person=attendee.pk, reason="x").status_code == 403
    # Superusers are seen by superusers alone.
    assert desk.get(page_of(organizer)).status_code == 404
    assert "It is not there any more." in text(do(desk, "end-sessions", person=organizer.pk))
    assert desk.get(reverse("admin:schedule_talk_changelist")).status_code == 403
    assert desk.get(reverse("admin:tickets_product_changelist")).status_code == 403


def test_other_conferences_are_out_of_reach(conference, desk):
    Conference.objects.update(domain="testserver")
    other = make_conference(domain="two.example.com")
    settle()
    ticket = make_ticket(other, user=make_user())
    assert desk.get(INDEX).status_code == 200
    volunteer = User.objects.get(email="volunteer@example.com")
    assert client_of(volunteer, "two.example.com").get(INDEX).status_code == 403
    assert desk.get(page_of(ticket)).status_code == 404
    assert "It is not there any more." in text(do(desk, "release", ticket=ticket.pk))
    assert Claim.objects.live().filter(ticket=ticket).exists()


@pytest.mark.slow
def test_acts_that_are_none_and_rows_that_are_gone(conference, attendee, desk):
    assert desk.get(f"{INDEX}explode/").status_code == 404
    assert desk.get(reverse("helpdesk:person", args=[999_999])).status_code == 404
    for pk in ("999999", "", "x"):
        assert desk.get(f"{INDEX}release/", {"ticket": pk}).status_code == 200
        assert do(desk, "release", ticket=pk).status_code == 200
    assert Claim.objects.live().exists()


def test_a_post_needs_its_token(attendee, desk):
    desk.handler.enforce_csrf_checks = True
    ticket = Ticket.objects.get()
    url = reverse("helpdesk:act", args=["release"])
    assert desk.post(url, {"ticket": ticket.pk}).status_code == 403
    assert Claim.objects.live().exists()
