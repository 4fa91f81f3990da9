"""What HttpClient does with servers that mean harm, are slow or are broken."""

import gzip
import socket
import threading
import zlib
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from email.utils import format_datetime

import pytest
from django.utils import timezone

from lib.http_client import (
    Deadline,
    ErrorKind,
    HttpClient,
    HttpError,
    Response,
    begins_with,
    is_public,
)
from lib.tests.internet import PUBLIC_IP

HOST, OTHER = "feeds.example.org", "other.example.org"
HOME = f"https://{HOST}/"
OK = b"HTTP/1.1 200 OK\r\n"


def client_of(seconds=60, silence=None, max_bytes=10_000, **options):
    return HttpClient(Deadline(seconds, silence), max_bytes=max_bytes, **options)


def get(address=HOME, **options):
    with client_of(**options) as client:
        return client.request(address)


@contextmanager
def failing(kind, match=None):
    with pytest.raises(HttpError, match=match) as raised:
        yield raised
    assert raised.value.kind is kind


def test_it_works(internet):
    internet.page(f"{HOST}/a.xml?v=1", "<schedule/>", ETag='"1"')
    response = get(f"{HOME}a.xml?v=1#part")
    assert (response.status, response.body) == (200, b"<schedule/>")
    assert response.headers["etag"] == '"1"'
    assert internet.connected == [PUBLIC_IP], "the address that was checked"
    [(_place, headers, _data)] = internet.asked
    assert (headers["Host"], headers["User-Agent"]) == (HOST, "Front-Row")


def test_addresses_may_be_written_as_people_write_them(internet):
    for place in (f"{HOST}:444/%C3%BC", f"{HOST}/?v=1"):
        internet.page(place, "here")
    assert get(f"https://{HOST}:444/ü").body == get(f"https://{HOST}?v=1").body == b"here"


def test_data_is_posted_and_redirected_nowhere(internet):
    internet.page(f"{HOST}/", status=307, Location=f"https://{OTHER}/")
    with client_of(max_redirects=3) as client:
        assert client.request(HOME, {"X-All": "1"}, data=b"secret").status == 307
    [(place, headers, data)] = internet.asked
    assert (place, headers["X-All"], data) == (f"{HOST}/", "1", b"secret")


def test_a_body_that_nobody_wants_is_not_read(internet):
    with client_of() as client:
        for status in (302, 304, 404, 200):
            internet.page(f"{HOST}/", "x" * (status != 304), status)
            response = client.request(HOME, reads_body=status != 200)
            assert (response.status, response.body) == (status, b"")
    assert len(internet.connected) == 4, "what is left unread is no answer to the next request"


def test_one_connection_serves_one_server(internet):
    for host in (HOST, OTHER):
        internet.page(f"{host}/", "here")
    with client_of() as client:
        for host in (HOST, HOST, HOST, OTHER):
            assert client.request(f"https://{host}/").body == b"here"
        assert len(internet.connected) == 2
        internet.pages[f"{OTHER}/"] = lambda send: send(OK + b"\r\nhere")
        for _time in range(2):
            assert client.request(f"https://{OTHER}/").body == b"here"
    assert len(internet.connected) == 3, "the server has hung up once"


def test_threads_do_not_disturb_each_other(internet):
    for number in range(64):
        internet.page(f"{HOST}/{number}", str(number))
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda number: get(f"{HOME}{number}").body, range(64)))
    assert answers == [str(number).encode() for number in range(64)]


# Where it goes.


def test_redirects_are_followed_so_many_times(internet):
    internet.page(f"{HOST}/0", status=308, Location="/1")
    internet.page(f"{HOST}/1", status=301, Location="/2")
    internet.page(f"{HOST}/2", status=302, Location=f"https://{OTHER}/3")
    internet.page(f"{OTHER}/3", status=307, Location="4")
    internet.page(f"{OTHER}/4", "here")
    response = get(f"{HOME}1", max_redirects=3)
    assert (response.body, response.url) == (b"here", f"https://{OTHER}/4")
    with failing(ErrorKind.TOO_MANY_REDIRECTS, "More than 3 redirects"):
        get(f"{HOME}0", max_redirects=3)


INSIDE = """https://127.0.0.1/ https://[::1]/ https://2130706433/ https://0x7f.1/ https://localhost/
    https://[::ffff:127.0.0.1]/ https://[64:ff9b::7f00:1]/ https://10.0.0.1/
    https://169.254.169.254/latest/meta-data/ https://0.0.0.0/ https://[fe80::1]/
    https://inside.example.org/"""
