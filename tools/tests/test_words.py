"""docs/words.md names the nouns that the code uses, all of them and no others."""

import ast
import re
from collections import Counter, defaultdict

import pytest

from tools.stack import PROJECT

PRODUCT = ("lib", "schedule", "tickets", "streaming", "portal")
# What Django, allauth or Python call so is no word of ours: its own name says what it is.
FRAMEWORK = re.compile(
    r".*(Admin|AdminConfig|AdminSite|Adapter|Backend|Config|Field|Filter|Form|FormSet|Formatter|Inline"
    r"|Input|Manager|Middleware|QuerySet|Storage|Validator|View)|Command"
)
WORD = re.compile(r"`([A-Z]\w+)`")


def public_classes():
    """Name → files, of the classes at the top of product modules."""
    found = defaultdict(list)
    for app in PRODUCT:
        for path in sorted((PROJECT / app).rglob("*.py")):
            if {"tests", "migrations"} & set(path.parts):
                continue
            for node in ast.parse(path.read_text()).body:
                if isinstance(node, ast.ClassDef) and node.name[0].isupper():
                    found[node.name].append(path.relative_to(PROJECT).as_posix())
    return found


@pytest.mark.slow
def test_one_word_means_one_thing():
    shared = {name: files for name, files in public_classes().items() if len(files) > 1}
    del shared["Command"]
    assert shared == {}


@pytest.mark.slow
def test_the_words_are_those_of_the_code():
    ours = {name for name in public_classes() if not FRAMEWORK.fullmatch(name)}
    named = Counter(WORD.findall((PROJECT / "docs" / "words.md").read_text()))
    assert sorted(ours - set(named)) == [], "not in docs/words.md"
    assert sorted(set(named) - ours) == [], "no longer in the code"
    assert [name for name, times in named.items() if times > 1] == []
