"""Writes static/css/grid.css: one class for each place that schedule/programme/grid.py may give a card. They
are classes because the content security policy allows no style attributes.

    python -m tools.make_grid_css       after each change of the numbers there
"""

import os
from pathlib import Path

import django

STYLESHEET = Path(__file__).resolve().parent.parent / "static/css/grid.css"
HEAD = """\
/* Places in the schedule's grid, since the content security policy allows none in style attributes.
   Made by tools/make_grid_css.py, as many as schedule/programme/grid.py says. */
"""


def grid_css(rows: int, columns: int, width: int) -> str:
    """The row where a card begins and the rows that it spans, a column, the columns of a head."""
    lines = [f".r{n}{{--row:{n}}}.s{n}{{--rows:{n}}}" for n in range(1, rows + 1)]
    lines += [f".c{n}{{--column:{n}}}" for n in range(1, columns + 1)]
    lines += [f".w{n}{{--columns:{n}}}" for n in range(1, width + 1)]
    return HEAD + "\n".join(lines) + "\n"


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    from schedule.programme.grid import (  # noqa: PLC0415 - needs the settings
        MAX_COLUMNS,
        MAX_ROWS,
        MAX_WIDTH,
    )

    STYLESHEET.write_text(grid_css(MAX_ROWS, MAX_COLUMNS, MAX_WIDTH))


if __name__ == "__main__":
    main()
