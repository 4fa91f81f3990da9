import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.environment import mailer_from_url

ROOT = settings.BASE_DIR


def variables_read() -> set[str]:
    """By the settings and by gunicorn's configuration."""
    settings_code = (ROOT / "portal" / "settings.py").read_text()
    gunicorn_code = (ROOT / "deploy" / "gunicorn.conf.py").read_text()
    return {
        *re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings_code),
        *re.findall(r'environ\.get\(["\']([A-Z_]+)', gunicorn_code),
    }


def variables_documented() -> set[str]:
    text = (ROOT / "deploy" / "env.example").read_text()
    return set(re.findall(r"^#?([A-Z_]+)=", text, re.MULTILINE))


def test_every_variable_is_in_the_example():
    assert variables_read() == variables_documented()


def test_without_a_secret_key_it_says_what_to_do():
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"ENV_FILE": "", "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "SECRET_KEY is not set" in done.stderr
    assert "deploy/env.example" in done.stderr


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example.org", 25, False, False),
        ("smtp+tls://me:p%40ss@mail.example.org", 587, True, False),
        ("smtps://me:p%40ss@mail.example.org:4650", 4650, False, True),
    ],
)
def test_a_mail_url_becomes_a_mailer(url, port, tls, ssl):
    options = mailer_from_url(url)["OPTIONS"]
    assert (options["host"], options["port"]) == ("mail.example.org", port)
    assert (options["use_tls"], options["use_ssl"]) == (tls, ssl)
    assert options["password"] in ("", "p@ss")
    assert options["timeout"] == 5


@pytest.mark.parametrize("url", ["imap://mail.example.org", "smtp://", "mail.example.org"])
def test_a_wrong_mail_url_is_refused(url):
    with pytest.raises(ImproperlyConfigured, match="must begin with one of smtp://"):
        mailer_from_url(url)
