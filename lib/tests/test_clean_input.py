from http import HTTPStatus

import pytest
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.test import RequestFactory
from django.views.decorators.csrf import csrf_exempt

from lib.clean_input import CleanInputMiddleware

FORM = "application/x-www-form-urlencoded"
PART = b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n%s\r\n--x--\r\n'


def view(request):
    return HttpResponse(request.body)


def passed(request, view=view, **parameters):
    middleware = CleanInputMiddleware(view)
    middleware.process_view(request, view, (), parameters)
    return middleware(request)


@pytest.mark.parametrize("query", ["a=%00", "a=b%00c", "%00=1", "a=1&a=%00", f"a={'9' * 5000}"])
def test_broken_text_is_refused_in_queries_and_forms(query):
    with pytest.raises(BadRequest):
        passed(RequestFactory().get("/", QUERY_STRING=query))
    with pytest.raises(BadRequest):
        passed(RequestFactory().post("/", query, content_type=FORM))


@pytest.mark.parametrize("value", ["a\0b", "\0"])
def test_broken_text_is_refused_in_paths(value):
    with pytest.raises(BadRequest):
        passed(RequestFactory().get("/"), name=value)


@pytest.mark.parametrize("charset", ["utf-7", "rot13", "idna", "utf-16", "nonsense", "latin-1"])
def test_another_encoding_is_refused(charset):
    content_type = f"multipart/form-data; boundary=x; charset={charset}"
    with pytest.raises(BadRequest):
        passed(RequestFactory().generic("POST", "/", PART % b"1", content_type=content_type))


def test_what_browsers_send_is_passed_on():
    request = RequestFactory().get("/", {"a": "é", "number": "9" * 4_300})
    assert passed(request, name="é", pk=1).status_code == HTTPStatus.OK
    content_type = "multipart/form-data; boundary=x; charset=UTF-8"
    request = RequestFactory().post("/", PART % "é".encode(), content_type=content_type)
    CleanInputMiddleware(view).process_view(request, view, (), {})
    assert request.POST["a"] == "é"


def test_a_view_that_wants_the_bytes_gets_them():
    body = PART % b"1"
    request = RequestFactory().post("/", body, content_type="multipart/form-data; boundary=x")
    assert passed(request, csrf_exempt(view)).content == body


def test_a_cookie_with_a_nul_is_left_out():
    request = RequestFactory().get("/", HTTP_COOKIE='sessionid="a\\000b"; tz=UTC')
    assert request.COOKIES["sessionid"] == "a\0b"
    passed(request)
    assert request.COOKIES == {"tz": "UTC"}
