"""The main job in a real browser, through the real nginx."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from portal.tests.pulses import pulse_quickly
from tools.browser import chromium_path, sign_in, wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]

PAGES = ["/", "/lobby/", "/schedule/", "/speakers/", "/rooms/main/", "/tickets/"]
SIZES = {"desktop": (1280, 900), "phone": (390, 844), "narrow": (360, 640)}
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


@pytest.fixture(scope="module")
def attendee_state(browser, site, tmp_path_factory):
    """The cookies of somebody who has signed in."""
    context = browser.new_context(base_url=site.url)
    page = context.new_page()
    page.goto("/accounts/login/")
    sign_in(page, site, "attendee@example.com")
    page.wait_for_url("**/lobby/")
    path = tmp_path_factory.mktemp("browser") / "state.json"
    context.storage_state(path=path)
    context.close()
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("path", PAGES)
def test_pages_are_accessible_and_fit(browser, site, attendee_state, path, size, scheme):
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": width, "height": height},
        color_scheme=scheme,
        storage_state=attendee_state,
        bypass_csp=True,  # axe is put into the page as a script
    )
    page = context.new_page()
    assert page.goto(path).status == 200
    results = Axe().run(page, options={"resultTypes": ["violations"]})
    assert results.violations_count == 0, results.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_pages_obey_their_policy(browser, site, attendee_state, path):
    context = browser.new_context(base_url=site.url, storage_state=attendee_state)
    page = context.new_page()
    complaints = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(path)
    page.wait_for_timeout(1000)
    assert complaints == []
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_pages_read_without_javascript(browser, site, attendee_state, path):
    context = browser.new_context(
        base_url=site.url, storage_state=attendee_state, java_script_enabled=False
    )
    page = context.new_page()
    page.goto(path)
    assert page.locator("h1").count() == 1
    assert len(page.locator("main").inner_text()) > 40
    context.close()


@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_the_player_is_above_the_fold_with_the_programme(browser, site, attendee_state, size):
    width, height = SIZES[size]
    context = browser.new_context(
        base_url=site.url,
        viewport={"width": width, "height": height},
        storage_state=attendee_state,
    )
    page = context.new_page()
    page.goto("/rooms/main/")
    player = page.locator("#player").bounding_box()
    programme = page.locator("#programme").bounding_box()
    assert player["y"] + player["height"] <= height
    assert programme["y"] < height
    context.close()
