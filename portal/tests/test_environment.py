import json
import os
import re
import subprocess
import sys

import pytest
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from portal.environment import (
    env_bool,
    env_database,
    env_dict,
    env_int,
    env_json,
    env_list,
    env_mailer,
    env_servers,
    env_str,
    env_url,
    read_env_file,
)

ROOT = settings.BASE_DIR
EXAMPLE = "postgres://frontrow:password@127.0.0.1:5432/frontrow"


READERS = {
    "LOG_LEVEL": lambda: env_str("LOG_LEVEL", default="INFO", choices=("INFO", "DEBUG")),
    "STATIC_ROOT": lambda: env_str("STATIC_ROOT", default="var/static"),
    "DEBUG": lambda: env_bool("DEBUG", default=False),
    "TRUSTED_PROXIES": lambda: env_int("TRUSTED_PROXIES", default=0),
    "ALLOWED_HOSTS": lambda: env_list("ALLOWED_HOSTS"),
    "PRIVATE_HOSTS": lambda: env_servers("PRIVATE_HOSTS"),
    "FEED_TOKENS": lambda: env_dict(
        "FEED_TOKENS", example="https://a.example/=0123", keys="https://.+"
    ),
    "SOCIAL_PROVIDERS": lambda: env_json("SOCIAL_PROVIDERS", example='{"google": {}}'),
    "REDIS_URL": lambda: env_url(
        "REDIS_URL", schemes=("redis", "rediss", "unix"), example="redis://127.0.0.1:6379/0"
    ),
    "DATABASE_URL": lambda: env_database("DATABASE_URL", default=ROOT / "a.sqlite3"),
    "EMAIL_URL": lambda: env_mailer("EMAIL_URL", default="consolemail://"),
}


