"""A source that an installed package adds, without a change to ours."""

import importlib
from pathlib import Path

import pytest

from conftest import client_of, make_stream, make_talk, settle
from streaming import sources
from streaming.models import StreamHost
from streaming.sources import SOURCES, guess, known_sources, source_choices

MODULE = """
from datetime import timedelta

from streaming.sources.base import Playback, Source, end_of, https_url, wrong


class Owl(Source):
    kind = "owl"
    label = "Owl TV"
    shield = "signed, 5 min"
    protection = "Signed: a copied address stops after 5 minutes."
    revocation = timedelta(minutes=5)

    def clean(self, value):
        parts = https_url(value)
        if parts.hostname != "owl.example":
            raise wrong("This is no channel of Owl TV.")
        return parts.path.strip("/")

    def playback(self, value, account, viewer, at):
        end = end_of(self.revocation, at)
        return Playback(f"https://cdn.owl.example/{value}.m3u8?until={int(end.timestamp())}", end)

    def hosts(self, value, account):
        return {"cdn.owl.example"}


class Greedy(Owl):
    kind = "youtube"


OWL, GREEDY, HALF = Owl(), Greedy(), object()
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch):
    """Puts a package on the path, as pip would, with these entry points."""

    def install(**points: str) -> None:
        (tmp_path / "front_row_owl.py").write_text(MODULE)
        info = tmp_path / "front_row_owl-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: front-row-owl\nVersion: 1.0")
        lines = "".join(f"{name} = front_row_owl:{value}\n" for name, value in points.items())
        (info / "entry_points.txt").write_text(f"[{sources.GROUP}]\n{lines}")
        monkeypatch.syspath_prepend(tmp_path)
        importlib.invalidate_caches()
        for kind, source in known_sources().items():  # what a start of the server does
            monkeypatch.setitem(SOURCES, kind, source)

    return install


def test_it_plays_like_one_of_ours(installed, attendee, conference, room):
    installed(owl="OWL")
    assert ("owl", "Owl TV") in source_choices()
    assert guess("https://owl.example/main").kind == "owl"
    StreamHost.objects.create(conference=conference, host="cdn.owl.example")
    stream = make_stream(room, kind="owl", value="https://owl.example/main")
    stream.full_clean()
    stream.save()
    make_talk(conference, room=room)
    settle()
    answer = client_of(attendee).get("/rooms/main/playback.json").json()
    (source,) = answer["sources"]
    assert source["url"] == f"https://cdn.owl.example/main.m3u8?until={source['expires']}"
    assert source["player"] == "video"


def test_nobody_takes_the_place_of_ours_and_what_is_half_is_left_out(installed, caplog):
    ours = SOURCES["youtube"]
    installed(greedy="GREEDY", half="HALF")
    assert known_sources()["youtube"] is ours
    assert "front_row_owl:HALF is not a" in caplog.text
