"""Every page in a real browser: for everybody, in every size, under its policy, without scripts."""

from itertools import product

import pytest
from axe_playwright_python.base import AXE_SCRIPT, AxeResults

from tools.browser import chromium_path, sign_in

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]

PAGES = ["/", "/lobby/", "/schedule/", "/speakers/", "/rooms/main/", "/tickets/"]
SIZES = {"desktop": (1280, 900), "phone": (390, 844), "narrow": (360, 640)}


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


@pytest.fixture(scope="module")
def page_with_axe(browser, site, attendee_state):
    """One for all, because a context and empty caches for each cost more than what is tested."""
    # axe is put into the page as a script.
    context = browser.new_context(base_url=site.url, storage_state=attendee_state, bypass_csp=True)
    yield context.new_page()
    context.close()


@pytest.fixture(scope="module", params=product(PAGES, SIZES), ids="-".join)
def opened(request, page_with_axe):
    """A page that was opened in that size, and its width."""
    path, size = request.param
    width, height = SIZES[size]
    page_with_axe.set_viewport_size({"width": width, "height": height})
    assert page_with_axe.goto(path).status == 200
    page_with_axe.evaluate(AXE_SCRIPT)
    return page_with_axe, width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_are_accessible_and_fit(opened, scheme):
    page, width = opened
    page.emulate_media(color_scheme=scheme)
    found = AxeResults(page.evaluate("axe.run({ resultTypes: ['violations'] })"))
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.fixture(scope="module")
def complaints(browser, site, attendee_state):
    """Path → what the console has said of that page; all are open for a second at the same time."""
    context = browser.new_context(base_url=site.url, storage_state=attendee_state)
    heard = {path: [] for path in PAGES}
    for path, said in heard.items():
        page = context.new_page()
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on("pageerror", lambda error, said=said: said.append(str(error)))
        assert page.goto(path).status == 200
    page.wait_for_timeout(1000)
    context.close()
    return heard


@pytest.mark.parametrize("path", PAGES)
def test_pages_obey_their_policy(complaints, path):
    assert complaints[path] == []


@pytest.fixture(scope="module")
def page_without_scripts(browser, site, attendee_state):
    context = browser.new_context(
        base_url=site.url, storage_state=attendee_state, java_script_enabled=False
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("path", PAGES)
def test_pages_read_without_javascript(page_without_scripts, path):
    page_without_scripts.goto(path)
    assert page_without_scripts.locator("h1").count() == 1
    assert len(page_without_scripts.locator("main").inner_text()) > 40


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
