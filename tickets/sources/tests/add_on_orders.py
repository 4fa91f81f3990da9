"""An order of Ada's with an add-on, and who has what of it."""

from tickets.admission.rule import compute
from tickets.models import Claim
from tickets.sources.shops.base import Admits
from tickets.sources.tests.paper_shop import paper_ticket

ADA, BEA = "ada@example.com", "bea@example.com"
SITE = "https://live.example.org"


def main(state: str = "valid", **kw):
    return paper_ticket("A-1", state, **{"email": ADA, **kw})


def add_on(code: str = "A-2", state: str = "valid", **kw):
    about = {"product": "Workshop", "product_code": "2", "admits": Admits.ASK}
    return paper_ticket(code, state, **{**about, "main_code": "A-1", "email": ADA, **kw})


def holders() -> dict[str, str]:
    live = Claim.objects.live().values_list("ticket__code", "user__email")
    return dict(live.order_by("ticket__code"))


def opened(conference, user) -> set[str]:
    return {each.scope for each in compute(conference, user.pk).openings}
