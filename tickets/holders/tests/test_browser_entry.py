"""The mailed link on a phone and the code on a laptop, in a real browser, with and without scripts."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from tools.browser import chromium_path

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]
EMAIL = "phone-and-laptop@example.com"
TICKET = f"""
from tickets.models import Product, Ticket
product = Product.objects.filter(scopes=["conference"])[0]
Ticket.objects.create(
    conference=product.conference, product=product, code="PHONE-1", holder_email="{EMAIL}"
)
"""


@pytest.fixture(scope="module")
def link(site):
    site.run(TICKET)
    before = set(site.mail_dir.iterdir())
    site.manage("send_links", "--only-new", "--site", site.url, "--per-minute", "60000")
    mails = [file.read_text() for file in set(site.mail_dir.iterdir()) - before]
    (mail,) = [text for text in mails if f"To: {EMAIL}" in text]
    found = re.search(r"http://\S+/t/\S+/", mail)
    assert found
    return found[0]


def complaints_of_axe(page):
    return [violation["id"] for violation in Axe().run(page).response["violations"]]


def let_in(phone, laptop):
    phone.goto("/my/devices/add/")
    phone.get_by_role("button", name="Show a code").click()
    code = phone.locator(".handover-code").inner_text()
    laptop.goto("/in/")
    laptop.get_by_label("Code").fill(code)
    laptop.get_by_role("button", name="Go on").click()
    number = laptop.locator(".handover-code").inner_text()
    phone.get_by_role("button", name="Yes").wait_for()
    assert phone.locator(".handover-code").inner_text() == number
    phone.get_by_role("button", name="Yes").click()
    laptop.get_by_role("button", name="Come in").click()
    laptop.wait_for_url("**/lobby/")
    phone.get_by_text("Your other device is in").wait_for()


def test_without_scripts(browser, site, link):
    phone, laptop = (
        browser.new_context(base_url=site.url, java_script_enabled=False) for _device in range(2)
    )
    page = phone.new_page()
    page.goto(link)
    page.get_by_role("button", name="Come in").click()
    page.wait_for_url("**/lobby/")
    let_in(page, laptop.new_page())
    phone.close()
    laptop.close()


def test_with_scripts_and_for_everybody(browser, site, link):
    phone = browser.new_context(base_url=site.url, viewport={"width": 360, "height": 740})
    laptop = browser.new_context(base_url=site.url)
    page = phone.new_page()
    page.goto(link)
    assert complaints_of_axe(page) == []
    page.get_by_role("button", name="Come in").click()
    page.wait_for_url("**/lobby/")
    let_in(page, laptop.new_page())
    for path in ("/tickets/", "/tickets/claim/", "/in/", "/my/devices/add/"):
        page.goto(path)
        assert complaints_of_axe(page) == []
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360
    page.get_by_role("button", name="One more device").click()
    page.locator(".handover-code").wait_for()
    assert complaints_of_axe(page) == []
    phone.close()
    laptop.close()