def read(monkeypatch, name, value):
    monkeypatch.setenv(name, value)
    return READERS[name]()


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("LOG_LEVEL", "DEBUG", "DEBUG"),
        ("DEBUG", "on", True),
        ("DEBUG", "Yes", True),
        ("DEBUG", "1", True),
        ("DEBUG", "off", False),
        ("DEBUG", "False", False),
        ("DEBUG", "0", False),
        ("TRUSTED_PROXIES", "2", 2),
        ("ALLOWED_HOSTS", "a.example, b.example,", ["a.example", "b.example"]),
        ("ALLOWED_HOSTS", "", []),
        (
            "PRIVATE_HOSTS",
            "http://127.0.0.1:8345/, https://Pretix,http://[::1]:80",
            ["http://127.0.0.1:8345", "https://Pretix", "http://[::1]:80"],
        ),
        ("FEED_TOKENS", "https://a/=x==,https://b/=y", {"https://a/": "x==", "https://b/": "y"}),
        ("FEED_TOKENS", "", {}),
        ("SOCIAL_PROVIDERS", '{"google": {"APPS": []}}', {"google": {"APPS": []}}),
        ("SOCIAL_PROVIDERS", "", {}),
        ("REDIS_URL", "unix:///run/redis.sock?db=0", "unix:///run/redis.sock?db=0"),
        ("REDIS_URL", "", ""),
    ],
)
def test_a_value_is_read(monkeypatch, name, value, expected):
    assert read(monkeypatch, name, value) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("LOG_LEVEL", "INFO"),
        ("DEBUG", False),
        ("TRUSTED_PROXIES", 0),
        ("ALLOWED_HOSTS", []),
        ("PRIVATE_HOSTS", []),
        ("FEED_TOKENS", {}),
        ("SOCIAL_PROVIDERS", {}),
        ("REDIS_URL", ""),
    ],
)
def test_without_a_value_there_is_the_default(monkeypatch, name, expected):
    monkeypatch.delenv(name, raising=False)
    assert READERS[name]() == expected


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        (
            "LOG_LEVEL",
            "loud",
            "is 'loud', but must be one of INFO, DEBUG, for example LOG_LEVEL=INFO",
        ),
        (
            "STATIC_ROOT",
            "",
            "is empty; give it a value or leave the line out, for example STATIC_ROOT=",
        ),
        ("DEBUG", "maybe", "is 'maybe', but must be on or off, for example DEBUG=off"),
        ("DEBUG", "", "is '', but must be on or off"),
        ("TRUSTED_PROXIES", "one", "is 'one', but must be a whole number"),
        ("TRUSTED_PROXIES", "-1", "is '-1', but must be a whole number, not below 0"),
        ("TRUSTED_PROXIES", "9999999999", "is .9999999999., but must be a whole number"),
        ("PRIVATE_HOSTS", "127.0.0.1:8345", "must begin with one of http://, https://"),
        ("PRIVATE_HOSTS", "http://10.0.0.1,ftp://10.0.0.2", "must begin with one of http://"),
        ("PRIVATE_HOSTS", "http://10.0.0.1/pretix", "must be servers: without a path"),
        ("PRIVATE_HOSTS", "http://*", "must be servers"),
        ("PRIVATE_HOSTS", "http://10.0.0.0/8", "must be servers"),
        ("PRIVATE_HOSTS", "http://user:s3cret@10.0.0.1", "must be servers"),
        ("PRIVATE_HOSTS", "http://10.0.0.1:99999", "is not a valid URL"),
        ("PRIVATE_HOSTS", "https://pretix..:80:80", "is not a valid URL"),
        ("FEED_TOKENS", "s3cret", "must be pairs with = in them and commas between"),
        ("FEED_TOKENS", "https://a/=", "must be pairs"),
        ("FEED_TOKENS", "a=x", "must be pairs"),
        ("SOCIAL_PROVIDERS", '{"s3cret"', r"is not JSON \(Expecting ':' delimiter: line 1"),
        ("SOCIAL_PROVIDERS", '["s3cret"]', "must be a JSON object, for example SOCIAL_PROVIDERS={"),
        ("REDIS_URL", "s3cret:6379", "must begin with one of redis://, rediss://, unix://"),
        ("REDIS_URL", "redis://:s3cret/x@h/0", "is not a valid URL; in user and password write"),
        (
            "DATABASE_URL",
            "",
            f"is empty; name a database, or .+ for example DATABASE_URL={EXAMPLE}",
        ),
        ("DATABASE_URL", "mysql://s3cret@h/d", "must begin with one of postgres://, postgresql://"),
        ("DATABASE_URL", "s3cret", "must begin with one of postgres://"),
        ("DATABASE_URL", "postgres://u:s3cret@h", "names no database after the host"),
        ("DATABASE_URL", "postgres://u:s3cret@h:port/d", "is not a valid URL"),
        ("DATABASE_URL", "postgres://u:s3cret@h:99999/d", "is not a valid URL"),
        ("DATABASE_URL", "postgres://u:s3cret@[h/d", "is not a valid URL"),
        (
            "DATABASE_URL",
            "postgres://u:1#s3cret@h/d",
            "is not a valid URL; in .+ write # / [?] @ as %23 %2F",
        ),
        ("DATABASE_URL", "postgres://u:1/s3cret@h/d", "is not a valid URL"),
        ("DATABASE_URL", "sqlite://var/s3cret", "must have three slashes and a path"),
        ("DATABASE_URL", "sqlite://", "must have three slashes and a path"),
        ("EMAIL_URL", "", "is empty; give it a value"),
        ("EMAIL_URL", "imap://s3cret", r"must begin with one of smtp://, smtp\+tls://, smtps://"),
        ("EMAIL_URL", "mail.example.org", "must begin with one of smtp://"),
        ("EMAIL_URL", "smtp://", "names no host"),
        ("EMAIL_URL", "smtp://u:s3cret@h:port", "is not a valid URL"),
        (
            "EMAIL_URL",
            "smtp://u:s3cret@h?timeout=soon",
            "has a timeout that is no number of seconds",
        ),
    ],
)
def test_a_value_that_cannot_be_meant_is_named_with_an_example(monkeypatch, name, value, sentence):
    with pytest.raises(ImproperlyConfigured, match=f"^{name} {sentence}") as error:
        read(monkeypatch, name, value)
    assert f", for example {name}=" in str(error.value)
    assert "s3cret" not in str(error.value)
    assert error.value.__cause__ is None
    assert error.value.__suppress_context__ or error.value.__context__ is None


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "postgres://me:p%40s%2Fs@db.example.org:5433/site?sslmode=require",
            {
                "NAME": "site",
                "USER": "me",
                "PASSWORD": "p@s/s",
                "HOST": "db.example.org",
                "PORT": 5433,
                "OPTIONS": {"sslmode": "require"},
            },
        ),
        (
            "postgresql://%2Frun%2Fpostgresql/site",
            {"NAME": "site", "USER": "", "PASSWORD": "", "HOST": "/run/postgresql", "PORT": ""},
        ),
        ("postgres://[::1]/site", {"HOST": "::1"}),
        ("postgres:///site", {"HOST": "", "NAME": "site"}),
        ("sqlite:///var/a+b.sqlite3", {"NAME": "var/a+b.sqlite3"}),
        ("sqlite:////srv/a%20b.sqlite3", {"NAME": "/srv/a b.sqlite3"}),
        ("sqlite://:memory:", {"NAME": ":memory:"}),
    ],
)
def test_a_database_url_becomes_a_database(monkeypatch, url, expected):
    database = read(monkeypatch, "DATABASE_URL", url)
    assert database["ENGINE"].endswith("sqlite3" if url.startswith("sqlite") else "postgresql")
    assert database.items() >= expected.items()


