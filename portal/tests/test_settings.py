import re
import subprocess
import sys

import pytest
from django.conf import settings

ROOT = settings.BASE_DIR


def variables_read() -> set[str]:
    """By the settings and by gunicorn's configuration."""
    settings_code = (ROOT / "portal" / "settings.py").read_text()
    gunicorn_code = (ROOT / "deploy" / "gunicorn.conf.py").read_text()
    return {
        *re.findall(r'\b(?:read_)?env_\w+\(\s*"([A-Z_]+)"', settings_code),
        *re.findall(r'(?:environ\.get|number)\(["\']([A-Z_]+)', gunicorn_code),
    }


def variables_documented() -> set[str]:
    text = (ROOT / "deploy" / "env.example").read_text()
    return set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE))


def test_every_variable_is_in_the_example():
    assert variables_read() == variables_documented()


@pytest.mark.slow
def test_only_who_answers_people_gives_up_locks():
    """Migrations and long imports wait."""
    said = "import django; django.setup(); {}from lib.steady.patience import lock_seconds; print(lock_seconds())"
    seconds = [
        subprocess.check_output([sys.executable, "-c", said.format(first)], cwd=ROOT, text=True)
        for first in ("import portal.wsgi; ", "")
    ]
    assert seconds == ["4\n", "0\n"]
