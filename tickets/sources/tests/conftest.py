import pytest

from tickets.models import Shop
from tickets.sources.tests.paper_shop import PaperShop, make_shop, use


@pytest.fixture
def paper(monkeypatch) -> PaperShop:
    paper = PaperShop()
    use(monkeypatch, paper)
    return paper


@pytest.fixture
def shop(conference, paper) -> Shop:
    return make_shop(conference)
