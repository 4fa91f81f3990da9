"""A mail relay that speaks real SMTP on this machine, and fails as it is told."""

import contextlib
import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from email.message import EmailMessage


class FakeRelay(socketserver.ThreadingTCPServer):
    """`answers` replaces what it says to a command, "" hangs up; `received` are the mails taken.

    At the end of a mail it waits for `may_go_on`, and sets `has_mail` before.
    """

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Talk)
        self.answers: dict[str, str] = {}
        self.received: list[EmailMessage] = []
        self.connections = 0
        self.hang_up_once = False
        self.has_mail = threading.Event()
        self.may_go_on = threading.Event()
        self.may_go_on.set()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"


class _Talk(socketserver.StreamRequestHandler):
    server: FakeRelay

    def handle(self) -> None:
        self.server.connections += 1
        with contextlib.suppress(OSError):
            self._say(self.server.answers.get("CONNECT", "220 relay"))
            while line := self.rfile.readline():
                self._follow(line.decode().split()[0].upper())

    def _follow(self, command: str) -> None:
        if self.server.hang_up_once:
            self.server.hang_up_once = False
            self._say("")
        known = {"EHLO": "250 relay", "QUIT": "221 bye", "DATA": "354 go on"}
        answer = self.server.answers.get(command, known.get(command, "250 fine"))
        self._say(answer)
        if command == "DATA" and answer.startswith("354"):
            content = b"".join(iter(self.rfile.readline, b".\r\n"))
            self.server.has_mail.set()
            self.server.may_go_on.wait(60)
            answer = self.server.answers.get("END", "250 taken")
            # Before it says so, because whoever hears it looks at once.
            if answer.startswith("250"):
                message = email.message_from_bytes(content, policy=email.policy.default)
                self.server.received.append(message)
            self._say(answer)

    def _say(self, answer: str) -> None:
        if not answer:
            raise ConnectionAbortedError
        self.wfile.write(f"{answer}\r\n".encode())


@contextlib.contextmanager
def fake_relay(port: int = 0) -> Iterator[FakeRelay]:
    with FakeRelay(port) as relay:
        thread = threading.Thread(target=relay.serve_forever, args=[0.05])
        thread.start()
        try:
            yield relay
        finally:
            relay.may_go_on.set()
            relay.shutdown()
            thread.join()
