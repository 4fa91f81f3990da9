"""Servers in our own network, which feeds and shops may ask once the operator names them."""

import pytest

from lib.http_client import Deadline, HttpClient, HttpError


def get(address, **options):
    with HttpClient(Deadline(60), max_bytes=10_000, **options) as client:
        return client.request(address)


def test_who_may_ask_them_says_so(internet, settings):
    """Probes and players ask addresses too, and have no business there."""
    settings.PRIVATE_HOSTS = [internet.own_url]
    internet.page(f"{internet.own_url.removeprefix('http://')}/", "here")
    with pytest.raises(HttpError, match=r"without a password\.$"):
        get(f"{internet.own_url}/")
    with pytest.raises(HttpError, match=r"not a public address\.$"):
        get("https://127.0.0.1/")
    assert get(f"{internet.own_url}/", asks_private_hosts=True).body == b"here"
