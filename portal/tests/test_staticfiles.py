"""The files of several releases side by side, as an upgrade and the way back leave them."""

import json
import os
from itertools import count

import pytest
from django.core.management import CommandError, call_command
from django.templatetags.static import static

from portal.staticfiles import publish

OURS = "portal.staticfiles.HashedStaticFilesStorage"


@pytest.fixture
def releases(tmp_path, settings):
    """Installs a release whose only script says something, and makes it the one that runs here."""
    days = count()

    def serve(name):
        settings.BASE_DIR = tmp_path / "releases" / name
        settings.STATIC_ROOT = str(settings.BASE_DIR / "var" / "static")
        settings.STATICFILES_DIRS = [settings.BASE_DIR / "static"]
        settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": OURS}}

    def install(name, says):
        serve(name)
        folder = settings.BASE_DIR / "static"
        folder.mkdir(parents=True)
        (folder / "page.js").write_text('import { words } from "./words.js";\nwords();\n')
        (folder / "words.js").write_text(f"export const words = () => {says!r};\n" * 50)
        (folder / "same.css").write_text("a { color: red }\n" * 50)
        (folder / "busy.html").write_text(f"{says}\n")
        call_command("collectstatic", "--no-input", verbosity=0)
        note = settings.BASE_DIR / ".installed"
        note.write_text(name)
        day = next(days) * 86_400
        os.utime(note, (day, day))
        publish_here()
        return serve

    def publish_here():
        call_command("publish_static", tmp_path / "public")

    settings.STATICFILES_FINDERS = ["django.contrib.staticfiles.finders.FileSystemFinder"]
    install.serve, install.publish, install.public = serve, publish_here, tmp_path / "public"
    return install


def names():
    """Where the pages of the release that runs find its files."""
    return {name: static(name).removeprefix("/static/") for name in ("page.js", "words.js")}


def test_the_way_back_finds_its_own_names_and_files(releases):
    releases("one", "hello")
    one = names()
    releases("two", "good bye")
    two = names()
    assert not set(one.values()) & set(two.values())
    releases.serve("one")
    assert names() == one
    for release in (one, two):
        assert (
            release["words.js"].rpartition("/")[2]
            in (releases.public / release["page.js"]).read_text()
        )
        for name in release.values():
            assert (releases.public / name).is_file()
            assert (releases.public / f"{name}.gz").exists() or name == release["page.js"]
    assert "hello" in (releases.public / one["words.js"]).read_text()
    assert "good bye" in (releases.public / two["words.js"]).read_text()


def test_a_name_without_a_hash_is_of_the_release_that_serves(releases):
    releases("one", "hello")
    releases("two", "good bye")
    assert (releases.public / "busy.html").read_text() == "good bye\n"
    releases.serve("one")
    releases.publish()
    assert (releases.public / "busy.html").read_text() == "hello\n"


def test_after_three_releases_old_files_go(releases):
    seen = []
    for number, name in enumerate(("one", "two", "three", "four")):
        releases(name, f"words {number}")
        seen.append(names())
    there = [all((releases.public / name).exists() for name in one.values()) for one in seen]
    assert there == [False, True, True, True]
    releases.serve("one")
    releases.publish()
    there = [all((releases.public / name).exists() for name in one.values()) for one in seen]
    assert there == [True, False, True, True]


def test_the_files_of_the_release_that_serves_stay_however_many_fail_after_it(releases, tmp_path):
    releases("one", "hello")
    one = names()
    (tmp_path / "current").symlink_to(tmp_path / "releases" / "one")
    for name in ("two", "three", "four"):
        releases(name, name)
    assert all((releases.public / name).is_file() for name in one.values())


def test_what_is_there_already_is_not_touched(releases):
    """Nobody who asks meanwhile misses it, and what browsers keep stays fresh."""
    releases("one", "hello")
    same = releases.public / static("same.css").removeprefix("/static/")
    before = same.stat()
    releases("two", "good bye")
    assert (same.stat().st_ino, same.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
    assert not list(releases.public.rglob("*.new"))


def test_the_manifest_is_not_for_everybody(releases):
    releases("one", "hello")
    manifest = json.loads(
        (releases.public.parent / "releases/one/var/static/staticfiles.json").read_text()
    )
    assert set(manifest["paths"]) == {"page.js", "words.js", "same.css", "busy.html"}
    assert not (releases.public / "staticfiles.json").exists()


def test_what_was_stopped_in_the_middle_is_finished(tmp_path):
    collected, public = tmp_path / "collected", tmp_path / "public"
    collected.mkdir()
    (collected / "page.js").write_text("whole")
    public.mkdir()
    (public / "page.js").write_text("who")
    (public / "page.js.new").write_text("wh")
    publish(collected, [tmp_path / "away"], public)
    assert [(path.name, path.read_text()) for path in public.iterdir()] == [("page.js", "whole")]


@pytest.mark.parametrize(
    ("root", "problem"),
    [
        ("release/var/static", "run collectstatic before"),
        ("elsewhere", "has to be inside the release"),
    ],
)
def test_what_was_not_collected_is_not_published(tmp_path, settings, root, problem):
    settings.BASE_DIR, settings.STATIC_ROOT = tmp_path / "release", str(tmp_path / root)
    with pytest.raises(CommandError, match=problem):
        call_command("publish_static", tmp_path / "public")
