"""One number through nginx, gunicorn, the app and the worker, with the real processes."""

import json
import time
import urllib.error
import urllib.request

import pytest

from portal.tests.breaking_site import SECRET
from tools.stack import Stack

pytestmark = [pytest.mark.services, pytest.mark.slow]


def lines_of(path):
    """Every line has to be JSON: those of gunicorn's main process and of its workers as well."""
    return [json.loads(line) for line in path.read_text().splitlines() if line]


def test_one_number_finds_what_nginx_the_app_and_the_worker_say(template):
    app = "portal.tests.breaking_app:application"
    with Stack(app=app, background=True, template=template) as site:
        folder = site.log.parent
        for _time in range(2):
            asked = urllib.request.Request(
                f"{site.url}/break/x/?q={SECRET}", headers={"X-Request-ID": "0" * 32}
            )
            with pytest.raises(urllib.error.HTTPError) as broken:
                urllib.request.urlopen(asked)
            page = broken.value.read().decode()
        worker_log = folder / "worker-default.log"
        ends_at = time.monotonic() + 20
        while worker_log.read_text().count('"task": ') < 2 and time.monotonic() < ends_at:
            time.sleep(0.1)
        by_nginx = [each for each in lines_of(folder / "access.log") if each["status"] == 500]
        by_app = [each for each in lines_of(site.log) if each["logger"] == "django.request"]
        by_worker = [each for each in lines_of(worker_log) if "task" in each]
        everything = "".join(
            path.read_text() for path in [site.log, *folder.glob("*.log")] if path.is_file()
        )
    number = by_nginx[-1]["request_id"]
    assert number != "0" * 32
    assert number[:12] in page
    assert number in {each["request_id"] for each in by_app}
    assert {each["path"] for each in by_app} == {"break/<str:name>/"}
    assert number[:12] in {each["request_id"] for each in by_worker}
    assert {each["task"] for each in by_worker} == {"portal.tests.breaking_site.breaks_later"}
    assert SECRET not in everything
