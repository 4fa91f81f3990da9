"""What our own origin costs: CPU of taking a stream, of its renditions, and of giving it out.

    python -m tools.bench.origin [--seconds 20]

ffmpeg sends 720p at 3 Mbit/s, encoded before, as OBS would. Needs nginx' RTMP module.
"""

import argparse
import contextlib
import http.client
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from pathlib import Path

from tools.bench.pages import ask, sign_in
from tools.cpu import children, cpu_seconds
from tools.process import NotStarted, interrupt_on_sigterm, run, temporary_directory
from tools.stack import Stack

CLIP_SECONDS = 20
MEGABITS = 3
SESSIONS = 200
FILES = 1200
QUESTIONS = 600
PATIENCE_SECONDS = 30

OPEN_ROOM = """
from schedule.models import Room
from streaming.models import Ingest
print(Ingest.objects.create(room=Room.objects.get(slug="main"), records=True).key)
"""


def film(folder: Path) -> Path:
    clip = folder / "clip.mp4"
    picture = f"testsrc2=size=1280x720:rate=30:duration={CLIP_SECONDS},noise=alls=12:allf=t"
    command = ["ffmpeg", "-loglevel", "error", "-f", "lavfi", "-i", picture, "-f", "lavfi"]
    command += ["-i", f"sine=duration={CLIP_SECONDS}", "-c:v", "libx264", "-preset", "veryfast"]
    command += ["-pix_fmt", "yuv420p", "-g", "60", "-b:v", f"{MEGABITS}M", "-maxrate", "3.2M"]
    command += ["-bufsize", "3M", "-c:a", "aac", "-b:a", "128k", str(clip)]
    run(command)
    return clip


@contextlib.contextmanager
def camera(clip: Path, url: str, folder: Path, rendition: str) -> Iterator[None]:
    """Goes on once the rendition has begun."""
    command = ["ffmpeg", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", str(clip)]
    encoder = subprocess.Popen([*command, "-c", "copy", "-f", "flv", url])
    try:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while len(list(folder.glob(f"1-main/{rendition}-*.ts"))) < 2:
            if encoder.poll() is not None or time.monotonic() > deadline:
                raise NotStarted("the stream did not start")
            time.sleep(0.2)
        yield
    finally:
        encoder.terminate()
        encoder.wait(20)


def is_ffmpeg(pid: int) -> bool:
    return Path(f"/proc/{pid}/comm").read_text().strip() == "ffmpeg"


def shares(site: Stack, seconds: float) -> tuple[float, float]:
    """Of one core, in per cent: nginx alone, and the renditions."""
    renditions = [pid for pid in children(site.nginx.pid) if is_ffmpeg(pid)]

    def spent() -> tuple[float, float]:
        encoding = sum(map(cpu_seconds, renditions))
        return cpu_seconds(site.nginx.pid) - encoding, encoding

    before, began_at = spent(), time.monotonic()
    time.sleep(seconds)
    after, length = spent(), time.monotonic() - began_at
    return (after[0] - before[0]) / length * 100, (after[1] - before[1]) / length * 100


def ask_for_low(site: Stack) -> None:
    """As docs/own-origin.md says: one more word in front-row/origin-out.conf."""
    assert site.origin  # noqa: S101 - it was asked for
    config = site.origin.directory / "nginx" / "front-row" / "origin-out.conf"
    config.write_text(config.read_text().replace("/$name;", "/$name low;"))
    site.nginx.send_signal(signal.SIGHUP)
    time.sleep(1)


def ask_the_gate(site: Stack, cookie: str) -> float:
    """CPU milliseconds of the app for a question: each room is a new one."""
    connection = http.client.HTTPConnection(site.url.removeprefix("http://"), timeout=30)
    before = cpu_seconds(site.gunicorn.pid)
    for number, _turn in zip(count(), range(QUESTIONS), strict=False):
        connection.request("GET", f"/hls/room-{number}/index.m3u8", headers={"Cookie": cookie})
        connection.getresponse().read()
    return (cpu_seconds(site.gunicorn.pid) - before) / QUESTIONS * 1000


def measure(site: Stack, cookies: list[str], clip: Path, seconds: float) -> None:
    assert site.origin  # noqa: S101 - it was asked for
    url = f"{site.origin.rtmp_url}/{site.manage('shell', '-v', '0', '-c', OPEN_ROOM).strip()}"
    host = site.url.removeprefix("http://")
    with camera(clip, url, site.origin.hls_root, "audio"):
        nginx, audio = shares(site, seconds)
        print(f"taking one stream, recorded as well: nginx {nginx:.1f} % of a core", flush=True)
        print(f"its sound alone, copied: ffmpeg {audio:.1f} % of a core", flush=True)
        segments = sorted(site.origin.hls_root.glob("1-main/[0-9]*.ts"))
        path = f"/hls/main/{segments[-2].name}"
        before = cpu_seconds(site.nginx.pid)
        size = ask(host, path, cookies, FILES)
        spent = (cpu_seconds(site.nginx.pid) - before) / FILES * 1000
        gigabits = size * 8 / spent / 1e6
        print(f"a segment of {size:,} bytes: nginx {spent:.2f} ms ({gigabits:.1f} Gbit/s a core)")
    print(f"a question to the gate: app {ask_the_gate(site, cookies[0]):.2f} ms", flush=True)
    ask_for_low(site)
    with camera(clip, url, site.origin.hls_root, "low"):
        _nginx, low = shares(site, seconds)
        print(f"sound and the low picture, encoded: ffmpeg {low:.0f} % of a core")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.bench.origin", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--seconds", type=float, default=20, help="to watch each for")
    options = parser.parse_args()
    interrupt_on_sigterm()
    print("Starting PostgreSQL, Redis, gunicorn and nginx …", flush=True)
    demo = ["--people", "300"]
    with temporary_directory() as folder, Stack(demo=demo, origin=True) as site:
        measure(site, sign_in(site.env, SESSIONS), film(folder), options.seconds)


if __name__ == "__main__":
    try:
        main()
    except NotStarted as error:
        sys.exit(str(error))
