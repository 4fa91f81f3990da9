import pytest
from django.utils import timezone

from conftest import make_talk
from tickets.models import Product, Shop
from tickets.sources.products import say_what_opens
from tickets.sources.tests.add_on_orders import add_on, main
from tickets.sources.tests.paper_shop import PaperShop, full, make_shop, use


@pytest.fixture
def paper(monkeypatch) -> PaperShop:
    paper = PaperShop()
    use(monkeypatch, paper)
    return paper


@pytest.fixture
def shop(conference, paper) -> Shop:
    return make_shop(conference)


@pytest.fixture
def bought(conference, shop, paper) -> None:
    """A ticket and its workshop, both in Ada's name, who has not signed in yet."""
    make_talk(conference, code="WORK", starts_at=timezone.now(), ends_at=conference.window[1])
    paper.pages = [[main(), add_on()]]
    full(shop)
    say_what_opens(Product.objects.get(name="Workshop"), ["talk:WORK"])


@pytest.fixture
def file(tmp_path):
    """Writes a spreadsheet and says where it is."""

    def write(text: str | bytes) -> str:
        path = tmp_path / "tickets.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return str(path)

    return write
