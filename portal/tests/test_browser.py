"""The main job in a real browser, through the real nginx."""

import pytest

from portal.tests.pulses import pulse_quickly
from tools.browser import chromium_path, sign_in, wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]

# What the promise says: the player is gone a minute after the ticket.
REVOCATION_SECONDS = 60


@pytest.fixture
def page(browser, site):
    """A page that has collected no complaint at its end: no error, no violation of the policy."""
    complaints: list[str] = []
    context = browser.new_context(base_url=site.url, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: complaints.append(message.text) if message.type == "error" else None,
    )
    page.complaints = complaints
    yield page
    context.close()


def is_playing(page):
    before = page.evaluate("document.querySelector('#player video')?.currentTime ?? 0")
    page.wait_for_timeout(500)
    after = page.evaluate("document.querySelector('#player video')?.currentTime ?? 0")
    return after != before and after > 0


BUY = """
from tickets.models import Product, Ticket
product = Product.objects.filter(scopes=["conference"]).first()
Ticket.objects.create(
    conference=product.conference, product=product, code="BOUGHT", holder_email="ada@example.com"
)
"""
# Past every hook of ours, as `psql` would.
CANCEL = """
from tickets.models import Ticket
Ticket.objects.filter(code="BOUGHT").update(state="canceled")
"""


@pytest.mark.timed
def test_sign_in_watch_and_lose_the_ticket(page, site, promises):
    site.run(BUY)
    if not promises.are_held:
        pulse_quickly(page.context)
    page.goto("/rooms/main/")
    sign_in(page, site, "ada@example.com")
    page.wait_for_url("**/rooms/main/")
    wait_until(lambda: is_playing(page), "the video plays")
    assert page.complaints == []

    site.run(CANCEL)
    seconds = wait_until(lambda: page.locator("#player video").count() == 0, "the player goes")
    promises.check("a canceled ticket ends the player", seconds, REVOCATION_SECONDS)
    assert "canceled" in page.locator("#refusal").inner_text().lower()
    assert "(BOUGHT)" in page.locator("#refusal").inner_text()


def test_the_lobby_says_which_rooms_a_ticket_opens_when(page, site):
    page.goto("/lobby/")
    sign_in(page, site, "tomorrow@example.com")
    page.wait_for_url("**/lobby/")
    cards = page.locator(".room-card")
    page.locator(".room-card.is-closed").first.wait_for()
    assert page.locator(".room-card.is-closed").count() == cards.count()
    assert "Opens for you " in cards.first.inner_text()
    assert "LIVE" not in page.locator("#rooms").inner_text().upper()
    page.locator("#notice a").click()
    page.wait_for_url("**/schedule/?day=*")
    assert page.complaints == []


def test_a_speaker_finds_the_timer_on_the_page_of_the_talk(page, site):
    page.goto("/tickets/")
    sign_in(page, site, "speaker@example.com")
    page.wait_for_url("**/tickets/")
    talk = page.get_by_role("link", name="Timer").first.get_attribute("href")
    page.goto(talk.removesuffix("timer/"))
    page.locator("a[data-timer]").click()
    page.wait_for_url("**" + talk)


def test_somebody_without_a_ticket_learns_what_to_do(page, site):
    page.goto("/rooms/main/")
    sign_in(page, site, "stranger@example.com")
    page.wait_for_load_state()
    assert page.locator("video, iframe").count() == 0
    assert "P-" in page.locator("main").inner_text()
