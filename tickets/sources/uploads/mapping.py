"""Which column is which, and what this file's words for states mean, as an organizer says."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Self

from django import forms
from django.db.models import Q
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _

from schedule.models import Conference
from tickets.models import Ticket, Upload, User
from tickets.sources.spreadsheets.columns import recognised_columns
from tickets.sources.spreadsheets.rows import TicketRows, read_tickets
from tickets.sources.spreadsheets.states import (
    MAX_WORDS,
    PROPOSED,
    StateLike,
    state_like,
    unknown_words,
)
from tickets.sources.spreadsheets.summary import FileSummary, examples_of
from tickets.sources.spreadsheets.tables import BadRow, Table

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
    "canceled": _("Canceled or void (yes or no)"),
}
HELP = {
    "code": _(
        "What tells tickets apart. Without such a column it is made of e-mail and product; then a"
        " ticket with another e-mail is another ticket."
    ),
    "product": _("Says what the ticket opens. Without such a column all are of one product."),
    "state": _("Without such a column all tickets in the file are valid."),
    "blocked": _("Yes lets nobody in, until the shop unblocks the ticket. Empty is no."),
    "canceled": _("Yes, or a date, lets nobody in. Empty is no."),
}
# Those that files often have in two columns: order and position, product and variation, two names.
JOINED = ("code", "name", "product")
# In a question.
SHOWN_WORDS = 6
ANSWERS = [
    ("", "—"),
    ("yes", _("Yes: it tells which tickets are valid")),
    ("no", _("No: it tells something else")),
]
STATES = [choice for choice in Ticket.State.choices if choice[0] != Ticket.State.UNKNOWN]


@dataclass(frozen=True, slots=True)
class ColumnMapping:
    """What `Upload.mapping` keeps. `columns`: keys of HEADERS → names in the file's header; without
    "code", codes are made. `words`: in small letters. `no_states`: columns of which somebody has said
    that they do not tell the state, though they look like it.
    """

    columns: dict[str, list[str]]
    words: dict[str, str] = field(default_factory=dict)
    no_states: list[str] = field(default_factory=list)

    @classmethod
    def unpack(cls, packed: dict[str, Any]) -> Self:
        return cls(**packed)

    @classmethod
    def of(cls, upload: Upload) -> Self | None:
        """None: nobody has chosen columns yet."""
        return cls.unpack(upload.mapping) if upload.mapping else None

    @classmethod
    def last(cls, conference: Conference, by: User | None = None) -> Self:
        """Of the last file that was applied, or that waits and is this person's."""
        uploads = Upload.objects.filter(conference=conference).exclude(mapping={})
        known = Q(applied_at__isnull=False)
        if by is not None:
            known |= Q(uploaded_by=by)
        last = uploads.filter(known).order_by("-uploaded_at", "-pk")
        packed = last.values_list("mapping", flat=True).first()
        return cls.unpack(packed) if packed else cls({})

    @classmethod
    def guessed(cls, table: Table, conference: Conference) -> Self:
        """The same as in the last file, if that had these columns, else what we recognise."""
        last = cls.last(conference)
        if last.is_of(table):
            return last
        return cls(recognised_columns(table.header), last.words, last.no_states)

    @property
    def tells_apart(self) -> bool:
        """Whether it has a column that says which ticket a row is about."""
        return any(self.columns.get(key) for key in ("code", "email", "buyer-email"))

    @property
    def used(self) -> set[str]:
        return {name for names in self.columns.values() for name in names}

    def is_of(self, table: Table) -> bool:
        """Whether the file has these columns."""
        return bool(self.used) and self.used <= set(table.header)

    def unasked(self, table: Table) -> list[StateLike]:
        """Columns that look like the state, and nobody has said whether they are."""
        return state_like(table, {*self.used, *self.no_states})

    def unknown_words(self, table: Table) -> list[str]:
        words = unknown_words(table, self.columns.get("state", ()))
        return [word for word in words if word.casefold() not in self.words]

    def is_complete(self, table: Table) -> bool:
        """Whether there is nothing to ask about this file."""
        is_usable = self.is_of(table) and self.tells_apart
        return is_usable and not self.unasked(table) and not self.unknown_words(table)

    def has_all_of(self, table: Table) -> bool:
        """Whether it also has a column for all that we would recognise in the file."""
        known = recognised_columns(table.header).keys()
        return self.is_complete(table) and known <= self.columns.keys()

    def pack(self) -> dict[str, object]:
        return {"columns": self.columns, "words": self.words, "no_states": self.no_states}

    def read(self, table: Table, conference: Conference) -> TicketRows:
        """Raises BadSpreadsheet."""
        return read_tickets(
            table,
            conference,
            self.columns,
            words={word: Ticket.State(state) for word, state in self.words.items()},
            makes_codes="code" not in self.columns,
        )

    def summary(self, table: Table, read: TicketRows) -> FileSummary:
        return FileSummary(table, self.columns, read)


class _WordField(forms.ChoiceField):
    """Shows what is proposed also when it is asked for the first time on a form that was sent."""

    def bound_data(self, data: str | None, initial: str) -> str:
        return initial if data is None else data


