"""Is it playing? Asked from the server, for the desk and for whoever has just pasted an address."""

from datetime import datetime
from urllib.parse import urljoin

from django.utils.translation import gettext as _

from lib.http_client import ErrorKind, HttpError, Response
from lib.sealing import SealBroken
from streaming.models import Stream
from streaming.probes.fetch import ProbeClient, our_address
from streaming.probes.playlists import NotAPlaylist, Playlist, read_playlist
from streaming.sources.base import Probe, Source

# A live playlist moves on once in a target duration. Shorter ones stop for a moment now and then.
STALE_TARGETS = 3
STALE_SECONDS = 15
LONGEST_PROBLEM = 200


def probe(stream: Stream, at: datetime) -> Probe:
    """Raises nothing, and writes nothing."""
    host = stream.room.conference.domain or "localhost"
    try:
        source = stream.source
        address = source.probed(stream.value, stream.opened_account(), at)
        is_ours = address.startswith("/")
        with ProbeClient(host, is_ours=is_ours) as client:
            address = our_address(address) if is_ours else address
            if source.player == "video":
                return _play(client, address, stream, at)
            return _open(client, address, source, host)
    except (SealBroken, ValueError) as error:
        return _problem(_("It cannot be signed: %(error)s") % {"error": error})
    except HttpError as error:
        return _problem(str(error))


def _problem(words: str) -> Probe:
    return Probe(is_playing=False, problem=words[:LONGEST_PROBLEM])


def _play(client: ProbeClient, address: str, stream: Stream, at: datetime) -> Probe:
    """The list of qualities, the list of segments of the first, and the last segment."""
    answer, playlist = _read(client, address)
    bits = playlist.bits_per_second
    if playlist.first_variant:
        answer, playlist = _read(client, urljoin(answer.url, playlist.first_variant))
    problem = _problem_of_playlist(playlist, stream, at)
    if not problem:
        try:
            client.check(urljoin(answer.url, playlist.last_segment))
        except HttpError as error:
            problem = _("The newest piece of the picture is missing: %(why)s") % {"why": error}
    return Probe(not problem, problem[:LONGEST_PROBLEM], str(playlist.number), bits)


def _read(client: ProbeClient, address: str) -> tuple[Response, Playlist]:
    answer = client.read(address)
    try:
        return answer, read_playlist(answer.body)
    except NotAPlaylist:
        raise HttpError(ErrorKind.UNUSABLE, _("What is there is not an HLS playlist.")) from None


def _problem_of_playlist(playlist: Playlist, stream: Stream, at: datetime) -> str:
    """A playlist that has not moved since the last probe saw it move is stale."""
    if not playlist.last_segment:
        return _("The playlist is empty: nothing is sent yet.")
    if playlist.has_ended:
        is_meant = playlist.is_recording or stream.is_recording
        return "" if is_meant else _("The stream has ended.")
    before = stream.last_health
    if before is None or before.moved_at is None or before.mark != str(playlist.number):
        return ""
    seconds = (at - before.moved_at).total_seconds()
    if seconds > max(STALE_SECONDS, STALE_TARGETS * playlist.target_seconds):
        return _("The playlist has not moved for %(count)d seconds.") % {"count": seconds}
    return ""


def _open(client: ProbeClient, address: str, source: Source, host: str) -> Probe:
    answer = client.read(address)
    if source.player == "iframe" and not _may_be_framed(answer, host):
        return _problem(_("This page may not be put into a frame. Paste its embed code instead."))
    complaint = source.complaint(answer.body.decode("utf-8", "replace"))
    return _problem(complaint) if complaint else Probe(is_playing=True)


def _may_be_framed(answer: Response, host: str) -> bool:
    """X-Frame-Options counts only without frame-ancestors (CSP 3, 6.4.2.1)."""
    for policy in answer.headers.getlist("Content-Security-Policy"):
        for directive in policy.split(";"):
            name, *allowed = directive.split()[:100] or [""]
            if name.lower() == "frame-ancestors":
                ours = {"*", "https:", host, f"https://{host}"}
                below = {f"*.{host.partition('.')[2]}", f"https://*.{host.partition('.')[2]}"}
                return bool((ours | below) & set(allowed))
    return answer.headers.get("X-Frame-Options", "").strip().upper() not in ("DENY", "SAMEORIGIN")
