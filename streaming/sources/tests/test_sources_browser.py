"""The room page of every kind of source in a real browser, under the policy that the kind asks for.
The vendors' hosts are played by this test; the policy is applied before it answers.
"""

import re
from urllib.parse import urlsplit

import pytest

from streaming.sources import SOURCES
from streaming.sources.tests.keys import JITSI_SECRET, PEM_IN_BASE64, SIGNED, UNSIGNED
from tools.browser import PATIENCE_MS, chromium_path, sign_in
from tools.stack import PROJECT

pytestmark = [
    pytest.mark.browser,
    pytest.mark.services,
    pytest.mark.skipif(chromium_path() is None, reason="needs Chromium: apt install chromium"),
]
# Our own origin has a test of its own, with the real nginx.
KINDS = sorted(kind for kind in {*SIGNED, *UNSIGNED} if "origin" not in kind)
ROOMS = """
from datetime import timedelta
from django.utils import timezone
from schedule.models import Conference, Room, Talk
from lib.sealing import seal
from streaming.models import Stream, StreamAccount
conference = Conference.objects.get()
now = timezone.now()
for kind, (value, account) in {kinds!r}.items():
    room = Room.objects.create(conference=conference, name=kind, slug=kind)
    Talk.objects.create(
        conference=conference, room=room, code=kind.upper(), title=kind,
        starts_at=now - timedelta(minutes=5), ends_at=now + timedelta(hours=1),
    )
    stored = account and StreamAccount.objects.create(
        conference=conference, kind=kind, account_id=account[0], key_id=account[1],
        secret=seal(account[2]),
    )
    stream = Stream(room=room, kind=kind, value=value, account=stored)
    stream.adds_hosts = True
    stream.full_clean()
    stream.save()
    stream.add_missing_hosts()
"""
# Other tests have the same site.
AWAY = """
from schedule.models import Room, Talk
from streaming.models import Stream, StreamAccount, StreamHost
rooms = Room.objects.filter(slug__in={kinds!r})
for rows in (Stream, Talk):
    rows.objects.filter(room__in=rooms).delete()
for rows in (rooms, StreamAccount.objects.all(), StreamHost.objects.all()):
    rows.delete()
"""
DEMO = PROJECT / "static" / "demo"
MASTER = "#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=200000\n{}picture.m3u8\n"
OPEN = {"Access-Control-Allow-Origin": "*"}


def answer(route, request):
    """As a vendor would: any frame, and the demo's clip for any playlist."""
    parts = urlsplit(request.url)
    name = parts.path.rpartition("/")[2]
    if name in ("picture.m3u8", "picture.mp4"):
        data = (DEMO / name).read_bytes()
        asked = re.fullmatch(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
        if asked:
            first, last = map(int, asked.groups())
            return route.fulfill(status=206, body=data[first : last + 1], headers=OPEN)
        return route.fulfill(body=data, headers=OPEN)
    if name.endswith(".m3u8"):
        # Mux' playlists of the qualities are on another host of theirs.
        elsewhere = "https://manifest-x.fastly.mux.com/" if "mux.com" in request.url else ""
        return route.fulfill(body=MASTER.format(elsewhere), headers=OPEN)
    return route.fulfill(body="<p>a player", content_type="text/html", headers=OPEN)


@pytest.fixture
def pages(site, browser):
    """Kind → its room, open, with what the browser had to say of it."""
    rows = {kind: (UNSIGNED[kind], None) for kind in UNSIGNED if kind in KINDS}
    for kind, (value, account) in SIGNED.items():
        rows[kind] = (value, (account.account_id, account.key_id, account.secret))
    site.run(ROOMS.format(kinds=rows))
    context = browser.new_context(base_url=site.url)
    context.route(re.compile("^https://"), answer)
    first = context.new_page()
    first.goto("/accounts/login/")
    print(site.log.read_text()[-1500:])
    sign_in(first, site, "attendee@example.com")
    first.wait_for_url("**/lobby/")
    opened = {}
    for kind in KINDS:
        page = context.new_page()
        page.complaints = []
        page.on(
            "console",
            lambda message, page=page: (
                page.complaints.append(message.text) if message.type == "error" else None
            ),
        )
        page.goto(f"/rooms/{kind}/", wait_until="commit")
        opened[kind] = page
    yield opened
    context.close()
    site.run(AWAY.format(kinds=KINDS))


def test_each_plays_under_its_policy(pages):
    for kind, page in pages.items():
        player = SOURCES[kind].player
        if player == "video":
            page.wait_for_function(
                "document.querySelector('#player video')?.currentTime > 0", timeout=PATIENCE_MS
            )
        elif player == "iframe":
            frame = page.frame_locator("#player iframe:not(.coming)")
            frame.get_by_text("a player").wait_for(timeout=PATIENCE_MS)
        else:
            link = page.locator(f"a[href^='/rooms/{kind}/join/']").first
            link.wait_for(timeout=PATIENCE_MS)
        assert page.complaints == [], kind
        assert "very-secret" not in page.content().replace(
            page.locator("iframe").first.get_attribute("src") if player == "iframe" else "", ""
        )
        for secret in (PEM_IN_BASE64, JITSI_SECRET):
            assert secret not in page.content()
