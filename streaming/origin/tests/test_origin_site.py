"""A conference's own stream from the camera to the screen: ffmpeg sends as OBS does, nginx takes, keeps
and gives it out, Chromium plays it. And it is for who may have it alone.
"""

import subprocess
import time
from http.client import HTTPConnection

import pytest

from streaming.watching.tests.cameras import ffmpeg_path
from tools.browser import PATIENCE_SECONDS, chromium_path, wait_until
from tools.origin import rtmp_module

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
    pytest.mark.skipif(ffmpeg_path() is None, reason="needs ffmpeg: apt install ffmpeg"),
    pytest.mark.skipif(
        rtmp_module() is None, reason="needs nginx' RTMP module: apt install libnginx-mod-rtmp"
    ),
]

KEY = "the-key-of-the-studio-camera"
PLAYLIST = "/hls/studio/index.m3u8"
# What the promise says.
REVOCATION_SECONDS = 60

SETUP = """
from datetime import timedelta
from django.utils import timezone
from schedule.models import Conference, Room, Talk
from streaming.models import Ingest, Stream
from tickets.models import Claim, Product, Ticket, User
from tools.bench.sessions import session_key_of

conference = Conference.objects.get()
room = Room.objects.create(conference=conference, slug="studio", name="Studio", position=90)
now = timezone.now()
Talk.objects.create(
    conference=conference, room=room, code="STUDIO", title="From the studio",
    starts_at=now - timedelta(minutes=5), ends_at=now + timedelta(hours=1), may_be_replayed=True,
)
Stream.objects.create(room=room, kind="origin", value="studio")
Stream.objects.create(room=room, kind="origin", value="studio/audio", role="audio")
Ingest.objects.create(room=room, key=KEY)

def session(name, *scopes):
    user = User.objects.create_user(f"{name}@studio.example.com")
    if scopes:
        product = Product.objects.create(conference=conference, name=name, scopes=list(scopes))
        ticket = Ticket.objects.create(conference=conference, product=product, code=name)
        Claim.objects.create(ticket=ticket, user=user)
    return session_key_of(user, conference)

answer = {
    "holder": session("holder", "conference", "replay"),
    "leaver": session("leaver", "room:studio"),
    "elsewhere": session("elsewhere", "room:main"),
    "stranger": session("stranger"),
}
"""
CANCEL = """
from django.utils import timezone
from tickets.models import Ticket
Ticket.objects.filter(code="leaver").set_state("canceled", timezone.now())
"""
RECORDED = """
from streaming.models import Ingest, Recording
recording = Recording.objects.filter(room__slug="studio").first()
on_air = Ingest.objects.get(room__slug="studio").began_at
answer = recording and recording.ends_at and not on_air and {
    "value": recording.value,
    "seconds": (recording.ends_at - recording.starts_at).total_seconds(),
}
"""
# A talk that began three seconds into the recording.
HAS_BEEN = """
from datetime import timedelta
from schedule.models import Talk
from streaming.models import Recording
recording = Recording.objects.get(room__slug="studio")
Talk.objects.create(
    conference=recording.conference, room=recording.room, code="HASBEEN", title="It has been",
    starts_at=recording.starts_at + timedelta(seconds=3),
    ends_at=recording.starts_at + timedelta(seconds=5), may_be_replayed=True,
)
"""
BEGAN = """() => {
    const video = document.querySelector("#player video");
    return video?.played.length && video.videoWidth === 160 ? [video.played.start(0)] : null;
}"""


@pytest.fixture(scope="module")
def sessions(site):
    return site.run(f"KEY = {KEY!r}\n{SETUP}")


def get(site, path, session=None, **headers):
    """As curl would: status and body."""
    port = int(site.url.rpartition(":")[2])
    connection = HTTPConnection("127.0.0.1", port)
    cookie = {"Cookie": f"sessionid={session}"} if session else {}
    connection.request("GET", path, headers={"Host": f"localhost:{port}", **cookie, **headers})
    response = connection.getresponse()
    body = response.read().decode(errors="replace")
    connection.close()
    return response.status, body


def wait_for(what, condition):
    found = None

    def is_there():
        nonlocal found
        found = condition()
        return found

    wait_until(is_there, what)
    return found


@pytest.fixture(scope="module")
def camera(site, sessions):
    picture = "-re -f lavfi -i testsrc2=size=160x90:rate=10 -f lavfi -i sine"
    coding = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 20 -c:a aac -f flv"
    command = ["ffmpeg", "-loglevel", "error", *picture.split(), *coding.split()]
    encoder = subprocess.Popen([*command, f"{site.origin.rtmp_url}/{KEY}"])
    try:
        yield encoder
    finally:
        encoder.terminate()
        encoder.wait(PATIENCE_SECONDS)


