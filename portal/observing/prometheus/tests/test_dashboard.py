"""The dashboard, and the rules of the alerts, asked of a real Prometheus that scrapes the production shape."""

import json
import time
import urllib.error
import urllib.request

import pytest
from django.conf import settings

from tools.faults.prometheus import ask, prometheus, scrape
from tools.stack import Stack

pytestmark = [pytest.mark.services, pytest.mark.slow, pytest.mark.walk]

FOLDER = settings.BASE_DIR / "deploy" / "prometheus"
PANELS = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
EXPRESSIONS = [target["expr"] for panel in PANELS for target in panel["targets"]]
# Of what this site has none: a ticket shop that is asked, backups, mails that were sent.
WITHOUT_DATA = {"front_row_source_age_seconds", "front_row_backup_age_seconds"}
# Something of every kind that a site counts, in its own words.
SCENE = """
from django.utils import timezone
from lib.counting import counts
from lib.counting.acts import ACTS, MAILS
from streaming.models import Stream, StreamHealth
for outcome in ("ok", "failed"):
    ACTS.add("claim", outcome)
MAILS.add("sent")
counts.flush()
StreamHealth.objects.get_or_create(stream=Stream.objects.first(), defaults={"is_playing": True})
"""
ASKED = 30


def pages(site):
    for path in (*["/"] * ASKED, "/live.json", "/rooms/main/playback.json", "/nowhere/"):
        try:
            urllib.request.urlopen(site.url + path).read()
        except urllib.error.HTTPError as refused:
            refused.close()


def without_data(url, expressions):
    return {each for each in expressions if not ask(url, each)}


def test_each_expression_has_data(template, tmp_path):
    with Stack(workers=2, template=template) as site:
        address = site.log.parent / "app.sock"
        with prometheus(tmp_path / "prometheus", address) as url:
            site.run(SCENE)
            tries = 0
            while (missing := without_data(url, EXPRESSIONS) - WITHOUT_DATA) and tries < 100:
                pages(site)
                site.run(SCENE)
                time.sleep(0.5)
                tries += 1
            assert missing == set()
            assert ask(url, 'front_row_requests_total{group="probe"}') != []
        # Whoever comes by nginx finds nothing.
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{site.url}/metrics")
        assert refused.value.code == 404
        assert b"front_row" not in refused.value.read()
        assert b"front_row_acts_total" in scrape(address)
