"""Which column is which, and what this file's words for states mean, as an organizer says."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from tickets.models import Ticket, Upload
from tickets.sources.shops.base import ShopTicket
from tickets.sources.spreadsheets.columns import STATE_OF, recognised_columns, unknown_words
from tickets.sources.spreadsheets.rows import read_tickets
from tickets.sources.spreadsheets.tables import Table

LABELS = {
    "code": _("Code of the ticket"),
    "email": _("Holder's e-mail"),
    "name": _("Holder's name"),
    "product": _("Product (type of ticket)"),
    "state": _("State (paid, canceled …)"),
    "order": _("Code of the order"),
    "buyer-email": _("Buyer's e-mail"),
    "valid-from": _("Valid from"),
    "valid-until": _("Valid until"),
    "blocked": _("Blocked (yes or no)"),
}
HELP = {
    "code": _(
        "What tells tickets apart. Without such a column it is made of e-mail and product; then a"
        " ticket with another e-mail is another ticket."
    ),
    "product": _("Says what the ticket opens. Without such a column all are of one product."),
    "state": _("Without such a column all tickets in the file are valid."),
}
# Those that files often have in two columns: order and position, product and variation, two names.
JOINED = ("code", "name", "product")
# More different words are not states.
MAX_WORDS = 20
MAX_SAMPLE = 30
STATES = [choice for choice in Ticket.State.choices if choice[0] != Ticket.State.UNKNOWN]


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What `Upload.mapping` keeps. `columns`: keys of HEADERS → names in the file's header; without
    "code", codes are made. `words`: in small letters.
    """

    columns: dict[str, list[str]]
    words: dict[str, str] = field(default_factory=dict)

    @classmethod
    def unpack(cls, packed: dict[str, dict[str, Any]]) -> Self:
        return cls(packed["columns"], packed["words"])

    @classmethod
    def of(cls, upload: Upload) -> Self | None:
        """None: nobody has chosen columns yet."""
        return cls.unpack(upload.mapping) if upload.mapping else None

    @classmethod
    def guessed(cls, table: Table, conference: Conference) -> Self:
        """The same as in the last file, if that had these columns, else what we recognise."""
        applied = Upload.objects.filter(conference=conference, applied_at__isnull=False)
        last = applied.order_by("-applied_at").values_list("mapping", flat=True).first()
        remembered = cls.unpack(last) if last else cls({})
        named = {name for names in remembered.columns.values() for name in names}
        if named and named <= set(table.header):
            return remembered
        return cls(recognised_columns(table.header), remembered.words)

    def pack(self) -> dict[str, object]:
        return {"columns": self.columns, "words": self.words}

    def tickets(self, table: Table, conference: Conference) -> list[ShopTicket]:
        """Raises BadSpreadsheet."""
        return read_tickets(
            table,
            conference,
            self.columns,
            words={word: Ticket.State(state) for word, state in self.words.items()},
            makes_codes="code" not in self.columns,
        )


class MappingForm(forms.Form):
    def __init__(self, data: QueryDict | None, *, table: Table, guess: ColumnMapping) -> None:
        super().__init__(data)
        self.words: list[str] = []
        choices = [("", "—"), *((name, _with_sample(name, table)) for name in table.header)]
        for key, label in LABELS.items():
            names = guess.columns.get(key, [])
            text = HELP.get(key, "")
            self._add(key, names[:1], label=label, help_text=text, choices=choices)
            if key in JOINED:
                self._add(_second(key), names[1:], label=_("… joined with"), choices=choices)
        self._add_words(table, guess)

    def _add(self, name: str, names: list[str], **options: Any) -> None:
        initial = names[0] if names else ""
        self.fields[name] = forms.ChoiceField(required=False, initial=initial, **options)

    def _add_words(self, table: Table, guess: ColumnMapping) -> None:
        """One field for each word that we do not know in the column that is chosen at the time."""
        column = self["state"].value()
        if column not in table.header:
            return
        self.words = unknown_words(table, column, STATE_OF)
        for word in self.words[:MAX_WORDS]:
            self.fields[_word_field(word)] = forms.ChoiceField(
                label=word or _("(empty)"),
                choices=[("", "—"), *STATES],
                initial=guess.words.get(word.casefold(), ""),
                error_messages={"required": _("Say what this word means.")},
            )

    @property
    def columns_part(self) -> Iterator[forms.BoundField]:
        return (bound for bound in self if not bound.name.startswith(_word_field("")))

    @property
    def words_part(self) -> list[forms.BoundField]:
        return [bound for bound in self if bound.name.startswith(_word_field(""))]

    def clean(self) -> dict[str, str]:
        super().clean()
        values = self.cleaned_data
        if len(self.words) > MAX_WORDS:
            message = _("This column has %(count)s different words. Is it the state?")
            self.add_error(
                "state", forms.ValidationError(message, params={"count": len(self.words)})
            )
        if not any(values.get(key) for key in ("code", "email", "buyer-email")):
            self.add_error("code", _("Which column tells the tickets apart, or has the e-mail?"))
        for key in JOINED:
            if values.get(_second(key)) and not values.get(key):
                self.add_error(key, _("Choose the first of the two columns."))
        return values

    @property
    def mapping(self) -> ColumnMapping:
        """The form has to be valid."""
        values = self.cleaned_data
        columns = {
            key: names
            for key in LABELS
            if (names := [values[name] for name in (key, _second(key)) if values.get(name)])
        }
        words = {word.casefold(): values[_word_field(word)] for word in self.words}
        return ColumnMapping(columns, words)


def _second(key: str) -> str:
    return f"{key}-and"


def _word_field(word: str) -> str:
    return f"word:{word}"


def _with_sample(name: str, table: Table) -> str:
    """Enough of what stands in it to know the column by."""
    at = table.header.index(name)
    cells = (cells[at].strip() for _line, cells in table.rows if len(cells) > at)
    sample = next(filter(None, cells), "")
    if len(sample) > MAX_SAMPLE:
        sample = f"{sample[:MAX_SAMPLE]}…"
    return f"{name} ({sample})" if sample else name
