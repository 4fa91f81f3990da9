"""Pages that ask every second whether somebody may go on watching, where they would twice a minute."""

from playwright.sync_api import BrowserContext, Route

SLOW, QUICK = "const PULSE_SECONDS = 30;", "const PULSE_SECONDS = 1;"


def pulse_quickly(context: BrowserContext) -> None:
    """How soon people see it with the pulse of production is measured by `make bench`."""
    context.route("**/pulse.*.js", _with_quick_pulse)


def _with_quick_pulse(route: Route) -> None:
    script = route.fetch()
    assert SLOW in script.text()
    route.fulfill(response=script, body=script.text().replace(SLOW, QUICK))