def test_without_a_database_url_it_is_an_sqlite_file(monkeypatch):
    monkeypatch.delenv("DATABASE_URL")
    assert READERS["DATABASE_URL"]() == {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(ROOT / "a.sqlite3"),
    }


@pytest.mark.parametrize(
    ("url", "port", "tls", "ssl"),
    [
        ("smtp://mail.example.org", 25, False, False),
        ("smtp+tls://me:p%40ss@mail.example.org", 587, True, False),
        ("smtps://me:p%40ss@mail.example.org:4650", 4650, False, True),
    ],
)
def test_a_mail_url_becomes_a_mailer(monkeypatch, url, port, tls, ssl):
    options = read(monkeypatch, "EMAIL_URL", url)["OPTIONS"]
    assert (options["host"], options["port"]) == ("mail.example.org", port)
    assert (options["use_tls"], options["use_ssl"]) == (tls, ssl)
    assert options["password"] in ("", "p@ss")
    assert options["timeout"] == 5


@pytest.fixture
def env_file(tmp_path, monkeypatch):
    """Writes a file of variables and says what the environment is after reading it."""
    path = tmp_path / "env"

    def read_file(content):
        monkeypatch.setattr(os, "environ", {"ENV_FILE": str(path), "PORT": "9000"})
        path.write_bytes(content)
        read_env_file("ENV_FILE", default=tmp_path / "other")
        return {name: value for name, value in os.environ.items() if name != "ENV_FILE"}

    return read_file


def test_a_file_of_variables_is_read(env_file):
    lines = [
        "\ufeff# A comment",
        "    # another",
        "",
        "PLAIN=a b#c = d",
        "EMPTY=",
        "export EXPORTED=1",
        "SINGLE='a \"b\" \\n'",
        'DOUBLE="a \\"b\\" \\\\ \\n"',
        "TWICE=1\r",
        "TWICE=2",
        "PORT=8000",
        'JSON={"a": "b"}',
    ]
    assert env_file("\n".join(lines).encode()) == {
        "PLAIN": "a b#c = d",
        "EMPTY": "",
        "EXPORTED": "1",
        "SINGLE": 'a "b" \\n',
        "DOUBLE": 'a "b" \\ \\n',
        "TWICE": "2",
        "PORT": "9000",  # was set already
        "JSON": '{"a": "b"}',
    }


