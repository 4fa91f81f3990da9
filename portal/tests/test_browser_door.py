"""The landing page and the way in, in a real browser, through the real nginx."""

import pytest

from tools.browser import chromium_path, mailed_code, sign_in, wait_until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]

RENAME = """
from django.utils import timezone
from schedule.models import Talk
talk = Talk.objects.exclude(kind="break").filter(is_hidden=False, is_canceled=False,
    starts_at__gt=timezone.now()).order_by("starts_at").first()
Talk.objects.filter(pk=talk.pk).update(title="%s")
"""


@pytest.fixture
def page(browser, site):
    context = browser.new_context(base_url=site.url, timezone_id="Asia/Tokyo")
    yield context.new_page()
    context.close()


def test_the_landing_page_follows_and_knows_who_is_here(page, site):
    page.goto("/")
    assert page.get_by_role("link", name="Enter with your ticket").count() == 1
    site.run(RENAME % "A new name for this talk")
    page.get_by_role("link", name="A new name for this talk").wait_for()

    page.goto("/accounts/login/?next=/")
    sign_in(page, site, "landing@example.com")
    page.get_by_role("link", name="To the lobby").wait_for()
    assert "You are signed in as landing" in page.locator(".hero").inner_text()


def test_the_zone_has_the_name_that_was_chosen(page):
    page.goto("/schedule/")
    page.get_by_role("button", name="Show times in Asia/Tokyo").click()
    wait_until(lambda: "Tokyo (UTC+9)" in page.locator("#zone").inner_text(), "the name is there")
    # The page itself is shared with who chose Seoul.
    assert "Tokyo" not in page.request.get("/schedule/").text()


def test_back_and_reload_send_nothing_again(page, site):
    """What a browser asks about when a page is the answer to a form."""
    page.goto("/accounts/login/?next=/tickets/")
    before = set(site.mail_dir.iterdir())
    page.get_by_label("E-mail").fill("back@example.com")
    page.get_by_role("button", name="Send").click()
    code = mailed_code(site.mail_dir, before)
    field = page.locator("input[autocomplete=one-time-code]")
    field.fill("0000-0000")
    page.get_by_role("button", name="Sign in").click()
    page.get_by_text("4 more tries.").wait_for()
    assert field.get_attribute("aria-invalid") == "true"
    page.reload()
    assert page.get_by_text("4 more tries.").count() == 0

    other = page.context.new_page()
    other.goto(page.url)
    stale = page
    other.locator("input[autocomplete=one-time-code]").fill(code)
    other.get_by_role("button", name="Sign in").click()
    other.wait_for_url("**/tickets/")
    assert other.go_back().ok
    other.wait_for_url("**/tickets/")

    stale.locator("input[autocomplete=one-time-code]").fill(code)
    stale.get_by_role("button", name="Sign in").click()
    stale.wait_for_url("**/tickets/")


CLICK_TWICE = """() => {
  const refused = [];
  addEventListener("submit", (event) => {
    refused.push(event.defaultPrevented);
    event.preventDefault();
  });
  document.querySelector("main input[type=email]").value = "twice@example.com";
  const button = document.querySelector("main form button");
  button.click();
  button.click();
  return refused;
}"""


def test_a_form_is_sent_once_however_often_somebody_clicks(page):
    page.goto("/accounts/login/")
    assert page.evaluate(CLICK_TWICE) == [False, True]