OTHERS = f"""http://{HOST}/ file:///etc/passwd https:// https://me:secret@{HOST}/ https://@{HOST}/
    https://{HOST}:99999/ https://[broken/"""


@pytest.mark.parametrize("address", [*INSIDE.split(), *OTHERS.split()])
def test_other_addresses_are_refused_also_after_a_redirect(internet, address):
    internet.ips["inside.example.org"] = [PUBLIC_IP, "127.0.0.1"]
    with failing(ErrorKind.REFUSED) as raised:
        get(address)
    assert "secret" not in str(raised.value)
    assert internet.connected == []
    internet.page(f"{HOST}/", status=302, Location=address)
    with pytest.raises(HttpError):
        get(max_redirects=3)
    assert set(internet.connected) == {PUBLIC_IP}


def test_a_name_is_asked_once_so_that_it_cannot_change_its_mind(monkeypatch):
    asked = []

    def getaddrinfo(host, port, **_kw):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with failing(ErrorKind.REFUSED, "rebound.example is not a public address"):
        get("https://rebound.example/")
    assert asked == ["rebound.example"]


def test_private_addresses_are_asked_where_that_is_allowed(internet):
    place = internet.own_url.removeprefix("http://")
    internet.page(f"{place}/shop/a", "here")
    internet.page(f"{place}/shop/c", status=302, Location="/b")
    internet.page(f"{HOST}/", status=302, Location=f"{internet.own_url}/b")
    with client_of(max_redirects=1, private=[f"{internet.own_url}/shop/"]) as client:
        assert client.request(f"{internet.own_url}/shop/a").body == b"here"
        for address in (f"{internet.own_url}/b", f"{internet.own_url}/shop/c", HOME):
            with failing(ErrorKind.REFUSED):
                client.request(address)
    assert f"{place}/b" not in [place for place, *_rest in internet.asked]


def test_a_private_connection_does_not_serve_its_neighbours(internet):
    internet.page(f"{HOST}/in", "here")
    internet.ips[HOST] = [PUBLIC_IP, "127.0.0.1"]
    with client_of(private=[f"{HOME}in"]) as client:
        assert client.request(f"{HOME}in").body == b"here"
        with failing(ErrorKind.REFUSED):
            client.request(f"{HOME}out")


def test_the_next_address_is_tried_and_a_server_that_is_down_is_told(internet):
    with socket.create_server(("127.0.0.1", 0)) as closed:
        down = f"https://down.example.org:{closed.getsockname()[1]}/"
    place = down.removeprefix("https://")
    internet.page(place, "here")
    internet.ips["down.example.org"] = ["127.0.0.1", PUBLIC_IP]
    assert get(down, private=[down]).body == b"here"
    internet.ips["down.example.org"] = ["127.0.0.1"]
    with failing(ErrorKind.UNREACHABLE, "cannot be reached: .*refused"):
        get(down, private=[down])
    internet.ips["down.example.org"] = []
    with failing(ErrorKind.UNREACHABLE):
        get(down)


def test_certificates_of_other_names_and_of_nobody_are_refused(internet, monkeypatch):
    with failing(ErrorKind.UNREACHABLE, "certificate verify failed: Hostname mismatch"):
        get("https://third.example/")
    monkeypatch.delenv("SSL_CERT_FILE")
    del internet.tls
    with failing(ErrorKind.UNREACHABLE, "certificate verify failed: self-signed"):
        get()


def test_secrets_stay_with_their_address(internet):
    internet.page(f"{HOST}/api/conf/a", status=302, Location=f"https://{OTHER}/api/conf/b")
    internet.page(f"{OTHER}/api/conf/b", status=302, Location=f"{HOME}api/conf/c")
    internet.page(f"{HOST}/api/conf/c", status=302, Location="/api/conference")
    secrets = {
        HOME: {"X-Secret": "short"},
        f"{HOME}api/conf": {"Authorization": "long"},
        f"http://{HOST}/api/conf/": {"Authorization": "http"},
    }
    get(f"{HOME}api/conf/a", max_redirects=3, headers_by_address=secrets)
    asked = [headers for _place, headers, _data in internet.asked]
    assert [headers["Authorization"] for headers in asked] == ["long", None, "long", None]
    assert [headers["X-Secret"] for headers in asked] == [None, None, None, "short"]


