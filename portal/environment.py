"""How an environment variable becomes a setting.

A value that cannot be meant raises ImproperlyConfigured with one sentence: which variable, what is
wrong with it, and how it could look. The sentence never quotes a URL or a token.
"""

import json
import os
import re
from collections.abc import Collection
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qs, parse_qsl, quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_FLAGS = dict.fromkeys(("on", "true", "yes", "y", "ok", "1"), True)
_FLAGS |= dict.fromkeys(("off", "false", "no", "n", "0"), False)
# A name, and a value in single quotes, in double quotes or in none.
_LINE_OF_FILE = re.compile(r"""(?:export\s+)?(\w+)=(?:'(.*)'|"(.*)"|(.*))""", re.ASCII)

_POSTGRES_EXAMPLE = "postgres://frontrow:password@127.0.0.1:5432/frontrow"
_SMTP_PORTS = {"smtp": 25, "smtp+tls": 587, "smtps": 465}
_SMTP_EXAMPLE = "smtp+tls://user:password@smtp.example.org:587"
_MAIL_BACKENDS = {
    "consolemail": "console",
    "memorymail": "locmem",
    "dummymail": "dummy",
    "filemail": "filebased",
}
SMTP_TIMEOUT_SECONDS = 5
SQLITE_OPTIONS = {
    # Readers do not wait for the writer, and a writer takes its lock when it begins, not in the
    # middle, where SQLite would refuse instead of waiting.
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    "transaction_mode": "IMMEDIATE",
    "timeout": 10,
}


def read_env_file(name: str, *, default: Path) -> None:
    """Reads the file that the variable names, else `default` if it exists; an empty variable
    means no file. Variables that are already set win."""
    path = os.environ.get(name, str(default) if default.exists() else "")
    if not path:
        return
    try:
        lines = Path(path).read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise _wrong(name, f"names {path}, which cannot be read ({reason})", ".env") from None
    values = {}
    for number, line in enumerate(map(str.strip, lines), 1):
        if not line or line.startswith("#"):
            continue
        match = _LINE_OF_FILE.fullmatch(line)
        if not match:
            raise ImproperlyConfigured(
                f"Line {number} of {path} has to be NAME=value without spaces around the =,"
                " for example HTTPS=on"
            )
        key, single, double, plain = match.groups("")
        # A backslash protects the next character, but \n, \r and \t stay as they are written.
        values[key] = single or re.sub(r"\\([^rnt])", r"\1", double) or plain
    for key, value in values.items():
        os.environ.setdefault(key, value)


def env_str(name: str, *, default: str = "", choices: Collection[str] = ()) -> str:
    """May be empty where the default is."""
    value = os.environ.get(name, default)
    if default and not value:
        raise _wrong(name, "is empty; give it a value or leave the line out", default)
    if choices and value not in choices:
        raise _wrong(name, f"is {value!r}, but must be one of {', '.join(choices)}", default)
    return value


def env_bool(name: str, *, default: bool) -> bool:
    value = os.environ.get(name)
    if value is None:
        return default
    if value.strip().lower() not in _FLAGS:
        raise _wrong(name, f"is {value!r}, but must be on or off", "on" if default else "off")
    return _FLAGS[value.strip().lower()]


def env_int(name: str, *, default: int) -> int:
    value = os.environ.get(name, str(default))
    if not re.fullmatch(r"\s*[0-9]{1,9}\s*", value):
        raise _wrong(name, f"is {value!r}, but must be a whole number, not below 0", str(default))
    return int(value)


def env_path(name: str, *, default: str) -> str:
    """Of an address below the site's own, with a slash at the end."""
    value = env_str(name, default=default).strip("/")
    if not re.fullmatch(r"[\w.-]+(/[\w.-]+)*", value, re.ASCII):
        raise _wrong(name, "must be letters, digits and dashes, with / between", default)
    return f"{value}/"


def env_list(name: str) -> list[str]:
    """The items between commas."""
    items = (item.strip() for item in os.environ.get(name, "").split(","))
    return [item for item in items if item]