class MappingForm(forms.Form):
    """Fields for the columns; for each that looks like the state and is not chosen, whether it is;
    and for each word that we do not know in the state's columns, what it means.
    """

    def __init__(self, data: QueryDict | None, *, table: Table, guess: ColumnMapping) -> None:
        super().__init__(data)
        self.table, self.guess = table, guess
        self.words: list[str] = []
        choices = [("", "—"), *((name, _with_sample(name, table)) for name in table.header)]
        for key, label in LABELS.items():
            names = guess.columns.get(key, [])
            text = HELP.get(key, "")
            self._add(key, names[:1], label=label, help_text=text, choices=choices)
            if key in JOINED:
                self._add(_second(key), names[1:], label=_("… joined with"), choices=choices)
        self._add_questions(guess)
        self._add_words(guess)

    def _add(self, name: str, names: list[str], **options: Any) -> None:
        initial = names[0] if names else ""
        self.fields[name] = forms.ChoiceField(required=False, initial=initial, **options)

    def _add_questions(self, guess: ColumnMapping) -> None:
        chosen = {str(self[name].value()) for name in list(self.fields)}
        answers = dict.fromkeys(guess.columns.get("state", ()), "yes")
        answers |= dict.fromkeys(guess.no_states, "no")
        for found in state_like(self.table, chosen):
            text = _("“%(name)s” holds %(words)s: use it?")
            words = ", ".join(found.words[:SHOWN_WORDS])
            words += " …" if len(found.words) > SHOWN_WORDS else ""
            self.fields[_question(found.name)] = forms.ChoiceField(
                label=text % {"name": found.name, "words": words},
                choices=ANSWERS,
                initial=answers.get(found.name, ""),
                error_messages={"required": _("Say whether this column tells the state.")},
            )

    def _add_words(self, guess: ColumnMapping) -> None:
        """Of the columns that are chosen at the time."""
        columns = [name for name in self._states if name in self.table.header]
        self.words = unknown_words(self.table, columns)
        for word in self.words[:MAX_WORDS]:
            key = word.casefold()
            self.fields[_word_field(word)] = _WordField(
                label=word or _("(empty)"),
                choices=[("", "—"), *STATES],
                initial=guess.words.get(key) or PROPOSED.get(key, ""),
                error_messages={"required": _("Say what this word means.")},
            )

    @property
    def _states(self) -> list[str]:
        """The state's columns, the chosen one first."""
        questions = {_question(name): name for name in self.table.header}
        said = [name for key, name in questions.items() if self._answer(key) == "yes"]
        return [*filter(None, [self["state"].value()]), *said]

    def _answer(self, key: str) -> str:
        return str(self[key].value()) if key in self.fields else ""

    @property
    def columns_part(self) -> list[forms.BoundField]:
        return self._part(lambda name: not name.startswith((_word_field(""), _question(""))))

    @property
    def questions_part(self) -> list[forms.BoundField]:
        return self._part(lambda name: name.startswith(_question("")))

    @property
    def words_part(self) -> list[forms.BoundField]:
        return self._part(lambda name: name.startswith(_word_field("")))

    def _part(self, belongs: Callable[[str], bool]) -> list[forms.BoundField]:
        return [bound for bound in self if belongs(bound.name)]

    def clean(self) -> dict[str, str]:
        super().clean()
        values = self.cleaned_data
        if len(self.words) > MAX_WORDS:
            message = _("This column has %(count)s different words. Is it the state?")
            asked = [_question(name) for name in self._states if _question(name) in self.fields]
            self.add_error(
                asked[0] if asked else "state",
                forms.ValidationError(message, params={"count": len(self.words)}),
            )
        if not self.mapping.tells_apart:
            self.add_error("code", _("Which column tells the tickets apart, or has the e-mail?"))
        for key in JOINED:
            if values.get(_second(key)) and not values.get(key):
                self.add_error(key, _("Choose the first of the two columns."))
        return values

    @property
    def mapping(self) -> ColumnMapping:
        """As far as the form is valid."""
        values = self.cleaned_data
        columns = {
            key: names
            for key in LABELS
            if (names := [values[name] for name in (key, _second(key)) if values.get(name)])
        }
        if states := [name for name in self._states if name in self.table.header]:
            columns["state"] = states
        words = {word.casefold(): values.get(_word_field(word), "") for word in self.words}
        names = self.table.header
        no_states = [name for name in names if values.get(_question(name)) == "no"]
        return ColumnMapping(columns, {key: word for key, word in words.items() if word}, no_states)

    def problems(self, conference: Conference) -> list[BadRow]:
        """Of the rows, beside the words that are asked for."""
        mapping = self.mapping if self.is_bound else self.guess
        if not mapping.tells_apart:
            return []
        asked = dict.fromkeys((word.casefold() for word in self.words), Ticket.State.CANCELED.value)
        return replace(mapping, words=asked | mapping.words).read(self.table, conference).problems


def _second(key: str) -> str:
    return f"{key}-and"


def _word_field(word: str) -> str:
    return f"word:{word}"


def _question(name: str) -> str:
    return f"is-state:{name}"


def _with_sample(name: str, table: Table) -> str:
    samples = examples_of(table, name, 1)
    return f"{name} ({samples[0]})" if samples else name
