"""docs/security.md has a row for each requirement of OWASP ASVS 5.0 of level 1 and 2, and what its
rows name is there.
"""

import ast
import re
from functools import cache
from typing import NamedTuple

import pytest

from tools.stack import PROJECT

# Section and, for its requirements in their order, the level of each: 345 numbers in all.
LEVELS = """
1.1 22 | 1.2 1111122223 | 1.3 112222222223 | 1.4 222 | 1.5 123
2.1 122 | 2.2 112 | 2.3 12223 | 2.4 23
3.1 3 | 3.2 113 | 3.3 12223 | 3.4 11222233 | 3.5 11122333 | 3.6 3 | 3.7 22333
4.1 12233 | 4.2 23333 | 4.3 22 | 4.4 1222
5.1 2 | 5.2 112333 | 5.3 113 | 5.4 222
6.1 122 | 6.2 111111112222 | 6.3 11223333 | 6.4 112233 | 6.5 22222333 | 6.6 2223 | 6.7 33 | 6.8 2222
7.1 222 | 7.2 1111 | 7.3 22 | 7.4 11222 | 7.5 223 | 7.6 22
8.1 1233 | 8.2 1123 | 8.3 133 | 8.4 23
9.1 111 | 9.2 1222
10.1 22 | 10.2 223 | 10.3 22223 | 10.4 1111122222233333 | 10.5 22222 | 10.6 22 | 10.7 222
11.1 2233 | 11.2 22233 | 11.3 11233 | 11.4 1222 | 11.5 23 | 11.6 23 | 11.7 33
12.1 12233 | 12.2 11 | 12.3 22223
13.1 2333 | 13.2 222223 | 13.3 2233 | 13.4 1222233
14.1 22 | 14.2 12223333 | 14.3 122
15.1 12233 | 15.2 12233 | 15.3 1222222 | 15.4 3333
16.1 2 | 16.2 22222 | 16.3 2222 | 16.4 222 | 16.5 2223
17.1 23 | 17.2 22223333 | 17.3 22
"""
REASONS = ("Does not apply: ", "Not met", "Operator: ")
ROW = re.compile(
    r"^\| (?P<numbers>\d[\d., ]*) \| (?P<level>\d) \| (?P<what>.+?) \| (?P<shown>.+) \|$"
)


class Row(NamedTuple):
    numbers: list[str]
    level: str
    what: str
    shown: str


def rows_of(text: str) -> list[Row]:
    found = [ROW.match(line) for line in text.splitlines()]
    return [
        Row(row["numbers"].split(", "), row["level"], row["what"], row["shown"])
        for row in found
        if row
    ]


def required(levels: str = LEVELS) -> dict[str, str]:
    """Number → level, of levels 1 and 2."""
    sections = [section.split() for section in re.split(r"[|\n]", levels.strip())]
    return {
        f"{name}.{place}": level
        for name, digits in sections
        for place, level in enumerate(digits, 1)
        if level in "12"
    }


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((PROJECT / path).read_text())
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}


def problems_of(rows: list[Row]) -> list[str]:
    found = []
    for row in rows:
        named = re.findall(r"`([^`]+)`", row.shown)
        if not named and not row.shown.startswith(REASONS):
            found.append(f"{row.numbers}: neither test nor reason")
        for name in named:
            path, _colons, function = name.partition("::")
            if not re.search(r"[/.]", path):
                continue  # a word of the code, like `__Host-`
            if not (PROJECT / path).exists():
                found.append(f"{row.numbers}: {path} is not there")
            elif function and function not in functions_of(path):
                found.append(f"{row.numbers}: {path} has no {function}")
    return found


ROWS = rows_of((PROJECT / "docs" / "security.md").read_text())


def test_the_numbers_are_as_many_as_the_standard_has():
    levels = list(required().values())
    assert (levels.count("1"), levels.count("2")) == (70, 183)


def test_each_requirement_has_one_row_with_its_level():
    numbers = [number for row in ROWS for number in row.numbers]
    wanted = required()
    assert sorted(wanted.keys() - set(numbers)) == [], "without a row"
    assert sorted(set(numbers) - wanted.keys()) == [], "no such requirement"
    assert [number for number in wanted if numbers.count(number) > 1] == []
    wrong = [
        row.numbers for row in ROWS if {wanted[number] for number in row.numbers} != {row.level}
    ]
    assert wrong == []


@pytest.mark.slow
def test_what_rows_name_is_there():
    assert problems_of(ROWS) == []


def test_a_row_without_proof_and_a_name_that_is_gone_are_found():
    here = "tools/tests/test_security_doc.py"
    rows = rows_of(
        "| 1.1.1 | 2 | Words | Because |\n"
        "| 1.1.2 | 2 | Words | `tools/tests/test_gone.py` |\n"
        f"| 1.2.1, 1.2.2 | 1 | Words | `{here}::test_gone` |\n"
        f"| 1.2.3 | 1 | Words | `{here}::test_what_rows_name_is_there` |\n"
        "| 1.2.4 | 1 | Words | Does not apply: there is none |\n"
    )
    assert len(rows) == 5
    assert problems_of(rows) == [
        "['1.1.1']: neither test nor reason",
        "['1.1.2']: tools/tests/test_gone.py is not there",
        f"['1.2.1', '1.2.2']: {here} has no test_gone",
    ]


def test_a_table_row_that_cannot_be_read_is_no_row():
    """So that a slip in a number shows as a requirement without a row."""
    assert rows_of("| 1.1.1 | two | Words | `README.md` |") == []
