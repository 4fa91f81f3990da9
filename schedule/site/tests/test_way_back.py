import pytest
from django.test import RequestFactory

from schedule.site.request import is_of_this_host, way_back

REQUEST = RequestFactory().get("/")


@pytest.mark.parametrize("url", ["/", "/talks/A/?x=1#a", "http://testserver/talks/"])
def test_pages_of_this_host(url):
    assert is_of_this_host(REQUEST, url)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "foo",
        "0",
        "home",
        "admin:index",
        "talks/A/",
        "//evil.example/",
        "/\\evil.example/",
        "http://evil.example/",
        "http://[",
        "javascript:alert(1)//",
        "\\",
    ],
)
def test_no_other_hosts_and_no_words(url):
    assert not is_of_this_host(REQUEST, url)


def test_the_form_wins_over_the_address():
    asked = RequestFactory().post("/?next=/address/", {"next": "/form/"})
    assert way_back(asked, "/") == "/form/"
    assert way_back(RequestFactory().get("/?next=/address/"), "/") == "/address/"
    assert way_back(RequestFactory().get("/?next=foo"), "/") == "/"