@pytest.mark.parametrize("beginning", ["https://a.example/api", "https://a.example/api/"])
def test_what_begins_with_an_address(beginning):
    for address in ("https://a.example/api", "https://A.example:443/api/x?y"):
        assert begins_with(address, beginning)
        assert not begins_with(address, "")
    assert not any(begins_with(address, beginning) for address in STRANGERS.split())


STRANGERS = """https://a.example/apis https://a.example/ http://a.example/api //a.example/api /api
    https://a.example:444/api https://a.example.evil.example/api https://a.example@evil.example/api
    https://me:secret@a.example/api https://a.example:99999/api https://[broken/api
    https://a.example/api/../b https://a.example/api/%252e%2E/b https://a.example/api/..%2fb/..;/"""


# What it takes.


def test_answers_are_unpacked_up_to_the_limit(internet):
    body = bytes(range(250)) * 1000
    internet.page(f"{HOST}/plain", body)
    internet.page(f"{HOST}/packed", gzip.compress(body), Content_Encoding="gzip")
    for path in ("plain", "packed"):
        assert get(f"{HOME}{path}", max_bytes=250_000).body == body
        with failing(ErrorKind.TOO_LARGE, "too large"):
            get(f"{HOME}{path}", max_bytes=249_999)


def test_a_bomb_is_not_unpacked(internet, monkeypatch):
    internet.page(f"{HOST}/", gzip.compress(bytes(20_000_000)), Content_Encoding="gzip")
    sizes = []
    unpacker = zlib.decompressobj(zlib.MAX_WBITS | 16)

    class Counting:
        eof = False

        def decompress(self, data, limit):
            unpacked = unpacker.decompress(data, limit)
            sizes.append(len(unpacked))
            return unpacked

    monkeypatch.setattr(zlib, "decompressobj", lambda _bits: Counting())
    with failing(ErrorKind.TOO_LARGE):
        get()
    assert sizes == [10_001]


@pytest.mark.parametrize(
    "answer",
    [
        OK + b"Content-Length: 100\r\n\r\nhalf",
        OK + b"Transfer-Encoding: chunked\r\n\r\n64\r\nhalf",
        OK + b"Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
        OK + b"Transfer-Encoding: chunked\r\n\r\nnonsense\r\n",
        OK + b"Content-Encoding: gzip\r\n\r\n" + gzip.compress(b"x" * 5000, mtime=0)[:-9],
        OK + b"Content-Encoding: gzip\r\n\r\nnot packed",
        OK + b"X: 1\r\n" * 101 + b"\r\n",
        b"SSH-2.0-OpenSSH\r\n",
    ],
)
def test_what_is_cut_off_or_is_not_http_is_refused(internet, answer):
    internet.pages[f"{HOST}/"] = lambda send: send(answer)
    with failing(ErrorKind.BROKEN, "cut off"):
        get()


def test_an_unknown_packing_is_refused(internet):
    internet.page(f"{HOST}/", "x", Content_Encoding="br")
    with client_of() as client:
        for times in (1, 2):
            with failing(ErrorKind.UNUSABLE, "unknown way"):
                client.request(HOME)
            assert len(internet.connected) == times


PACKED = OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n"
HERE = gzip.compress(b"here", mtime=0)
CHUNK = b"%x\r\n%s\r\n" % (len(HERE), HERE)


@pytest.mark.parametrize(
    "endless",
    [
        OK + b"X: %s\r\n" % (b"x" * 60_000) * 3,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 5000,
        PACKED + CHUNK * 5000,
        PACKED + CHUNK + b"0\r\n" + b"X: 1\r\n" * 50_000,
    ],
)
def test_what_belongs_to_no_body_is_bounded_too(internet, endless):
    internet.pages[f"{HOST}/"] = lambda send: send(endless)
    with failing(ErrorKind.TOO_LARGE, "too large"):
        get()
    internet.pages[f"{HOST}/"] = lambda send: send(PACKED + CHUNK * 2 + b"0\r\n\r\n")
    assert get().body == b"here"


