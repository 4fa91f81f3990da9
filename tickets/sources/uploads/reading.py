"""The file that an organizer uploads, and where in it the tickets stand."""

from django import forms
from django.http import QueryDict
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from tickets.sources.spreadsheets.books import Book
from tickets.sources.spreadsheets.files import ENCODINGS, read_book
from tickets.sources.spreadsheets.tables import MAX_BYTES

SHOWN_NAMES = 60


class TicketFileForm(forms.Form):
    file = forms.FileField(label=_("File"), help_text=_("CSV, XLSX or ODS."))
    encoding = forms.ChoiceField(
        label=_("Encoding"),
        required=False,
        choices=[("", _("Recognised by itself")), *ENCODINGS.items()],
        help_text=_("Only for a CSV whose letters with accents come out wrong."),
    )
    sheet = forms.CharField(
        label=_("Sheet"),
        required=False,
        max_length=100,
        help_text=_("Only for a large workbook. Else you choose the sheet on the next page."),
    )

    def book(self) -> Book:
        """Raises BadSpreadsheet."""
        values = self.cleaned_data
        data = values["file"].read(MAX_BYTES + 1)
        book = read_book(data, encoding=values["encoding"], sheet=values["sheet"])
        return book.at(values["sheet"])


class PlaceForm(forms.Form):
    """Which sheet is read, and which row of it names the columns."""

    def __init__(self, data: QueryDict | None, book: Book) -> None:
        super().__init__(data)
        self.book = book
        if len(book.sheets) > 1:
            names = [(sheet.name, sheet.name) for sheet in book.sheets]
            self.fields["sheet"] = forms.ChoiceField(label=_("Sheet"), choices=names)
        rows = {line: _beginning(cells) for line, cells in book.chosen.first_rows}
        text = _("Row %(line)s: %(names)s")
        self.fields["names_at"] = forms.TypedChoiceField(
            label=_("Row with the names of the columns"),
            coerce=int,
            choices=[(line, text % {"line": line, "names": names}) for line, names in rows.items()],
        )
        self.initial = {"sheet": book.sheet, "names_at": book.names_at}

    def placed(self) -> Book:
        """Of another sheet the row is guessed. Raises BadSpreadsheet."""
        values = self.cleaned_data
        if values.get("sheet", self.book.sheet) != self.book.sheet:
            return self.book.at(values["sheet"])
        return self.book.at(self.book.sheet, values["names_at"])


def _beginning(cells: list[str]) -> str:
    return Truncator(", ".join(filter(None, cells))).chars(SHOWN_NAMES)
