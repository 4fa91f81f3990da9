"""A WSGI app for the tests of nginx.conf: says what it was asked, and sometimes sets a cookie."""

import json
from collections.abc import Iterable
from itertools import count
from typing import Any

CAREFUL = [
    ("Content-Security-Policy", "of the app"),
    ("X-Frame-Options", "SAMEORIGIN"),
    ("Referrer-Policy", "strict-origin"),
    ("X-Content-Type-Options", "nosniff"),
]
RELEASE = "493f54b74ce7"
_number = count(1)
# Once it answers.
_broken = count()


def application(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
    asked = {key: value for key, value in environ.items() if isinstance(value, str)}
    headers = [("Content-Type", "application/json"), ("Cache-Control", "no-cache"), ("ETag", '"1"')]
    headers.append(("Vary", "Cookie, Accept-Language"))
    headers.append(("Front-Row-Release", RELEASE))
    if environ["HTTP_HOST"].startswith("cookie."):
        headers.append(("Set-Cookie", "sessionid=somebody"))
    if environ["HTTP_HOST"].startswith("careful."):
        headers += CAREFUL
    environ["wsgi.input"].read()
    if environ["HTTP_HOST"].startswith("broken.") and next(_broken):
        start_response("500 Internal Server Error", headers)
        return [b"{}"]
    is_busy = environ["PATH_INFO"] == "/says-503"
    start_response("503 Busy" if is_busy else "200 OK", headers)
    return [json.dumps({"number": next(_number), **asked}).encode()]
