"""Pictures of the main pages in docs/screenshots/, from the demo on the production shape.

python -m tools.screenshots [--dark] [--to FOLDER]
"""

import argparse
import sys
from itertools import product
from pathlib import Path

from tools.browser import chromium, sign_in
from tools.process import NotStarted, interrupt_on_sigterm
from tools.stack import PROJECT, Stack

# By who looks at them.
PAGES = {
    "attendee@example.com": {
        "landing": "/",
        "lobby": "/lobby/",
        "schedule": "/schedule/",
        "room": "/rooms/main/",
    },
    "organizer@example.com": {"desk": "/admin/desk/"},
}
SIZES = {"desktop": (1280, 900), "phone": (390, 844)}
# Until the stream has begun and the account's name is in its corner.
SETTLE_MS = 4000


def take(site: Stack, folder: Path, scheme: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with chromium() as browser:
        for (email, pages), (size, (width, height)) in product(PAGES.items(), SIZES.items()):
            page = browser.new_page(
                base_url=site.url,
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
            )
            page.goto("/accounts/login/")
            sign_in(page, site, email)
            page.wait_for_url("**/lobby/")
            for name, path in pages.items():
                page.goto(path)
                page.wait_for_timeout(SETTLE_MS)
                page.screenshot(path=folder / f"{name}-{size}.png")
            page.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.screenshots", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--dark", action="store_true", help="as people see it who prefer dark")
    parser.add_argument("--to", type=Path, default=PROJECT / "docs" / "screenshots")
    options = parser.parse_args()
    interrupt_on_sigterm()
    with Stack() as site:
        take(site, options.to, "dark" if options.dark else "light")


if __name__ == "__main__":
    try:
        main()
    except NotStarted as error:
        sys.exit(str(error))