def test_a_broken_line_of_the_file_is_named_but_not_shown(env_file):
    with pytest.raises(
        ImproperlyConfigured, match="^Line 2 of .+env has to be NAME=value"
    ) as error:
        env_file(b"HTTPS=on\nSECRET_KEY = s3cret\n")
    assert "s3cret" not in str(error.value)


def test_a_file_that_cannot_be_read_is_named(env_file, tmp_path, monkeypatch):
    with pytest.raises(ImproperlyConfigured, match="^ENV_FILE names .+env, .+it is not UTF-8"):
        env_file(b"NAME=\xff")
    monkeypatch.setitem(os.environ, "ENV_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(ImproperlyConfigured, match="^ENV_FILE names .+nowhere, .+No such file"):
        read_env_file("ENV_FILE", default=tmp_path / "env")


@pytest.mark.parametrize(("chosen", "read"), [(None, True), ("", False)])
def test_the_default_file_is_read_where_no_other_is_named(tmp_path, monkeypatch, chosen, read):
    monkeypatch.setattr(os, "environ", {} if chosen is None else {"ENV_FILE": chosen})
    read_env_file("ENV_FILE", default=tmp_path / "env")  # is not there
    (tmp_path / "env").write_text("PORT=8000")
    read_env_file("ENV_FILE", default=tmp_path / "env")
    assert ("PORT" in os.environ) == read


@pytest.mark.slow
@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({}, "SECRET_KEY is not set. `make run` makes a .env with one; elsewhere copy deploy/env.example"),
        ({"SECRET_KEY": "x", "DATABASE_URL": ""}, "DATABASE_URL is empty"),
        ({"SECRET_KEY": "x", "HTTPS": "of"}, "HTTPS is 'of', but must be on or off, for example HTTPS=on"),
    ],
)  # fmt: skip
def test_commands_end_with_the_sentence(variables, sentence):
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={"ENV_FILE": "", "PATH": "", **variables},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    [said] = done.stderr.splitlines()
    assert said.startswith(sentence)


# Reads the settings and gunicorn's with each variable of the example spoiled, and prints what was said.
_READ_ALL = """
import json, os, runpy, sys
from django.core.exceptions import ImproperlyConfigured

good, names, values = dict(os.environ), *json.loads(sys.argv[1])
for name in names:
    for value in values:
        os.environ.clear()
        os.environ.update(good | {name: value})
        for file in ("portal/settings.py", "deploy/gunicorn.conf.py"):
            try:
                runpy.run_path(file)
            except (ImproperlyConfigured, SystemExit) as sentence:
                if not str(sentence).startswith((name, "SECRET_KEY is not set")):
                    print(f"{name}={value!r} in {file} blames another: {sentence}")
            except BaseException as error:
                print(f"{name}={value!r} in {file}: {error!r}")
"""
_SPOILED = [
    "",
    " ",
    "rubbish \N{SNOWMAN}",
    "-1",
    "9" * 5_000,
    "[]",
    '{"a": 1}',
    '{"google": 1}',
    '{"../a": {}}',
    "[" * 5_000,
    "http://[",
    "sqlite:////dev/null/a/b",
    "postgres://a:b:c/d",
    "smtp://a?timeout=\N{SUPERSCRIPT TWO}",
    "../../etc",
    "<int:a>/(",
    "/",
]


@pytest.mark.slow
def test_no_variable_ends_in_a_traceback(tmp_path):
    lines = (ROOT / "deploy" / "env.example").read_text().splitlines()
    names = [line.lstrip("#").partition("=")[0] for line in lines if re.match(r"#?[A-Z_]+=", line)]
    assert {"DATABASE_URL", "TRUSTED_PROXIES", "WEB_CONCURRENCY", "ENV_FILE"} <= set(names)
    done = subprocess.run(
        [sys.executable, "-c", _READ_ALL, json.dumps([names, _SPOILED])],
        cwd=ROOT,
        env={
            "ENV_FILE": "",
            "SECRET_KEY": "x",
            "DATABASE_URL": f"sqlite:///{tmp_path}/a.sqlite3",
            "PYTHONPATH": str(ROOT),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert "During handling of the above" not in done.stderr
