"""What a feed sends, how much of it is read, and the pages of an API; lib/tests has the rest."""

import json

import pytest
from django.core.exceptions import ValidationError

from lib.http_client import HttpError
from schedule.feeds import fetching
from schedule.models import Conference, Feed

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


@pytest.fixture
def neighbour(internet, settings):
    """A pretalx in our own network, which the operator has allowed."""
    settings.PRIVATE_HOSTS = [internet.own_url]
    internet.ips["pretalx.intranet.example.org"] = ["127.0.0.1"]
    return internet.own_url


def test_a_feed_in_our_own_network_is_read_once_the_operator_allows_it(internet, neighbour):
    place = neighbour.removeprefix("http://")
    internet.page(f"{place}/conf/schedule.json", "{}")
    internet.page(f"{place}/api/?page=2", page(3))
    internet.page(f"{place}/api/", page(1, following=f"{neighbour}/api/?page=2"))
    assert fetch(f"{neighbour}/conf/schedule.json").data == b"{}"
    assert json.loads(fetch(f"{neighbour}/api/").data)["results"] == [1, 3]


def test_nothing_else_in_our_own_network_is_read(internet, neighbour):
    host, port = neighbour.removeprefix("http://").split(":")
    place = f"{host}:{port}"
    internet.page(f"{place}/away", status=302, Location=f"http://{host}:1/")
    elsewhere = [
        f"{neighbour}/away",
        f"http://{host}:{int(port) + 1}/",
        f"https://{host}:{port}/",
        f"http://localhost:{port}/",
        f"http://a:b@{place}/",
        f"http://{HOST}/",
        "https://pretalx.intranet.example.org/",
        "https://169.254.169.254/",
    ]
    for address in elsewhere:
        with pytest.raises(HttpError, match=r"(begin with https|not a public address).*PRIVATE_HO"):
            fetch(address)
    assert [asked for asked, *_rest in internet.asked] == [f"{place}/away"]


def test_an_address_in_our_own_network_can_be_typed_once_the_operator_allows_it(settings):
    settings.PRIVATE_HOSTS = ["http://pretalx:8345", "https://10.0.0.7"]
    for address in ("http://pretalx:8345/conf/schedule.json", "https://10.0.0.7/a.xml"):
        Feed(source="a", address=address).clean_fields(exclude=["conference"])
    for address in (
        "http://pretalx:8346/",
        "http://10.0.0.7/",
        f"http://{HOST}/",
        "pretalx",
        "x:y",
    ):
        with pytest.raises(ValidationError, match=r"begins with https://.*PRIVATE_HOSTS"):
            Feed(source="a", address=address).clean_fields(exclude=["conference"])


@pytest.mark.parametrize("status", [400, 406, 500])
def test_a_pretalx_that_does_not_know_the_newest_version_is_asked_in_an_older_one(internet, status):
    """Once for all pages."""
    events = f"{HOST}/api/events/conf/slots/"

    def answer(send, body):
        _place, headers, _sent = internet.asked[-1]
        is_new = headers["Pretalx-Version"] == "v2"
        line = f"{status} No" if is_new else "200 OK"
        send(f"HTTP/1.1 {line}\r\nConnection: close\r\n\r\n{body}".encode())

    pages = {
        events: page(1, following=f"https://{events}?page=2"),
        f"{events}?page=2": page(2),
    }
    for place, body in pages.items():
        internet.pages[place] = lambda send, body=body: answer(send, body)
    assert json.loads(fetch(f"https://{events}").data)["results"] == [1, 2]
    versions = [headers["Pretalx-Version"] for _place, headers, _sent in internet.asked]
    assert versions == ["v2", "v1", "v1"]


def test_the_newest_version_is_asked_first_and_a_refusal_for_other_reasons_stays(internet):
    events = f"{HOST}/api/events/conf/slots/"
    for status, versions in ((200, ["v2"]), (401, ["v2"]), (404, ["v2"]), (500, ["v2", "v1"])):
        internet.asked.clear()
        internet.page(events, page(), status)
        if status == 200:
            fetch(f"https://{events}")
        else:
            with pytest.raises(HttpError, match=f"answers {status}"):
                fetch(f"https://{events}")
        assert [headers["Pretalx-Version"] for _p, headers, _s in internet.asked] == versions


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
    assert {each["Pretalx-Version"] for each in headers} == {"v2"}


@pytest.mark.slow
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
