"""A shop that an installed package adds, without a change to ours."""

import importlib
import re
from pathlib import Path

import pytest

from lib.sealing import seal
from tickets.models import Shop
from tickets.sources.shops.base import BadCall, WebhookCall
from tickets.sources.shops.registry import OURS, known_kinds
from tickets.sources.tests.fake_shops.server import FakeShop, as_json

DOCS = Path(__file__).resolve().parents[3] / "docs" / "shops.md"
# The example that our documentation gives, and one that wants to be another.
MODULE = (
    re.findall(r"```python\n(.*?)```", DOCS.read_text(), re.DOTALL)[0]
    + """
GREEDY = ShopKind("pretix", "All pretix", BoxOffice, read_call)
"""
)


class BoxOffice(FakeShop):
    def answer(self, asked):
        row = {"code": "7-1", "order": "7", "product": "Seat", "email": "Ada@Example.com"}
        sold = [row | {"state": "sold"}, row | {"code": "7-2", "state": "lost"}]
        return as_json({"tickets": sold, "whole_orders": ["7"], "version": 3})


@pytest.fixture
def installed(tmp_path: Path, monkeypatch):
    """Puts a package on the path, as pip would, with these entry points."""

    def install(**points: str) -> None:
        (tmp_path / "front_row_boxoffice.py").write_text(MODULE)
        info = tmp_path / "front_row_boxoffice-1.0.dist-info"
        info.mkdir()
        metadata = "Metadata-Version: 2.1\nName: front-row-boxoffice\nVersion: 1.0"
        (info / "METADATA").write_text(metadata)
        lines = "".join(f"{name} = {value}\n" for name, value in points.items())
        (info / "entry_points.txt").write_text(f"[front_row.ticket_shops]\n{lines}")
        monkeypatch.syspath_prepend(tmp_path)
        importlib.invalidate_caches()

    return install


def test_it_works(installed, settings):
    installed(boxoffice="front_row_boxoffice:BOX")
    kinds = known_kinds()
    assert list(kinds) == ["pretix", "tito", "boxoffice"]
    with BoxOffice() as office:
        settings.PRIVATE_HOSTS = [office.url]
        api = kinds["boxoffice"].open(Shop(base_url=office.url, token=seal("secret")))
        (batch,) = api.everything()
        assert list(api.changes("3")) == [api.order("7")] == [batch]
    assert [asked.headers["authorization"] for asked in office.asked] == ["Bearer secret"] * 3
    assert (batch.whole_orders, batch.next_cursor) == ({"7"}, "3")
    seat, lost = batch.tickets
    assert (seat.code, seat.product, seat.values["state"]) == ("7-1", "Seat", "valid")
    assert seat.values["holder_email"] == "ada@example.com"
    assert (lost.values["state"], lost.values["shop_says"]) == ("unknown", "lost")
    with pytest.raises(BadCall):
        kinds["boxoffice"].read_call(Shop(), WebhookCall({}, b""))


def test_ours_are_there_with_what_organizers_fill_in():
    assert known_kinds() == {kind.name: kind for kind in OURS}
    rows = {field.name for field in Shop._meta.get_fields()}
    for kind in OURS:
        assert set(kind.fields) <= rows
        assert "token" in kind.fields
        assert (DOCS.parents[1] / kind.docs).is_file()


def test_nobody_takes_the_place_of_ours(installed):
    installed(greedy="front_row_boxoffice:GREEDY")
    assert known_kinds()["pretix"].label == "pretix"
    assert len(known_kinds()) == len(OURS)


@pytest.mark.parametrize(
    "value", ["front_row_boxoffice:MISSING", "no_such_module:X", "front_row_boxoffice"]
)
def test_a_broken_package_is_left_out_and_logged(installed, caplog, value):
    installed(good="front_row_boxoffice:BOX", broken=value)
    assert list(known_kinds()) == ["pretix", "tito", "boxoffice"]
    (record,) = caplog.records
    assert value in record.getMessage()
