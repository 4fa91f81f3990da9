"""A WSGI app for the tests of origin-gate.conf: lets one session in, and says what it was asked."""

import json
from collections.abc import Iterable
from typing import Any

_asked: list[dict[str, str]] = []
STATUS = {
    "sessionid=holder": "204 No Content",
    "__Host-sessionid=holder": "204 No Content",
    "": "401 Unauthorized",
}


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    path = environ["PATH_INFO"]
    if path == "/asked":
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(_asked).encode()]
    _asked.append({key: value for key, value in environ.items() if isinstance(value, str)})
    status = STATUS.get(environ.get("HTTP_COOKIE", ""), "403 Forbidden")
    if path.startswith("/_origin/folder/"):
        status = "204 No Content"
    headers = [("Cache-Control", "no-store"), ("Vary", "Cookie"), ("Set-Cookie", "sessionid=new")]
    if status.startswith("204"):
        *_path, kind, name, _slash = path.split("/")
        headers.append(("X-Folder", name if kind == "recording" else f"1-{name}"))
    start_response(status, headers)
    return []
