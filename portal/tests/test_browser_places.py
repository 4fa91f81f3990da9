"""Three browsers of one person whose ticket has two places, through the real nginx."""

import pytest

from portal.tests.pulses import pulse_quickly
from tools.browser import PATIENCE_MS, chromium_path, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]

BUY = """
from tickets.models import Product, Ticket
product = Product.objects.filter(scopes=["conference"]).first()
Ticket.objects.create(
    conference=product.conference, product=product, code="PLACES", holder_email="grace@example.com"
)
"""


@pytest.fixture
def new_device(browser, site):
    """Opens the room in a browser that has just signed in."""
    site.run(BUY)
    contexts = []

    def open_room():
        context = browser.new_context(base_url=site.url)
        contexts.append(context)
        pulse_quickly(context)
        page = context.new_page()
        page.goto("/rooms/main/")
        sign_in(page, site, "grace@example.com")
        page.wait_for_url("**/rooms/main/")
        return page

    yield open_room
    for context in contexts:
        context.close()


def wait_for_picture(page, *, reloading=False):
    """Not by wait_for_function, which the page's policy forbids."""
    for number in range(PATIENCE_MS // 250):
        if reloading and number % 20 == 0:
            page.reload()
        if page.evaluate("document.querySelector('#player video')?.currentTime > 0"):
            return
        page.wait_for_timeout(250)
    pytest.fail("no picture has come")


def wait_for_refusal(page):
    page.get_by_text("You are watching somewhere else", exact=True).wait_for()
    assert page.locator("#player video").count() == 0


def test_the_third_device_takes_the_place_of_the_first_which_stops_and_says_so(new_device):
    first, second = new_device(), new_device()
    wait_for_picture(first)
    wait_for_picture(second)

    third = new_device()
    wait_for_refusal(third)
    third.get_by_role("button", name="Watch here instead").click()
    wait_for_picture(third)
    assert third.locator("#refusal").is_hidden()

    wait_for_refusal(first)
    assert "somewhere else" in first.locator("#status").inner_text()
    assert second.locator("#player video").count() == 1

    # Who closes a page makes room for the next one.
    second.goto("/schedule/")
    wait_for_picture(first, reloading=True)
