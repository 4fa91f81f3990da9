"""How an environment variable becomes a setting, where django-environ has no word for it."""

from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_MAIL_BACKENDS = {
    "consolemail": "console",
    "memorymail": "locmem",
    "dummymail": "dummy",
    "filemail": "filebased",
}
SMTP_TIMEOUT_SECONDS = 5


def mailer_from_url(url: str) -> dict[str, Any]:
    """What stands in MAILERS for `smtp://user:password@host:587`.

    `smtp+tls://` starts TLS after connecting (port 587 by default), `smtps://` begins with it
    (465). `consolemail://` prints, `filemail:///folder` writes files, `memorymail://` keeps
    messages in the process (tests) and `dummymail://` drops them.
    Raises ImproperlyConfigured for any other scheme.
    """
    parts = urlsplit(url)
    if parts.scheme in _MAIL_BACKENDS:
        options = {"file_path": unquote(parts.path)} if parts.scheme == "filemail" else {}
        backend = f"django.core.mail.backends.{_MAIL_BACKENDS[parts.scheme]}.EmailBackend"
        return {"BACKEND": backend, "OPTIONS": options}
    default_ports = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
    if parts.scheme not in default_ports or not parts.hostname:
        known = ", ".join(f"{scheme}://" for scheme in [*default_ports, *_MAIL_BACKENDS])
        raise ImproperlyConfigured(f"The URL of a mail relay must begin with one of {known}")
    timeout = parse_qs(parts.query).get("timeout", [str(SMTP_TIMEOUT_SECONDS)])[0]
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port or default_ports[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtps",
            "timeout": int(timeout),
        },
    }
