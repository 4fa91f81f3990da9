"""The web as the probes see it: every public host is one little server of the tests."""

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from lib.network import Network

PUBLIC_IP = "93.184.216.34"


class Web(Network):
    """`pages`: host and path → (status, headers, body). Without TLS, which is tested elsewhere."""

    def __init__(self, port):
        self.port, self.pages, self.asked = port, {}, []
        self.private_hosts = set()

    @property
    def own_url(self):
        return f"http://127.0.0.1:{self.port}"

    def playlist(self, place, text):
        self.pages[place] = (200, {}, text.encode())

    def addresses(self, host, port):
        if host == "127.0.0.1":
            return [host]
        return ["10.0.0.1"] if host in self.private_hosts else [PUBLIC_IP]

    def connect(self, ip, port, host, timeout):
        assert ip == PUBLIC_IP
        return socket.create_connection(("127.0.0.1", self.port), timeout)


@contextmanager
def web():
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            place = self.headers["Host"] + self.path
            made.asked.append((place, self.headers))
            status, headers, body = made.pages.get(place, (404, {}, b""))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_arguments):
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_arguments):
            """Probes go away before the end of what they have seen enough of."""

    server = Server(("127.0.0.1", 0), Handler)
    made = Web(server.server_port)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
