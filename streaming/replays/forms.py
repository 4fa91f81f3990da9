"""What the library is narrowed to."""

from schedule.filters import FilterForm


class LibraryForm(FilterForm):
    # Everything here is a talk that has been, for whoever asks.
    kind = None
    mine = None
