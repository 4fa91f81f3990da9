"""What the dearest requests cost that somebody may make without signing in, and what limits them.

    python -m tools.bench.anonymous [--talks 300]

Each is asked as if nobody had asked before (all that is kept in Redis is thrown away), since that is
what somebody would do who means harm. CPU milliseconds of the app, beside those of a view that does
nothing. Fails where one costs more than 20 times that and no limit is named.
"""

import argparse
import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tools.bench.pages import HELLO
from tools.cpu import cpu_seconds
from tools.process import NotStarted, interrupt_on_sigterm
from tools.stack import Stack
from tools.visitor import Visitor

WARM, REQUESTS = 8, 12
MOST = 20
LISTED = 10
KEPT = "kept: once for each language, zone and change of the programme"
SEARCH = "two at a time in a process; the same one is kept for ten seconds"
MAIL = "`request_login_code`, `sign_in` and the waiting line"
TRIES = "`login_failed` and `sign_in`"


@dataclass(frozen=True)
class Asked:
    """`path` gets the number of the request, so that none is like another. `fields`: it is posted.
    `limit`: on how many there may be; empty where each may be asked for without end.
    """

    path: Callable[[int], str]
    limit: str = ""
    fields: Callable[[int], dict[str, str]] | None = None


def _same(path: str) -> Callable[[int], str]:
    return lambda _number: path


def _login(number: int) -> dict[str, str]:
    return {"email": f"nobody-{number}@people.example.com"}


def _password(number: int) -> dict[str, str]:
    return {"login": f"nobody-{number}@people.example.com", "password": "wrong"}


# Of the views that anybody may ask for (portal/tests/test_access.py); the bare ones, like /readyz and
# what nginx asks, cost less than hello.
REQUESTS_OF_STRANGERS = {
    "hello": Asked(_same(HELLO)),
    "landing": Asked(_same("/"), KEPT),
    "schedule": Asked(_same("/schedule/"), KEPT),
    "schedule of another day": Asked(lambda n: f"/schedule/?day=2001-01-{n % 28 + 1:02}"),
    "schedule, no day": Asked(lambda n: f"/schedule/?day=x{n}"),
    "search": Asked(lambda n: f"/schedule/?q=word{n}", SEARCH),
    "search that finds much": Asked(lambda n: f"/schedule/?q=a&room={'x' * n}", SEARCH),
    "filter": Asked(_same("/schedule/?kind=talk"), SEARCH),
    "filter that is none": Asked(lambda n: f"/schedule/?room=none{n}", SEARCH),
    "my stars": Asked(_same("/schedule/?mine=1")),
    "what has changed": Asked(_same("/schedule/changes/"), KEPT),
    "changes, Atom": Asked(_same("/schedule/changes.atom"), KEPT),
    "schedule, JSON": Asked(_same("/schedule.json"), KEPT),
    "schedule, XML": Asked(_same("/schedule.xml"), KEPT),
    "schedule, iCalendar": Asked(_same("/schedule.ics"), KEPT),
    "speakers": Asked(_same("/speakers/"), KEPT),
    "no talk": Asked(lambda n: f"/talks/NONE{n}/"),
    "no speaker": Asked(lambda n: f"/speakers/NONE{n}/"),
    "no page": Asked(lambda n: f"/nowhere/{n}/"),
    "replays": Asked(_same("/replays/"), KEPT),
    "search of replays": Asked(lambda n: f"/replays/?q=word{n}", SEARCH),
    "/live.json": Asked(_same("/bench/live.json")),
    "/me.json": Asked(_same("/me.json")),
    "room": Asked(_same("/rooms/main/")),
    "playback": Asked(_same("/rooms/main/playback.json")),
    "colours": Asked(lambda n: f"/theme/{n:06x}.css"),
    "zones": Asked(_same("/my/zone/")),
    "timer": Asked(lambda n: f"/talks/NONE{n}/timer/"),
    "forged entry link": Asked(lambda n: f"/t/{n}.forged/"),
    "forged calendar link": Asked(lambda n: f"/my/agenda/forged{n}.ics"),
    "forged call of a shop": Asked(lambda n: f"/hooks/none/forged{n}/", "", lambda _n: {}),
    "page to sign in": Asked(_same("/accounts/login/")),
    "asking for a code": Asked(_same("/accounts/login/"), MAIL, _login),
    "signing in by password": Asked(_same("/accounts/login/password/"), TRIES, _password),
    "page of the admin's login": Asked(_same("/admin/login/")),
}


def costs(site: Stack) -> dict[str, float]:
    """CPU milliseconds of one request, by its name."""
    os.environ.update(site.env, DJANGO_SETTINGS_MODULE="portal.settings")
    import django  # noqa: PLC0415 - the settings are those of the stack

    django.setup()
    from django.core.cache import cache  # noqa: PLC0415 - needs the settings

    found: dict[str, list[float]] = {name: [] for name in REQUESTS_OF_STRANGERS}
    for number in range(WARM + REQUESTS):
        for name, asked in REQUESTS_OF_STRANGERS.items():
            cache.clear()
            spent = _ask(site, asked, number)
            # The first are for what a process reads once.
            if number >= WARM:
                found[name].append(spent * 1000)
    return {name: median(each) for name, each in found.items()}


def _ask(site: Stack, asked: Asked, number: int) -> float:
    """CPU seconds of one request; of a form the page before it does not count."""
    visitor, path = Visitor(site.url.removeprefix("http://")), asked.path(number)
    if asked.fields:
        visitor.get(path)
    before = cpu_seconds(site.gunicorn.pid)
    if asked.fields:
        visitor.post(path, **asked.fields(number))
    else:
        visitor.get(path)
    spent = cpu_seconds(site.gunicorn.pid) - before
    visitor.close()
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tools.bench.anonymous", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--talks", default="300", help="of the demo conference")
    options = parser.parse_args()
    interrupt_on_sigterm()
    variables = {"SIGN_INS_PER_SECOND": "0"}
    demo = ["--talks", options.talks]
    app = "tools.bench.app:application"
    with Stack(demo=demo, app=app, background=True, variables=variables) as site:
        found = costs(site)
    hello = found["hello"]
    dearest = sorted(found, key=lambda name: -found[name])
    print("| request | CPU ms | times hello | what limits it |\n|---|---|---|---|")
    for name in dearest[:LISTED]:
        times, limit = found[name] / hello, REQUESTS_OF_STRANGERS[name].limit
        print(f"| {name} | {found[name]:.1f} | {times:.0f} | {limit or '–'} |")
    unlimited = [
        f"{name} costs {found[name] / hello:.0f} times hello, and nothing limits it"
        for name in dearest
        if found[name] > MOST * hello and not REQUESTS_OF_STRANGERS[name].limit
    ]
    if unlimited:
        sys.exit("\n".join(unlimited))


if __name__ == "__main__":
    try:
        main()
    except NotStarted as error:
        sys.exit(str(error))
