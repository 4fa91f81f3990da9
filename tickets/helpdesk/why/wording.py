"""How facts are put into words, for whoever reads them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from django.db.models import Model

from schedule.models import Conference
from tickets.helpdesk.why.facts import Fact
from tickets.models import Ticket


@dataclass(frozen=True, slots=True)
class Finding:
    """A fact in words. `is_good` and `about` are the fact's."""

    check: str
    is_good: bool | None
    text: str
    about: Model | None


class Wording:
    """A sentence for each kind of fact that its readers are told, and how they read the values. A
    kind without a sentence is not told. `marks`: where they see another `is_good` than the fact's.
    """

    # Not translated yet; some have a plural.
    sentences: ClassVar[Mapping[str, Any]]
    marks: ClassVar[Mapping[str, bool | None]] = {}

    def __init__(self, conference: Conference) -> None:
        self.conference = conference

    def tell(self, facts: Iterable[Fact]) -> list[Finding]:
        return [self._finding(fact) for fact in facts if fact.kind in self.sentences]

    def _finding(self, fact: Fact) -> Finding:
        told = [
            self.sentences[kind] % {name: self._word(value) for name, value in values.items()}
            for kind, values in fact.parts
            if kind in self.sentences
        ]
        is_good = self.marks.get(fact.kind, fact.is_good)
        return Finding(fact.kind.partition(".")[0], is_good, " ".join(told), fact.about)

    def _word(self, value: Any) -> Any:
        match value:
            case datetime():
                return self.time(value)
            case Ticket():
                return self.ticket(value)
            case list():
                return self.scopes(value)
        return value

    def time(self, at: datetime) -> str:
        raise NotImplementedError

    def ticket(self, ticket: Ticket) -> str:
        raise NotImplementedError

    def scopes(self, scopes: list[str]) -> str:
        raise NotImplementedError
