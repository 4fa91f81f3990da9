"""Python inside a running site: starting `manage.py shell` for each change would take seconds."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from typing import Any

from tools.stack import PROJECT

LOOP = """
import json, sys
for line in sys.stdin:
    here = {}
    exec(json.loads(line), here)
    print(json.dumps(here.get("answer")), flush=True)
"""
SIGNED_IN = """
from schedule.models import Conference
from tickets.models import Grant, User
from tools.bench.sessions import session_key_of
user = User.objects.create_user("%s@console.example.com")
conference = Conference.objects.get()
Grant.objects.create(user=user, conference=conference, reason="crew")
answer = session_key_of(user, conference)
"""


class Console:
    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def run(self, code: str) -> Any:
        """What the code has put into `answer`."""
        assert self._process.stdin is not None and self._process.stdout is not None
        self._process.stdin.write(json.dumps(code) + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def cookie(self, name: str, url: str) -> dict[str, str]:
        """Of a browser in which somebody new has signed in, who may watch."""
        return {"name": "sessionid", "value": self.run(SIGNED_IN % name), "url": url}


@contextlib.contextmanager
def console(env: Mapping[str, str]) -> Iterator[Console]:
    command = [sys.executable, "manage.py", "shell", "--no-imports", "-c", LOOP]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, cwd=PROJECT, env=env, **pipes) as process:
        try:
            yield Console(process)
        finally:
            process.terminate()
