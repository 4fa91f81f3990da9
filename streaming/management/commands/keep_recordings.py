from django.core.management.base import BaseCommand, CommandError

from streaming.origin.folders import incoming
from streaming.origin.recording import NotKept, keep


class Command(BaseCommand):
    help = (
        "Make playable what the origin has recorded and nobody has kept: after a crash, or a disk"
        " that was full. What is still being recorded is left alone."
    )

    def handle(self, *_args: object, **_options: object) -> None:
        failed = 0
        for file in sorted(incoming().glob("*.flv")):
            try:
                self.stdout.write(f"{file.name}: {'kept' if keep(file) else 'left alone'}")
            except NotKept as error:
                failed += 1
                self.stderr.write(str(error))
        if failed:
            raise CommandError(f"{failed} could not be kept.")
