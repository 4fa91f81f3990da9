"""Two processes that talk in lines: a command with its values, and the answer to it in JSON."""

import json
import subprocess
import sys
from typing import Any, Self

from tools.process import NotStarted


def answer(commands: object) -> None:
    """Each line of the input by the method of that name, until there is no more."""
    for line in sys.stdin:
        name, *values = line.split()
        print(json.dumps(getattr(commands, name)(*values)), flush=True)


class Talk:
    """The other end, with such a process for as long as a `with` block lasts."""

    def __init__(self, command: list[Any], **options: Any) -> None:
        self._command, self._options = command, options

    def __enter__(self) -> Self:
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(
            self._command, stdin=pipe, stdout=pipe, text=True, **self._options
        )
        return self

    def __exit__(self, *_: object) -> None:
        with self._process as process:
            process.kill()

    def ask(self, *command: str) -> Any:
        stdin, stdout = self._process.stdin, self._process.stdout
        if stdin is None or stdout is None:
            raise NotStarted("nobody listens")
        print(*command, file=stdin, flush=True)
        line = stdout.readline()
        if not line:
            raise NotStarted(f"it failed at: {' '.join(command)}")
        return json.loads(line)