def env_servers(name: str) -> list[str]:
    """The addresses of servers between commas: scheme, host and, if it is another one, the port."""
    example = "http://127.0.0.1:8345,https://pretalx.intranet.example"
    servers = [item.rstrip("/") for item in env_list(name)]
    for server in servers:
        _split(name, server, ("http", "https"), example)
        if not re.fullmatch(
            r"([\w.-]+|\[[0-9a-f:.]+\])(:[0-9]+)?", server.partition("//")[2], re.A | re.I
        ):
            raise _wrong(name, "must be servers: without a path, with commas between", example)
    return servers


def env_dict(name: str, *, example: str, keys: str = ".+", values: str = ".+") -> dict[str, str]:
    """The pairs of `key=value` between commas, each matching its pattern."""
    pairs = [item.partition("=") for item in env_list(name)]
    if not all(re.fullmatch(keys, key) and re.fullmatch(values, value) for key, _, value in pairs):
        raise _wrong(name, "must be pairs with = in them and commas between", example)
    return {key: value for key, _sign, value in pairs}


def env_json(name: str, *, example: str) -> dict[str, Any]:
    """A JSON object."""
    try:
        value = json.loads(os.environ.get(name) or "{}")
    except ValueError as error:
        raise _wrong(name, f"is not JSON ({error})", example) from None
    if not isinstance(value, dict):
        raise _wrong(name, "must be a JSON object", example)
    return value


def env_providers(name: str, *, example: str) -> dict[str, Any]:
    """Providers of allauth, by name, with what each needs."""
    providers = env_json(name, example=example)
    for provider, options in providers.items():
        package = f"allauth.socialaccount.providers.{provider}"
        if not (re.fullmatch(r"\w+", provider, re.ASCII) and find_spec(package)):
            raise _wrong(name, f"names {provider!r}, which allauth does not know", example)
        if not isinstance(options, dict):
            raise _wrong(name, f"must have an object for {provider!r}", example)
    return providers


def env_alarms(name: str) -> list[tuple[str, str]]:
    """Whom alarms go to, between commas: pairs of `ntfy`, `mailto` or `webhook`, and an
    address."""
    example = (
        "ntfy:https://ntfy.sh/a-long-topic,mailto:ops@example.org,https://chat.example.org/hook"
    )
    found = []
    for item in env_list(name):
        kind, _colon, rest = item.partition(":")
        if kind == "mailto":
            if not re.fullmatch(r"[^\s@<>]+@[^\s@<>]+", rest):
                raise _wrong(name, "has no mail address after a mailto:", example)
        elif kind == "ntfy":
            if not _split(name, rest, ("https", "http"), example).path.strip("/"):
                raise _wrong(name, "names no topic after the host of an ntfy:", example)
        elif kind in ("http", "https"):
            kind, rest = "webhook", item
            _split(name, rest, ("https", "http"), example)
        else:
            raise _wrong(name, "must be items that begin with ntfy:, mailto: or https:", example)
        found.append((kind, rest))
    return found


def env_url(name: str, *, schemes: Collection[str], default: str = "", example: str = "") -> str:
    """May be empty where the default is."""
    url = env_str(name, default=default)
    if url:
        _split(name, url, schemes, example or default)
    return url


def env_database(name: str, *, default: Path) -> dict[str, Any]:
    """What stands in DATABASES for `postgres://user:password@host:port/database`, whose query
    (`?sslmode=require`) libpq gets as options, or for `sqlite:///relative/path` and
    `sqlite:////absolute/path`. `default`: an SQLite file."""
    url = os.environ.get(name, f"sqlite:///{quote(str(default))}")
    if not url:
        problem = "is empty; name a database, or leave the line out for an SQLite file"
        raise _wrong(name, problem, _POSTGRES_EXAMPLE)
    if url == "sqlite://:memory:":
        url = "sqlite:///:memory:"
    parts = _split(name, url, ("postgres", "postgresql", "sqlite"), _POSTGRES_EXAMPLE)
    database = unquote(parts.path[1:])
    if parts.scheme == "sqlite":
        if parts.netloc or not database:
            raise _wrong(name, "must have three slashes and a path", "sqlite:///var/site.sqlite3")
        return {"ENGINE": "django.db.backends.sqlite3", "NAME": database}
    if not database:
        raise _wrong(name, "names no database after the host", _POSTGRES_EXAMPLE)
    return {
        "ENGINE": "lib.steady.postgresql",
        "NAME": database,
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": parts.port or "",
        "OPTIONS": dict(parse_qsl(parts.query)),
    }


