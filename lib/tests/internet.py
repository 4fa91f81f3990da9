"""The internet of the tests: every public name leads to one little server. The fixture `internet`
puts it in the place of the real one, for everything that goes through HttpClient.
"""

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

from lib.http_client import HttpClient, Network

PUBLIC_IP = "93.184.216.34"
NAMES = ("*.example.org", "*.youtube.com")  # of the server's certificate


class Internet(Network):
    """`pages`: host and path → (status, headers, body), or a function that gets `send`.
    `asked`: the same places, with headers and data. `ips`: of names that lead elsewhere.
    """

    def __init__(self):
        self.pages, self.asked, self.connected, self.ips = {}, [], [], {}

    def page(self, place, body="", status=200, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        self.pages[place] = (status, headers, body if isinstance(body, bytes) else body.encode())

    def addresses(self, host, port, seconds):
        is_name = "." in host and host[-1].isalpha()
        public = [PUBLIC_IP] if is_name else super().addresses(host, port, seconds)
        return self.ips.get(host, public)

    def connect(self, ip, port, seconds):
        self.connected.append(ip)
        ours = ("127.0.0.1", self.port) if ip == PUBLIC_IP else (ip, port)
        return super().connect(*ours, seconds)


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # Headers and body go out together.

    def do_GET(self):
        place = self.headers["Host"] + self.path
        data = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.internet.asked.append((place, self.headers, data))
        page = self.server.internet.pages.get(place, (404, {}, b""))
        if callable(page):
            self.close_connection = True
            page(self.connection.sendall)
            return
        status, headers, body = page
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    do_POST = do_GET

    def log_message(self, *_arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, *_arguments):
        """Clients that go away are what is tested."""


@contextmanager
def serving(internet, tls=None):
    """The port."""
    server = Server(("127.0.0.1", 0), Handler)
    server.internet = internet
    if tls is not None:  # Handshakes are for the thread of each connection.
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def make_certificate(path):
    """With its key, signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.DNSName(each) for each in NAMES])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(pem, pkcs8, serialization.NoEncryption())
    path.write_bytes(private + made.public_bytes(pem))


@pytest.fixture(scope="session")
def _internet(tmp_path_factory):
    internet = Internet()
    internet.certificate = tmp_path_factory.mktemp("tls") / "certificate.pem"
    make_certificate(internet.certificate)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(internet.certificate)
    with serving(internet, tls) as internet.port, serving(internet) as own_port:
        internet.own_url = f"http://127.0.0.1:{own_port}"  # on this machine, without TLS
        yield internet


@pytest.fixture
def internet(_internet, monkeypatch):
    for kept in (_internet.pages, _internet.asked, _internet.connected, _internet.ips):
        kept.clear()
    _internet.__dict__.pop("tls", None)
    monkeypatch.setenv("SSL_CERT_FILE", str(_internet.certificate))
    monkeypatch.setattr(HttpClient, "network", _internet)
    return _internet
