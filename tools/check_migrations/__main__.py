import os
import sys

import django
from django.db.migrations.loader import MigrationLoader

from tools.check_migrations.rules import problems


def main() -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
    django.setup()
    found = list(problems(MigrationLoader(None)))
    for problem in found:
        print(problem)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