def test_no_address_is_told_or_logged(internet, caplog):
    """A signed address is a key."""
    for answer in (OK + b"X\r\n\r\n", b"SSH-2.0-OpenSSH\r\n", b""):
        internet.pages[f"{HOST}/?key=secret"] = lambda send, answer=answer: send(answer)
        try:
            get(f"{HOME}?key=secret")
        except HttpError as error:
            assert "secret" not in str(error)
    assert "secret" not in caplog.text


# How long it waits.


@pytest.fixture
def stop():
    """Set when the test is over: nothing that waits for it ends before."""
    stop = threading.Event()
    yield stop
    stop.set()


@pytest.mark.parametrize("begin", [b"", OK + b"X: ", OK + b"\r\n"])
@pytest.mark.parametrize("drop", [b"", b"x"])
def test_a_server_that_is_silent_or_drips_is_cut_off(internet, stop, begin, drop):
    def drip(send):
        send(begin)
        while not stop.wait(0.05):
            send(drop)

    internet.pages[f"{HOST}/"] = drip
    with failing(ErrorKind.TOO_SLOW, "longer than"):
        get(seconds=0.2)
    if not begin + drop:
        with failing(ErrorKind.TOO_SLOW, "longer than"):
            get(seconds=10_000, silence=0.2)


def test_the_deadline_is_that_of_all_requests_and_redirects(internet, stop):
    def redirect(send):
        stop.wait(0.1)
        send(b"HTTP/1.1 302 Found\r\nLocation: /slow\r\n\r\n")

    internet.page(f"{HOST}/", "here")
    internet.pages[f"{HOST}/slow"] = redirect
    with client_of(seconds=0.5, max_redirects=1_000_000) as client:
        for path in ("slow", ""):
            with failing(ErrorKind.TOO_SLOW):
                client.request(HOME + path)
        client.deadline = Deadline(60)
        assert client.request(HOME).body == b"here"


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_server_that_takes_nothing_is_cut_off(scheme):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"{scheme}://127.0.0.1:{silent.getsockname()[1]}/"
        with client_of(seconds=0.3, private=[address]) as client, failing(ErrorKind.TOO_SLOW):
            client.request(address, data=bytes(20_000_000))


def test_names_that_are_never_found_or_cannot_be_are_given_up(monkeypatch, stop):
    with failing(ErrorKind.REFUSED, "cannot be read"):
        get(f"https://{'x' * 64}.example/")
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_kw: stop.wait())
    with failing(ErrorKind.TOO_SLOW):
        get(seconds=0.2)


# What it knows of the world.


PUBLIC = "93.184.216.34 2606:2800:220:1::1 2002:5db8:d822:: ::ffff:5db8:d822 64:ff9b::5db8:d822"
NOT_PUBLIC = """192.88.99.1 2002:c058:6301:: 64:ff9b::c058:6301 ::127.0.0.1 ::ffff:0:127.0.0.1
    64:ff9b::7f00:1 2001::1 2001:0:5db8:d822::1 2001:20::1 2001:4:112::1 3fff::1 3fff:fff:: 5f00::1
    192.0.2.1 198.51.100.1 203.0.113.1 192.0.0.9 192.175.48.1 100::1 127.0.0.1 10.0.0.1 169.254.169.254 100.100.100.200 192.0.0.192 224.0.0.1 0.0.0.0
    255.255.255.255 ::1 :: ::7f00:1 fd00:ec2::254 fe80::1 fe80::1%lo fec0::1 ff0e::1 1000::1 4000::1
    2001:db8::1 2001:2::1 2001:0:5ef5:79fd::1 2002:7f00:1:: ::ffff:10.0.0.1 ::ffff:0:7f00:1
    64:ff9b::a9fe:a9fe 64:ff9b:1::5db8:d822 2606:2800:220:1::1%lo"""


@pytest.mark.parametrize(("ips", "expected"), [(PUBLIC, True), (NOT_PUBLIC, False)])
def test_public_addresses(ips, expected):
    assert {ip: is_public(ip) for ip in ips.split()} == dict.fromkeys(ips.split(), expected)


def test_when_to_come_back():
    def seconds(value):
        return Response("", 503, {"Retry-After": value}, b"").retry_after_seconds

    assert (seconds("7"), seconds("Wed, 21 Oct 2015 07:28:00 GMT")) == (7, 0)
    assert 0 < seconds(format_datetime(timezone.now() + timedelta(minutes=10))) <= 600
    for nonsense in ("soon", "-5", "", "²", "Wed, 99 Foo 2026"):
        assert seconds(nonsense) is None
