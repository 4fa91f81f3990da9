"""How much one address may ask for: nothing that spoils the doors, and all that a full hall needs."""

import base64
import hashlib
import re
import shutil
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path
from unittest import mock

import pytest

import tools.nginx
from tools.nginx import CONFIGS, SEARCH_PATH
from tools.tests.nginx_site import PROJECT, Answer, Site, nginx_site

pytestmark = pytest.mark.skipif(
    not shutil.which("nginx", path=SEARCH_PATH), reason="nginx is not installed"
)


@pytest.fixture(scope="module")
def site():
    with nginx_site() as site:
        yield site


BURST = 400
HALL, MINUTES = 2000, 10


def flood(
    site: Site,
    path: str,
    *,
    address: str = "127.0.0.1",
    method: str = "POST",
    most: int = 5000,
    **headers: str,
) -> Answer | None:
    """Send one request after the other until one is refused. None: none was."""
    connection = HTTPConnection("127.0.0.1", site.port, source_address=(address, 0))
    sent = {"Host": f"localhost:{site.port}", "Content-Length": "0"} | headers
    for _time in range(most):
        connection.request(method, path, headers=sent)
        response = connection.getresponse()
        body = response.read()
        if response.status == 429:
            connection.close()
            return Answer(response.status, response.headers, body)
    connection.close()
    return None


DOORS = [
    ("POST", "/t/1.x/"),
    ("POST", "/in/"),
    ("POST", "/accounts/login/"),
    ("POST", "/accounts/login/code/"),
    ("POST", "/accounts/login/password/"),
    ("POST", "/tickets/claim/"),
    ("GET", "/accounts/google/login/"),
    ("GET", "/accounts/oidc/club/login/callback/"),
    ("GET", "/schedule/?q=a"),
    ("GET", "/schedule/?q=&q=a"),
    ("GET", "/schedule/?day=2026-11-21&%71=a"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "door"), [*enumerate(DOORS, start=1)])
def test_no_address_floods_a_door(site, number, door):
    method, path = door
    attacker, other = f"127.0.1.{number}", f"127.0.2.{number}"
    assert flood(site, path, method=method, address=attacker)
    assert site.get(path, method=method, address=other).status == 200
    # Nor is the attacker's neighbour in the same network kept from watching.
    for watching in ("/live.json", "/static/site.css", "/rooms/main/"):
        assert site.get(watching, address=attacker).status == 200


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/accounts/login/", "/accounts/login/code/", "/t/1.x/"])
def test_looking_at_a_door_is_free(site, path):
    assert not flood(site, path, most=BURST + 200, method="GET", address="127.0.3.1")


@pytest.mark.slow
def test_who_is_refused_reads_what_to_do(site):
    answer = flood(site, "/t/1.x/", address="127.0.4.1")
    assert answer
    page = answer.body.decode()
    assert answer.headers["Retry-After"] == "15"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "camera=(), " in answer.headers["Permissions-Policy"]
    assert '<meta http-equiv="refresh" content="15">' in page
    [style] = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{digest}'" in answer.headers["Content-Security-Policy"]


def test_a_hall_behind_one_address_comes_in_and_watches():
    """By the numbers in the file; tools/bench/flood.py sends a part of it."""
    config = (PROJECT / "deploy" / "nginx.conf").read_text()
    rates = {zone: int(rate) for zone, rate in re.findall(r"zone=(\w+):10m +rate=(\d+)r/s", config)}
    bursts = {
        zone: int(burst) for zone, burst in re.findall(r"zone=(\w+) burst=(\d+) nodelay", config)
    }
    minute = {zone: rates[zone] * 60 + bursts[zone] for zone in rates}
    whole = {zone: rates[zone] * 60 * MINUTES + bursts[zone] for zone in rates}
    forms, pages, pulses_a_minute = HALL * 2.2, HALL * 6, HALL * 2
    assert whole["doors"] >= forms
    assert minute["doors"] >= forms / MINUTES * 2
    assert whole["searches"] >= HALL
    assert minute["app"] >= pages + pulses_a_minute
    assert bursts["app"] >= HALL * 3
    assert int(re.findall(r"limit_conn at_once (\d+);", config)[0]) >= HALL


@contextmanager
def narrowed(folder: Path, written: str, instead: str) -> Iterator[Site]:
    """With a smaller number than in the file, so that few requests reach it."""
    for config in CONFIGS.glob("*.conf"):
        text = config.read_text()
        if config.name == "nginx.conf":
            assert written in text
            text = text.replace(written, instead)
        (folder / config.name).write_text(text)
    with mock.patch.object(tools.nginx, "CONFIGS", folder), nginx_site() as site:
        yield site


@pytest.mark.slow
def test_no_address_floods_the_app_as_a_whole(tmp_path):
    with narrowed(tmp_path, "zone=app burst=6000", "zone=app burst=20") as site:
        assert flood(site, "/nothing-special/", method="GET")


def held_open(site: Site) -> socket.socket:
    """A request of which one byte is still to come. One that has just been answered counts for a
    moment longer, so this asks until it is let in.
    """
    head = f"POST /a/ HTTP/1.1\r\nHost: localhost:{site.port}\r\nContent-Length: 1\r\n"
    for _time in range(100):
        connection = socket.create_connection(("127.0.0.1", site.port))
        connection.sendall(f"{head}Expect: 100-continue\r\n\r\n".encode())
        # nginx says so when it has counted the request and wants the rest of it.
        if connection.recv(100).startswith(b"HTTP/1.1 100 "):
            return connection
        connection.close()
    raise AssertionError("none is let in")


@pytest.mark.slow
def test_no_address_keeps_more_requests_open_than_so_many(tmp_path):
    with (
        narrowed(tmp_path, "limit_conn at_once 2000", "limit_conn at_once 2") as site,
        held_open(site) as first,
        held_open(site) as second,
    ):
        assert site.get("/nothing-special/").status == 429
        for connection in (first, second):
            connection.sendall(b"x")
            assert connection.recv(100).startswith(b"HTTP/1.1 200 ")
        held_open(site).close()


@pytest.fixture(scope="module")
def behind_a_proxy():
    with nginx_site(trusted="127.0.0.1") as site:
        yield site


@pytest.mark.slow
@pytest.mark.parametrize(
    ("attacker", "same", "other"),
    [
        ("2001:db8:1:1::1", "2001:db8:1:1:ffff:a0a:0:a", "2001:db8:1:2::1"),
        ("::ffff:192.0.2.1", "::ffff:192.0.2.1", "::ffff:192.0.2.2"),
        ("192.0.2.10", "192.0.2.10", "192.0.2.11"),
    ],
)
def test_ipv6_addresses_count_by_their_network(behind_a_proxy, attacker, same, other):
    site, path = behind_a_proxy, "/t/1.x/"
    said = {"X-Forwarded-For": attacker}
    assert flood(site, path, **said)
    few = BURST // 2
    assert flood(site, path, most=few, **{"X-Forwarded-For": same})
    assert not flood(site, path, most=few, **{"X-Forwarded-For": other})
