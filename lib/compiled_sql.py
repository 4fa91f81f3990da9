"""Queries that are asked for each person who comes by: their SQL is written once and kept.

Django writes the SQL of a queryset anew whenever it is used. For one that finds a row or two that
takes five times as long as asking the database.
"""

from collections.abc import Callable, Sequence
from copy import copy
from types import SimpleNamespace
from typing import Any

from django.db import connection
from django.db.models import QuerySet

# Stand for what is asked for while the SQL is written, so values that nobody asks for. The number
# fits into every integer field.
_NUMBER = 2_147_483_000
_TEXT = "\0asked for\0{}"


class prepared[**P, Row]:  # noqa: N801 - a decorator
    """Makes of a function that returns a queryset one that returns its rows.

    Arguments are numbers and texts, by position, and the function may use them only as values to
    compare with: it runs once, and not with the values of a call. Raises TypeError where it does
    something else with one of them.
    """

    def __init__(self, make: Callable[P, QuerySet[Any, Row]]) -> None:
        self._make: Callable[..., QuerySet[Any, Row]] = make
        self._written: dict[str, _Written[Row]] = {}

    def __call__(self, *values: P.args, **_named: P.kwargs) -> list[Row]:
        written = self._written.get(connection.vendor)
        if written is None:
            slots = [_slot(number, value) for number, value in enumerate(values)]
            written = self._written[connection.vendor] = _Written(self._make(*slots), slots)
        return written.rows(values)


def _slot(number: int, value: object) -> int | str:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise TypeError(f"{value!r} is neither a number nor a text.")
    return _NUMBER + number if isinstance(value, int) else _TEXT.format(number)


class _Written[Row]:
    def __init__(self, queryset: QuerySet[Any, Row], slots: Sequence[int | str]) -> None:
        self._queryset = queryset
        self._compiler = queryset.query.get_compiler(queryset.db)
        self._sql, self._parameters = self._compiler.as_sql()
        self._places = [
            (place, slots.index(parameter))
            for place, parameter in enumerate(self._parameters)
            if parameter in slots
        ]
        if {number for _place, number in self._places} != set(range(len(slots))):
            raise TypeError(f"Not every argument is a value to compare with: {self._sql}")

    def rows(self, values: Sequence[object]) -> list[Row]:
        parameters = list(self._parameters)
        for place, number in self._places:
            parameters[place] = values[number]
        compiler: Any = copy(self._compiler)
        # Each thread has a connection of its own.
        compiler.connection = connection
        compiler.as_sql = lambda: (self._sql, parameters)
        made: Any = self._queryset
        # This stands in the place of a query: Django asks it for its compiler to make rows.
        query = SimpleNamespace(get_compiler=lambda *_args, **_named: compiler)
        answered = type(made)(made.model, query=query, using=made.db)
        rows: list[Row] = list(made._iterable_class(answered))
        return rows