def make_folder_for(name: str, database: str) -> None:
    """For the SQLite file that the variable names."""
    if database.startswith((":memory:", "file:")):
        return
    try:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ImproperlyConfigured(
            f"{name} names a file in a folder that cannot be made ({error.strerror})"
        ) from None


def env_mailer(name: str, *, default: str = "") -> dict[str, Any]:
    """What stands in MAILERS for `smtp://user:password@host:587`.

    `smtp+tls://` starts TLS after connecting (port 587 by default), `smtps://` begins with it
    (465). `consolemail://` prints, `filemail:///folder` writes files, `memorymail://` keeps
    messages in the process (tests) and `dummymail://` drops them.
    """
    url = env_str(name, default=default)
    parts = _split(name, url, (*_SMTP_PORTS, *_MAIL_BACKENDS), _SMTP_EXAMPLE)
    if parts.scheme in _MAIL_BACKENDS:
        options = {"file_path": unquote(parts.path)} if parts.scheme == "filemail" else {}
        backend = f"django.core.mail.backends.{_MAIL_BACKENDS[parts.scheme]}.EmailBackend"
        return {"BACKEND": backend, "OPTIONS": options}
    if not parts.hostname:
        raise _wrong(name, "names no host", _SMTP_EXAMPLE)
    timeout = parse_qs(parts.query).get("timeout", [str(SMTP_TIMEOUT_SECONDS)])[0]
    if not re.fullmatch(r"[1-9][0-9]{0,5}", timeout):
        problem = "has a timeout that is no number of seconds"
        raise _wrong(name, problem, f"{_SMTP_EXAMPLE}?timeout=5")
    return {
        "BACKEND": "django.core.mail.backends.smtp.EmailBackend",
        "OPTIONS": {
            "host": parts.hostname,
            "port": parts.port or _SMTP_PORTS[parts.scheme],
            "username": unquote(parts.username or ""),
            "password": unquote(parts.password or ""),
            "use_tls": parts.scheme == "smtp+tls",
            "use_ssl": parts.scheme == "smtps",
            "timeout": int(timeout),
        },
    }


def _split(name: str, url: str, schemes: Collection[str], example: str) -> SplitResult:
    """The parts of a URL that begins with one of the schemes and has a valid port, or none."""
    if url.partition("://")[0] not in schemes:
        begins = ", ".join(f"{scheme}://" for scheme in schemes)
        raise _wrong(name, f"must begin with one of {begins}", example)
    try:
        parts = urlsplit(url)
        # The port raises ValueError for what is none. All that comes after a bare # / or ? in a
        # password, its @ included, is read as something else.
        broken = (
            parts.port == 0 or parts.fragment or (parts.netloc and "@" in parts.path + parts.query)
        )
    except ValueError:
        broken = True
    if broken:
        problem = "is not a valid URL; in user and password write # / ? @ as %23 %2F %3F %40"
        raise _wrong(name, problem, example)
    return parts


def _wrong(name: str, problem: str, example: str) -> ImproperlyConfigured:
    return ImproperlyConfigured(f"{name} {problem}, for example {name}={example}")


def installed_release(base: Path) -> str:
    """The commit that the playbook has installed there (deploy/roles/app/tasks/release.yml); else empty."""
    note = base / ".installed"
    return note.read_text().strip() if note.exists() else ""


def newest_source(base: Path) -> str:
    """When the newest of our own sources was written, as a name for a release that nobody named."""
    packages = ("lib", "portal", "schedule", "streaming", "tickets")
    sources = [path for package in packages for path in (base / package).rglob("*.py")]
    return str(int(max(path.stat().st_mtime for path in sources)))