def test_a_wrong_key_is_no_camera(site, sessions):
    command = "ffmpeg -loglevel quiet -re -f lavfi -i testsrc2=size=160x90:rate=10 -t 20 -f flv"
    encoder = subprocess.run(
        [*command.split(), f"{site.origin.rtmp_url}/guessed"], timeout=PATIENCE_SECONDS
    )
    assert encoder.returncode != 0
    assert not any(site.origin.hls_root.iterdir())


def segments(answer):
    status, playlist = answer
    return [line for line in playlist.splitlines() if line.endswith(".ts")] if status == 200 else []


def is_playing(page):
    return page.evaluate(
        """() => new Promise((resolve) => {
            const at = document.querySelector("#player video")?.currentTime ?? 0;
            setTimeout(() => {
                const video = document.querySelector("#player video");
                resolve(Boolean(video && video.videoWidth === 160 && video.currentTime > at));
            }, 500);
        })"""
    )


def person(browser, site, session=None):
    context = browser.new_context(base_url=site.url)
    if session:
        context.add_cookies([{"name": "sessionid", "value": session, "url": site.url}])
    return context.new_page()


@pytest.mark.timed
def test_from_the_camera_to_the_screen_to_the_recording(site, sessions, camera, browser, promises):
    holder, leaver = sessions["holder"], sessions["leaver"]
    names = wait_for("a stream", lambda: segments(get(site, PLAYLIST, holder))[1:])
    segment = f"/hls/studio/{names[0]}"
    assert get(site, PLAYLIST, leaver)[0] == 200
    assert get(site, segment, leaver)[0] == 200
    site.run(CANCEL)
    canceled_at = time.monotonic()

    for path in (PLAYLIST, segment):
        assert get(site, path, holder)[0] == 200
        assert get(site, path)[0] == 401
        assert get(site, path, "guessed")[0] == 401
        for refused in ("stranger", "elsewhere"):
            assert get(site, path, sessions[refused])[0] == 403

    page = person(browser, site, holder)
    page.goto("/rooms/studio/")
    wait_for("a picture on the screen", lambda: is_playing(page))
    for path in ("/rooms/studio/", "/live.json", "/me.json"):
        body = page.request.get(path).text()
        assert "/hls/" not in body
        assert KEY not in body
    playback = page.request.get("/rooms/studio/playback.json").text()
    assert PLAYLIST in playback
    assert KEY not in playback
    # A copied address, in somebody else's browser.
    assert person(browser, site).request.get(PLAYLIST).status == 401

    wait_for("its sound alone", lambda: segments(get(site, "/hls/studio/audio.m3u8", holder)))
    wait_for(
        "the end for whose ticket is canceled",
        lambda: {get(site, path, leaver)[0] for path in (PLAYLIST, segment)} == {403},
    )
    seconds = time.monotonic() - canceled_at
    promises.check("a canceled ticket ends our own stream", seconds, REVOCATION_SECONDS)

    camera.terminate()
    wait_for("a recording", lambda: any(site.origin.recordings_root.glob("*/recording.mp4")))
    kept = wait_for("its row", lambda: site.run(RECORDED))
    assert kept["seconds"] > 5
    recording = f"/recordings/{kept['value']}"
    assert get(site, f"{recording}/index.m3u8")[0] == 401
    assert get(site, f"{recording}/index.m3u8", leaver)[0] == 403
    assert "#EXT-X-ENDLIST" in get(site, f"{recording}/index.m3u8", holder)[1]
    seconds = page.evaluate(PLAY_FILE, f"{recording}/recording.mp4")
    # On a busy machine the last group of pictures, of two seconds, may be in one of both alone.
    assert seconds == pytest.approx(kept["seconds"], abs=3)
    site.run(HAS_BEEN)
    # Pages know of a new talk within a second.
    wait_for("the replay's page", lambda: page.goto("/replays/HASBEEN/").ok)
    assert wait_for("the talk in it", lambda: page.evaluate(BEGAN)) == [pytest.approx(3, abs=1)]
    for log in site.log.parent.glob("*.log"):
        assert KEY not in log.read_text(errors="replace"), log.name


PLAY_FILE = """(url) => new Promise((resolve, reject) => {
    const video = document.createElement("video");
    video.muted = true;
    video.onerror = () => reject(new Error(video.error.message));
    video.ontimeupdate = () => video.currentTime > 0 && resolve(video.duration);
    video.src = url;
    video.play();
})"""
