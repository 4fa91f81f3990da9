"""Real HLS from ffmpeg, behind a server that breaks it as origins and encoders do."""

import contextlib
import re
import shutil
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from django.conf import settings

from tools.browser import wait_until
from tools.process import run, running

SEGMENT_SECONDS = 2
# What the first segment of a camera has, so that a playlist can begin anew below it.
FIRST_NUMBER = 100
CLIP_SECONDS = SEGMENT_SECONDS * 8
# Small and cheap to play; what is tested is the time, not the picture.
ENCODING = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "10"]
CLIP = ["-f", "lavfi", "-i", f"testsrc2=size=160x90:rate=10:duration={CLIP_SECONDS}", *ENCODING]
# Other sizes and other codecs: another profile, and sound, which CLIP has not.
OTHER_CLIP = ["-f", "lavfi", "-i", f"testsrc2=size=320x180:rate=10:duration={CLIP_SECONDS}"]
OTHER_CLIP += ["-f", "lavfi", "-i", f"sine=duration={CLIP_SECONDS}", "-c:a", "aac", *ENCODING]
OTHER_CLIP += ["-bf", "2", "-profile:v", "main"]

ENDS = {
    "ended": b"#EXT-X-ENDLIST\n",
    "recorded": b"#EXT-X-PLAYLIST-TYPE:VOD\n#EXT-X-ENDLIST\n",
}
PAGE = b"""<!doctype html><title>player</title><div id="screen"></div>"""


def ffmpeg_path() -> str | None:
    return shutil.which("ffmpeg")


@contextlib.contextmanager
def cameras(
    folder: Path, *names: str, ends: bool = False
) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    """Encoders that write live HLS to `folder/NAME/`, in real time. "other" has sizes and codecs that
    the others have not. `ends`: they close their playlists when they are stopped, and may be started
    again.
    """
    with contextlib.ExitStack() as stack:
        encoders = {name: stack.enter_context(_encoder(folder, name, ends)) for name in names}
        # Each takes seconds until it is ready, so they are waited for together.
        wait_until(lambda: all(_has_segments(folder / name) for name in names), "all cameras run")
        yield encoders


@contextlib.contextmanager
def _encoder(folder: Path, name: str, ends: bool) -> Iterator[subprocess.Popen[bytes]]:
    is_other = name == "other"
    clip = folder / ("other.mp4" if is_other else "clip.mp4")
    if not clip.exists():
        run(["ffmpeg", "-y", "-loglevel", "error", *(OTHER_CLIP if is_other else CLIP), clip])
    target = folder / name
    target.mkdir(exist_ok=True)
    command = ["ffmpeg", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", clip]
    command += ["-c", "copy", "-f", "hls", "-hls_time", str(SEGMENT_SECONDS)]
    command += [
        "-start_number",
        str(0 if ends else FIRST_NUMBER),
        "-hls_list_size",
        "6",
        "-hls_flags",
    ]
    command += ["delete_segments" if ends else "delete_segments+omit_endlist"]
    command += [target / "index.m3u8"]
    with running(command, folder / f"{name}.log", lambda _server: True) as encoder:
        yield encoder


def _has_segments(folder: Path) -> bool:
    playlist = folder / "index.m3u8"
    return playlist.exists() and playlist.read_text().count(".ts") >= 3


class Origin:
    """Serves static/ and, at /NAME/CAMERA/, what a camera writes, broken as `faults[NAME]` says:
    "404", "503", "frozen", "segments", "ended", "recorded" (ended, and a recording from now on),
    "anew"; and counts what is asked for.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.faults: dict[str, str] = {}
        self.asked: Counter[str] = Counter()
        self.snapshots: dict[str, bytes] = {}

    @contextlib.contextmanager
    def serve(self) -> Iterator[str]:
        handler = partial(_Handler, self)
        server = _Server(("127.0.0.1", 0), handler)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def playlist(self, name: str, path: Path) -> bytes:
        """As it is now; or as it was when the fault began."""
        fault = self.faults.get(name)
        if fault not in ("frozen", *ENDS):
            self.snapshots[name] = path.read_bytes()
            if fault == "anew":
                return re.sub(rb"(SEQUENCE:)\d", rb"\1", self.snapshots[name])
            return self.snapshots[name]
        return self.snapshots[name] + ENDS.get(fault, b"")


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Browsers drop connections as they like."""


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, origin: Origin, *args: object) -> None:
        self.origin = origin
        super().__init__(*args)  # type: ignore[arg-type]

    def log_message(self, *_args: object) -> None:
        """The tests count by themselves."""

    def do_GET(self) -> None:
        _slash, first, *rest = self.path.split("?")[0].split("/")
        if first == "page":
            self.answer(200, PAGE, "text/html")
        elif first == "static":
            file = settings.BASE_DIR / "static" / "/".join(rest)
            self.answer(200, file.read_bytes(), "text/javascript")
        else:
            self.answer_stream(first, Path(*rest))

    def answer_stream(self, name: str, path: Path) -> None:
        origin = self.origin
        origin.asked[name] += 1
        fault = origin.faults.get(name)
        is_playlist = path.suffix == ".m3u8"
        file = origin.folder / path
        if fault in ("404", "503"):
            self.answer(int(fault), b"", "text/plain")
        elif (fault == "segments" and not is_playlist) or not file.is_file():
            self.answer(404, b"", "text/plain")
        elif is_playlist:
            self.answer(200, origin.playlist(name, file), "application/vnd.apple.mpegurl")
        else:
            self.answer(200, file.read_bytes(), "video/mp2t")

    def answer(self, status: int, body: bytes, content_type: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            self.wfile.write(body)
