"""Feeds are read from a TLS server of the tests; only its name is public."""

import gzip
import ipaddress
import json
import socket
import ssl
import threading
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lib.network import Network, is_public
from schedule.feeds import fetching
from schedule.feeds.fetching import FetchError, fetch

HOST, OTHER = "feeds.example", "other.example"
PUBLIC_IP = "93.184.216.34"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(HOST), x509.DNSName(OTHER)])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


class Site(Network):
    """One server under several names. `pages`: path → (status, headers, body) or a function."""

    def __init__(self, port, certificate, pages):
        self.port, self.certificate, self.pages = port, certificate, pages
        self.ips = {HOST: [PUBLIC_IP], OTHER: [PUBLIC_IP]}
        self.asked = []
        self.connected = []

    def addresses(self, host, port):
        return self.ips[host] if host in self.ips else super().addresses(host, port)

    def connect(self, ip, port, host, timeout):
        self.connected.append((ip, host))
        plain = socket.create_connection(("127.0.0.1", self.port), timeout)
        return ssl.create_default_context(cafile=self.certificate).wrap_socket(
            plain, server_hostname=host
        )


@contextmanager
def serving(certificate, pages):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            site.asked.append((self.headers["Host"], self.path, dict(self.headers)))
            status, headers, body = site.pages[self.path]
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            if callable(body):
                self.end_headers()
                body(self.wfile)
                return
            if "Content-Length" not in headers:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_arguments):
            """Clients that go away are what is tested."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server = Server(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    site = Site(server.server_port, certificate, pages)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def site(certificate):
    with serving(certificate, {}) as site:
        yield site


def test_it_works(site):
    site.pages["/a.xml?v=1"] = (200, {"ETag": '"1"'}, b"<schedule/>")
    fetched = fetch(f"https://{HOST}/a.xml?v=1", network=site)
    assert fetched.data == b"<schedule/>"
    assert fetched.etag == '"1"'
    assert site.connected == [(PUBLIC_IP, HOST)], "the address that was checked is asked"
    host, path, headers = site.asked[0]
    assert (host, path) == (HOST, "/a.xml?v=1")
    assert "Authorization" not in headers
    assert "If-None-Match" not in headers


def test_what_was_not_modified_is_not_read_again(site):
    site.pages["/"] = (304, {}, b"")
    assert fetch(f"https://{HOST}", etag='"1"', network=site).data is None
    assert site.asked[0][2]["If-None-Match"] == '"1"'
    with pytest.raises(FetchError, match="answers 304"):
        fetch(f"https://{HOST}", network=site)


@pytest.mark.parametrize("status", [404, 500, 429])
def test_a_refusal_is_told(site, status):
    site.pages["/"] = (status, {}, b"no")
    with pytest.raises(FetchError, match=f"answers {status}"):
        fetch(f"https://{HOST}/", network=site)


def test_packed_answers_are_unpacked_up_to_the_limit(site, monkeypatch):
    site.pages["/"] = (200, {"Content-Encoding": "gzip"}, gzip.compress(b"x" * 5000))
    assert fetch(f"https://{HOST}/", network=site).data == b"x" * 5000
    monkeypatch.setattr(fetching, "MAX_BYTES", 4999)
    with pytest.raises(FetchError, match="larger than"):
        fetch(f"https://{HOST}/", network=site)
    site.pages["/"] = (200, {}, b"x" * 5000)
    with pytest.raises(FetchError, match="larger than"):
        fetch(f"https://{HOST}/", network=site)


def test_a_cut_off_answer_is_refused(site):
    site.pages["/"] = (200, {"Content-Length": "100"}, b"half")
    with pytest.raises(FetchError, match="cut off|cannot be read"):
        fetch(f"https://{HOST}/", network=site)
    packed = gzip.compress(b"x" * 5000)[:-9]
    site.pages["/"] = (200, {"Content-Encoding": "gzip"}, packed)
    with pytest.raises(FetchError, match="cut off"):
        fetch(f"https://{HOST}/", network=site)


def test_an_unknown_packing_is_refused(site):
    site.pages["/"] = (200, {"Content-Encoding": "br"}, b"x")
    with pytest.raises(FetchError, match="unknown way"):
        fetch(f"https://{HOST}/", network=site)


def test_a_server_that_drips_is_cut_off(site, monkeypatch):
    monkeypatch.setattr(fetching, "TIMEOUT_SECONDS", 0.3)
    stop = threading.Event()

    def drip(out):
        while not stop.wait(0.05):
            out.write(b"x")
            out.flush()

    site.pages["/"] = (200, {}, drip)
    try:
        with pytest.raises(FetchError, match="longer than"):
            fetch(f"https://{HOST}/", network=site)
    finally:
        stop.set()


def test_redirects_are_followed_three_times(site):
    site.pages |= {
        "/1": (301, {"Location": "/2"}, b""),
        "/2": (302, {"Location": f"https://{OTHER}/3"}, b""),
        "/3": (307, {"Location": "/4"}, b""),
        "/4": (200, {}, b"here"),
        "/0": (308, {"Location": "/1"}, b""),
    }
    assert fetch(f"https://{HOST}/1", network=site).data == b"here"
    assert [host for host, _path, _headers in site.asked] == [HOST, HOST, OTHER, OTHER]
    with pytest.raises(FetchError, match="More than 3 redirects"):
        fetch(f"https://{HOST}/0", network=site)


@pytest.mark.parametrize(
    "address",
    [
        "https://127.0.0.1/",
        "https://[::1]/",
        "https://2130706433/",
        "https://0x7f.1/",
        "https://localhost/",
        "https://[::ffff:127.0.0.1]/",
        "https://[64:ff9b::7f00:1]/",
        "https://169.254.169.254/latest/meta-data/",
        "https://10.0.0.1/",
        "https://0.0.0.0/",
        "https://[fe80::1]/",
        "https://inside.example/",
    ],
)
def test_addresses_inside_are_refused_also_after_a_redirect(site, address, monkeypatch):
    site.ips["inside.example"] = [PUBLIC_IP, "127.0.0.1"]
    site.ips["localhost"] = ["127.0.0.1"]
    with pytest.raises(FetchError, match=r"not a public address|cannot be read"):
        fetch(address, network=site)
    site.pages["/"] = (302, {"Location": address}, b"")
    with pytest.raises(FetchError, match=r"not a public address|cannot be read"):
        fetch(f"https://{HOST}/", network=site)
    assert site.connected == [(PUBLIC_IP, HOST)]


def test_a_name_that_leads_inside_is_refused(monkeypatch):
    asked = []

    def getaddrinfo(host, port, **_kw):
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(Network, "connect", lambda *_: pytest.fail("it connected"))
    with pytest.raises(FetchError, match="rebound.example is not a public address"):
        fetch("https://rebound.example/")
    assert asked == ["rebound.example"], "the name is asked once, so that it cannot change its mind"


@pytest.mark.parametrize(
    "address",
    [
        "http://feeds.example/",
        "file:///etc/passwd",
        "https://",
        "https://me:secret@feeds.example/",
        "https://feeds.example:99999/",
        "https://[broken/",
    ],
)
def test_other_addresses_are_refused(site, address):
    with pytest.raises(FetchError):
        fetch(address, network=site)
    site.pages["/"] = (302, {"Location": address}, b"")
    with pytest.raises(FetchError):
        fetch(f"https://{HOST}/", network=site)


def test_a_certificate_of_another_name_is_refused(site):
    site.ips["third.example"] = [PUBLIC_IP]
    with pytest.raises(FetchError, match="cannot be read"):
        fetch("https://third.example/", network=site)


@pytest.mark.parametrize(
    ("ip", "expected"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("100.100.100.200", False),
        ("192.0.0.192", False),
        ("224.0.0.1", False),
        ("fd00:ec2::254", False),
        ("2002:7f00:1::", False),
        ("::ffff:10.0.0.1", False),
        ("2001:0:5ef5:79fd::1", False),
        ("64:ff9b::a9fe:a9fe", False),
        ("64:ff9b::5db8:d822", True),
        ("fe80::1%lo", False),
    ],
)
def test_public_addresses(ip, expected):
    assert ipaddress.ip_address(ip)
    assert is_public(ip) is expected


def test_a_token_stays_with_its_address(site, settings):
    settings.FEED_TOKENS = {f"https://{HOST}/api/events/conf": "secret"}
    moved = (302, {"Location": f"https://{OTHER}/api/events/conf/x"}, b"")
    site.pages |= {
        "/api/events/conf/slots/": moved,
        "/api/events/conf/x": (200, {}, b"{}"),
        "/api/events/conference/": (200, {}, b"{}"),
    }
    fetch(f"https://{HOST}/api/events/conf/slots/", network=site)
    first, second = (headers for _host, _path, headers in site.asked)
    assert first["Authorization"] == "Token secret"
    assert first["Pretalx-Version"] == "v1"
    assert "Authorization" not in second
    fetch(f"https://{HOST}/api/events/conference/", network=site)
    assert "Authorization" not in site.asked[-1][2], "conf is not the beginning of conference"


def test_the_pages_of_an_api_become_one_document(site):
    def page(*results, following=None):
        document = {"count": 3, "next": following, "previous": None, "results": list(results)}
        return (200, {"ETag": '"1"'}, json.dumps(document).encode())

    site.pages["/api/"] = page(1, 2, following=f"https://{HOST}/api/?page=2")
    site.pages["/api/?page=2"] = page(3)
    fetched = fetch(f"https://{HOST}/api/", network=site)
    assert json.loads(fetched.data)["results"] == [1, 2, 3]
    assert json.loads(fetched.data)["next"] is None
    assert fetched.etag == ""
    for elsewhere in (f"https://{OTHER}/api/?page=2", f"http://{HOST}/api/?page=2"):
        site.pages["/api/"] = page(1, following=elsewhere)
        with pytest.raises(FetchError):
            fetch(f"https://{HOST}/api/", network=site)
    site.pages["/api/"] = page(1, following=f"https://{HOST}/api/")
    with pytest.raises(FetchError, match="too many"):
        fetch(f"https://{HOST}/api/", network=site)


def test_a_broken_second_page_is_a_refusal(site):
    first = {"next": f"https://{HOST}/2", "results": []}
    site.pages["/"] = (200, {}, json.dumps(first).encode())
    for broken in (b"oops", b"[]", b'{"results": 1}'):
        site.pages["/2"] = (200, {}, broken)
        with pytest.raises(FetchError):
            fetch(f"https://{HOST}/", network=site)
