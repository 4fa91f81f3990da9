"""What no other tool looks at: rules for templates, for files of other people, and for paths.

    python -m tools.check_files      prints file:line: message, and fails when there is any

Templates: no line over 160 characters; no inline script or style and no on… handler, since the
content security policy stops them; text only where gettext sees it, or inside an element with
translate="no"; no {# comment #} over several lines, which Django would print; {% blocktranslate %}
over several lines only with `trimmed`, since `make fix` indents them and a translation is found by
the text. Files that code and docs name, by their path from the top, are there, and no merge is left half done
in them. Vendored files: each is
in static/vendor/README.md, in a row `| file | source | licence | sha256 |`, and is what it says.
"""

import hashlib
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
Problem = tuple[int, str]
LONGEST_LINE = 160

NAMED_PATH = re.compile(
    r"(?<![\w/.-])((?:portal|streaming|tickets|schedule|lib|templates|static|deploy|tools|docs)"
    r"/[\w./-]*\.(?:py|md|html|js|css|json|conf|sh|example|txt))\b"
)
# What git writes where two changes met, until somebody has decided.
CONFLICT = re.compile(r"[<>|]{7} ")
WITH_PATHS = {".py", ".md", ".js", ".conf", ".sh", ".example", ".toml", ".ini"}

NOT_MARKUP = re.compile(
    r"{#.*?#}"
    r"|{%\s*comment\b.*?{%\s*endcomment\s*%}"
    r"|{%\s*blocktrans(?:late)?\b.*?{%\s*endblocktrans(?:late)?\s*%}"
    r"|{%.*?%}"
    r"|{{.*?}}",
    re.DOTALL,
)
LEFT_OPEN = re.compile(
    r"{%\s*blocktrans(?:late)?\b(?P<options>(?:(?!%}).)*)%}(?!.*{%\s*endblocktrans(?:late)?\s*%})"
)
VOID_ELEMENTS = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta"}
VOID_ELEMENTS |= {"source", "track", "wbr"}
READ_ATTRIBUTES = {"alt", "title", "placeholder", "aria-label", "aria-description", "label"}
VENDOR_ROW = re.compile(
    r"\|\s*`?(?P<name>[^|`]+?)`?\s*\|(?P<source>[^|]*)\|(?P<licence>[^|]*)\|\s*`?(?P<sha256>[0-9a-f]{64})`?\s*\|"
)


def template_problems(source: str, *, is_html: bool = True) -> list[Problem]:
    problems = list(_line_problems(source))
    markup = NOT_MARKUP.sub(lambda match: "\n" * match[0].count("\n"), source)
    if is_html:
        parser = _Markup()
        parser.feed(markup)
        parser.close()
        problems += parser.problems
    else:
        problems += _untranslated(markup, 1)
    return sorted(problems)


def _line_problems(source: str) -> Iterator[Problem]:
    for number, line in enumerate(source.splitlines(), 1):
        if len(line) > LONGEST_LINE:
            yield number, f"{len(line)} characters in a line, at most {LONGEST_LINE} are readable"
        if "{#" in line and "#}" not in line[line.rindex("{#") :]:
            yield number, "a {# comment #} has to end on its line"
        left_open = LEFT_OPEN.search(line)
        if left_open and "trimmed" not in left_open["options"].split():
            yield number, "a translation over several lines has to be trimmed"


class _Markup(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.problems: list[Problem] = []
        self.not_translated: list[str] = []  # open elements, from the one with translate="no" on

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        line = self.getpos()[0]
        attributes = dict(attrs)
        if tag == "style":
            self.problems.append((line, "inline <style>; use a file in static/css"))
        if tag == "script" and "src" not in attributes:
            self.problems.append((line, "inline <script>; use a file in static/js"))
        for name, value in attributes.items():
            if name == "style":
                self.problems.append((line, "style attribute; use a class"))
            elif name.startswith("on"):
                self.problems.append((line, f"{name} attribute; use addEventListener"))
            elif name in READ_ATTRIBUTES and value:
                self.problems += _untranslated(value, line)
        if tag not in VOID_ELEMENTS and (
            self.not_translated or attributes.get("translate") == "no"
        ):
            self.not_translated.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.not_translated and self.not_translated[-1] == tag:
            self.not_translated.pop()

    def handle_data(self, data: str) -> None:
        if not self.not_translated and self.cdata_elem is None:
            self.problems += _untranslated(data, self.getpos()[0])


def _untranslated(text: str, first_line: int) -> Iterator[Problem]:
    for number, line in enumerate(text.splitlines(), first_line):
        if any(character.isalpha() for character in line):
            yield number, f"text that gettext does not see: {line.strip()[:40]}"


def path_problems(source: str) -> list[Problem]:
    """Files that moved leave their old path in comments and docs."""
    return [
        (number, f"{path} is not there")
        for number, line in enumerate(source.splitlines(), 1)
        for path in NAMED_PATH.findall(line)
        if not any((PROJECT / folder / path).exists() for folder in ("", "templates"))
    ]


def conflict_problems(source: str) -> list[Problem]:
    return [
        (number, "a conflict of two changes that nobody has decided")
        for number, line in enumerate(source.splitlines(), 1)
        if CONFLICT.match(line)
    ]


def vendor_problems(folder: Path) -> list[Problem]:
    readme = folder / "README.md"
    if not folder.is_dir():
        return []
    lines = readme.read_text().splitlines() if readme.exists() else []
    rows = {
        row["name"]: (number, row)
        for number, line in enumerate(lines, 1)
        if (row := VENDOR_ROW.match(line))
    }
    problems = []
    for name in sorted({path.name for path in folder.iterdir()} - {readme.name} - rows.keys()):
        problems.append((1, f"{name} has no row with file, source, licence and sha256"))
    for name, (number, row) in rows.items():
        file = folder / name
        if not file.is_file():
            problems.append((number, f"{name} is not there"))
        elif hashlib.sha256(file.read_bytes()).hexdigest() != row["sha256"]:
            problems.append((number, f"{name} is not the file with this sha256"))
        if not (row["source"].strip() and row["licence"].strip()):
            problems.append((number, f"{name} needs its source and its licence"))
    return sorted(problems)


def main() -> int:
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listed, cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    paths = [path for name in names.splitlines() if (path := PROJECT / name).is_file()]
    found = {
        path: template_problems(path.read_text(), is_html=path.suffix == ".html")
        for path in paths
        if path.suffix in {".html", ".txt"} and "templates" in path.relative_to(PROJECT).parts
    }
    vendor = PROJECT / "static" / "vendor"
    found[vendor / "README.md"] = vendor_problems(vendor)
    for path in paths:
        if path.suffix in WITH_PATHS and "tests" not in path.parts:
            source = path.read_text()
            found.setdefault(path, []).extend(path_problems(source) + conflict_problems(source))
    for path, problems in found.items():
        for line, message in problems:
            print(f"{path.relative_to(PROJECT)}:{line}: {message}")
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
