"""What probes read of a stream: what it shows to everybody who asks, or what our own host shows
past the gate (LOOPBACK_URL). All of one probe within one deadline.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.utils.translation import gettext as _

from lib.http_client import Deadline, ErrorKind, HttpClient, HttpError, Response, begins_with

# The limit for everything that one probe reads. Players have given up by then.
TIMEOUT_SECONDS = 8
MAX_REDIRECTS = 3
# A playlist of a whole day in segments of two seconds.
MAX_BYTES = 2 * 1024 * 1024


class ProbeClient(HttpClient):
    """`host`: the conference's. `is_ours`: the stream is on our own host, so LOOPBACK_URL is asked;
    nothing that is elsewhere can lead there.
    """

    def __init__(self, host: str, *, is_ours: bool) -> None:
        self._loopback = [settings.LOOPBACK_URL] if is_ours else []
        self._referer = {"Referer": f"https://{host}/"}
        # nginx asks the application so; without the second header Django sends us to https.
        ours = {"Host": host, "X-Forwarded-Proto": "https"}
        super().__init__(
            Deadline(TIMEOUT_SECONDS),
            max_bytes=MAX_BYTES,
            max_redirects=MAX_REDIRECTS,
            private=self._loopback,
            headers_by_address=dict.fromkeys(self._loopback, ours),
        )

    def read(self, address: str) -> Response:
        """Raises HttpError."""
        return self._get(address, self._referer, reads_body=True)

    def check(self, address: str) -> Response:
        """Asks only whether it is there. Raises HttpError."""
        return self._get(address, self._referer | {"Range": "bytes=0-0"}, reads_body=False)

    def _get(self, address: str, headers: dict[str, str], *, reads_body: bool) -> Response:
        try:
            response = self.request(address, headers, reads_body=reads_body)
        except HttpError as error:
            if self._loopback and error.kind is ErrorKind.UNREACHABLE:
                text = _("Our own server does not answer where LOOPBACK_URL says that it is.")
                raise HttpError(error.kind, text) from None
            raise
        if response.status not in (200, 206):
            raise HttpError(ErrorKind.UNUSABLE, self._refusal(response))
        return response

    def _refusal(self, response: Response) -> str:
        status, host = response.status, urlsplit(response.url).hostname
        if status == 404:
            return _("There is nothing at this address (404).")
        if status not in (401, 403):
            return _("%(host)s answers %(status)d.") % {"host": host, "status": status}
        if any(begins_with(response.url, ours) for ours in self._loopback):
            return _("Our own gate refuses the probe: LOOPBACK_URL has to lead past it.")
        text = _("%(host)s refuses us (%(status)d): a wrong key, or only certain sites may.")
        return text % {"host": host, "status": status}


def our_address(path: str) -> str:
    """Where our own host answers on this machine."""
    base: str = settings.LOOPBACK_URL
    return base.rstrip("/") + path
