from schedule.programme.filters import FilterForm


class LibraryForm(FilterForm):
    # Everything here is a talk that has been, for whoever asks. This is how Django leaves out fields.
    kind = None  # type: ignore[assignment]
    mine = None  # type: ignore[assignment]
