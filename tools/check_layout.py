"""Whether the code is laid out so that one finds one's way in.

    python -m tools.check_layout      prints file:line: message, and fails when there is any

A folder has at most 15 Python files, tests apart; a file has at most 400 lines; a package says in its
`__init__.py` what lives there; nothing is called utils, common, core, helpers or misc.
"""

import ast
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
MAX_FILES = 15
MAX_LINES = 400
# Folders whose content Django or pytest prescribes.
PRESCRIBED = {"tests", "migrations", "management", "commands", "templatetags"}
SAYS_NOTHING = {"utils", "common", "core", "helpers", "misc"}
CODE = {".py", ".js", ".mjs", ".css", ".html"}


def layout_problems(root: Path, files: Iterable[str]) -> Iterator[str]:
    """`files` are paths below `root`, with slashes."""
    folders: dict[str, list[str]] = defaultdict(list)
    for name in sorted(files):
        path = Path(name)
        if path.suffix not in CODE or "vendor" in path.parts:
            continue
        if path.stem in SAYS_NOTHING:
            yield f"{name}:1: a name that says what lives there, not {path.stem}"
        text = (root / path).read_text()
        if (lines := text.count("\n")) > MAX_LINES and "migrations" not in path.parts:
            yield f"{name}:{lines}: more than {MAX_LINES} lines; split it by subject"
        if path.suffix != ".py" or PRESCRIBED & set(path.parts):
            continue
        folders[path.parent.as_posix()].append(name)
        if path.name == "__init__.py" and not ast.get_docstring(ast.parse(text)):
            yield f"{name}:1: say what lives in this package, and what may not"
    for folder, names in folders.items():
        if len(names) > MAX_FILES:
            yield f"{folder}:1: {len(names)} Python files; {MAX_FILES} at most"


def main() -> int:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True)
    there = [name for name in listed.stdout.splitlines() if (PROJECT / name).is_file()]
    problems = list(layout_problems(PROJECT, there))
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
