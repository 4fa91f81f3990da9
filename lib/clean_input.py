import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any, NoReturn

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase

# PostgreSQL stores no NUL, and no browser types one.
NUL = "\0"
# Python reads no longer number, and says so with another error than "not a number".
_ENDLESS_NUMBER = re.compile(rf"\d{{{sys.int_info.default_max_str_digits + 1}}}")


class CleanInputMiddleware:
    """Answers 400 to text that no page of ours sends and that breaks what reads it: a NUL or a number
    without end in an address, a query or a form, and another encoding than UTF-8. Files may hold
    what they like.

    Comes before everything that reads cookies, queries or forms. A cookie with a NUL is left out
    instead: a browser keeps it, and would get nothing but refusals.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if any(NUL in value for value in request.COOKIES.values()):
            request.COOKIES = {
                name: value for name, value in request.COOKIES.items() if NUL not in value
            }
        return self.get_response(request)

    def process_view(
        self,
        request: HttpRequest,
        view: Callable[..., HttpResponseBase],
        args: tuple[object, ...],
        kwargs: dict[str, object],
    ) -> None:
        _refuse_other_encodings(request)
        _refuse_broken(value for value in (*args, *kwargs.values()) if isinstance(value, str))
        _refuse_broken(_texts(request.GET))
        if request.method == "POST":
            if getattr(view, "csrf_exempt", False):
                # Such a view may want the bytes, which are gone once a form of parts has been read.
                _ = request.body
            _refuse_broken(_texts(request.POST))


def _refuse_other_encodings(request: HttpRequest) -> None:
    """Django would decode queries and forms by it, with any codec that Python has."""
    charset = (request.content_params or {}).get("charset", "utf-8")
    if charset.lower() not in ("utf-8", "utf8"):
        raise BadRequest("The request is not in UTF-8.")


def _refuse_broken(texts: Iterable[str]) -> None:
    if any(NUL in text or _ENDLESS_NUMBER.search(text) for text in texts):
        raise BadRequest("The request has a NUL or an endless number in it.")


def _texts(data: QueryDict) -> Iterator[str]:
    for name, values in data.lists():
        yield name
        yield from values


class StrictDecoder(json.JSONDecoder):
    """For forms: takes what PostgreSQL stores. Whatever else is wrong, like numbers of 5,000 digits or
    too deep a nesting, is a JSONDecodeError too, the one error that Django's field understands.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(parse_constant=_refuse_value, **options)

    def decode(self, text: str, *rest: Any) -> Any:
        try:
            value = super().decode(text, *rest)
            # Half a surrogate cannot be encoded, and NUL cannot be stored.
            written = json.dumps(value, ensure_ascii=False).encode()
            if b"\\u0000" in written.replace(rb"\\", b""):
                _refuse_value("NUL")
        except json.JSONDecodeError:
            raise
        except (ValueError, RecursionError) as error:
            raise json.JSONDecodeError(str(error), "", 0) from None
        return value


def _refuse_value(found: str) -> NoReturn:
    raise ValueError(f"{found} is not taken")
