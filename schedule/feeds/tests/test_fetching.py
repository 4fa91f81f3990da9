"""What a feed sends, how much of it is read, and the pages of an API; lib/tests has the rest."""

import json

import pytest

from lib.http_client import HttpError
from schedule.feeds import fetching
from schedule.models import Conference

HOST, OTHER = "feeds.example.org", "other.example.org"
API = f"https://{HOST}/api/"


def fetch(address, **kw):
    return fetching.fetch(address, conference=Conference(slug="conf"), **kw)


def page(*results, following=None):
    return json.dumps({"count": 3, "next": following, "previous": None, "results": list(results)})


def test_it_works(internet):
    internet.page(f"{HOST}/a.xml?v=1", "<schedule/>", ETag='"1"')
    fetched = fetch(f"https://{HOST}/a.xml?v=1")
    assert (fetched.data, fetched.etag) == (b"<schedule/>", '"1"')
    [(_place, headers, _sent)] = internet.asked
    assert "If-None-Match" not in headers
    assert "Pretalx-Version" not in headers


def test_what_was_not_modified_is_not_read_again(internet):
    internet.page(f"{HOST}/", status=304)
    assert fetch(f"https://{HOST}", etag='"1"').data is None
    assert internet.asked[0][1]["If-None-Match"] == '"1"'
    with pytest.raises(HttpError, match="answers 304"):
        fetch(f"https://{HOST}")


@pytest.mark.parametrize("status", [204, 404, 500, 429])
def test_a_refusal_is_told(internet, status):
    internet.page(f"{HOST}/", "no" * (status != 204), status)
    with pytest.raises(HttpError, match=f"answers {status}"):
        fetch(f"https://{HOST}/")


def test_the_limits_are_those_of_all_pages(internet, monkeypatch):
    internet.page(f"{HOST}/api/", page("x" * 500, following=f"{API}?page=2"))
    internet.page(f"{HOST}/api/?page=2", page("x" * 500, following=f"{API}?page=3"))
    internet.page(f"{HOST}/api/?page=3", page("x" * 500))
    assert len(json.loads(fetch(API).data)["results"]) == 3
    monkeypatch.setattr(fetching, "MAX_BYTES", 1500)
    with pytest.raises(HttpError, match="too large"):
        fetch(API)
    monkeypatch.setattr(fetching, "TIMEOUT_SECONDS", 0)
    with pytest.raises(HttpError, match="longer than 0 seconds"):
        fetch(API)


def test_redirects_are_followed_three_times(internet):
    for number in range(5):
        internet.page(f"{HOST}/{number}", status=302, Location=f"/{number + 1}")
    internet.page(f"{HOST}/5", "here")
    assert fetch(f"https://{HOST}/2").data == b"here"
    with pytest.raises(HttpError, match="More than 3 redirects"):
        fetch(f"https://{HOST}/1")


def test_only_public_addresses_are_read_and_only_by_https(internet):
    for address in (internet.own_url, f"http://{HOST}/", "https://127.0.0.1/"):
        with pytest.raises(HttpError, match=r"begin with https|not a public address"):
            fetch(address)
    assert internet.connected == []


def test_a_token_stays_with_its_address(internet, settings):
    settings.FEED_TOKENS = {
        f"conf:https://{HOST}/api/events/conf": "secret",
        f"other:https://{HOST}/api/events/": "of another conference",
    }
    moved = f"https://{OTHER}/api/events/conf/x"
    internet.page(f"{HOST}/api/events/conf/slots/", status=302, Location=moved)
    for place in (f"{OTHER}/api/events/conf/x", f"{HOST}/api/events/conference/"):
        internet.page(place, "{}")
    fetch(f"{API}events/conf/slots/")
    fetch(f"{API}events/conference/")
    headers = [headers for _place, headers, _sent in internet.asked]
    assert [each["Authorization"] for each in headers] == ["Token secret", None, None]
    assert {each["Pretalx-Version"] for each in headers} == {"v1"}


def test_the_pages_of_an_api_become_one_document(internet):
    internet.page(f"{HOST}/api/", page(1, 2, following=f"{API}?page=2"), ETag='"1"')
    internet.page(f"{HOST}/api/?page=2", page(3), ETag='"2"')
    fetched = fetch(API)
    assert json.loads(fetched.data) == json.loads(page(1, 2, 3))
    assert fetched.etag == ""
    for elsewhere in (f"https://{OTHER}/api/?page=2", f"http://{HOST}/api/?page=2"):
        internet.page(f"{HOST}/api/", page(1, following=elsewhere))
        with pytest.raises(HttpError, match=r"another server|begin with https"):
            fetch(API)
    internet.page(f"{HOST}/api/", page(1, following=API))
    with pytest.raises(HttpError, match="too many"):
        fetch(API)


@pytest.mark.parametrize("broken", ["oops", "[]", '{"results": 1}'])
def test_a_broken_second_page_is_a_refusal(internet, broken):
    internet.page(f"{HOST}/", page(following=f"https://{HOST}/2"))
    internet.page(f"{HOST}/2", broken)
    with pytest.raises(HttpError, match="Page 2 cannot be read"):
        fetch(f"https://{HOST}/")
