from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from portal.staticfiles import publish

# Of these the files are there: of this release, of the one that serves, and of the newest besides.
RELEASES = 3


class Command(BaseCommand):
    help = (
        "Put what collectstatic has collected for this release where nginx finds it, beside the files of"
        " the releases before, whose pages are still open somewhere. The releases are the folders beside"
        " this one that the playbook has made."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("folder", type=Path, help="where nginx finds them")

    def handle(self, *, folder: Path, **options: Any) -> None:
        collected = Path(settings.STATIC_ROOT)
        if not collected.is_relative_to(settings.BASE_DIR):
            raise CommandError(
                "STATIC_ROOT has to be inside the release, each has files of its own"
            )
        if not collected.is_dir():
            raise CommandError(f"{collected} is not there; run collectstatic before")
        notes = sorted(
            settings.BASE_DIR.parent.glob("*/.installed"), key=lambda note: note.stat().st_mtime
        )
        homes = [note.parent for note in reversed(notes) if note.parent != settings.BASE_DIR]
        # That one goes on until this one has answered, and its pages are open.
        serves = (settings.BASE_DIR.parent.parent / "current").resolve()
        homes.sort(key=lambda home: home != serves)
        inside = collected.relative_to(settings.BASE_DIR)
        publish(collected, [home / inside for home in homes[: RELEASES - 1]], folder)
