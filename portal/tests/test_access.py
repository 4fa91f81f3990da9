"""What is open, and why. Opening another view takes an edit here."""

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.conf import settings
from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import ResolverMatch

from conftest import client_of, make_room, make_talk, on_both_hosts, settle
from schedule.site.access import ADMIN_SITE, CREW, DESK, OPERATOR, Access
from schedule.site.rights import ORGANIZE
from streaming.watching import tech_check
from tickets.admission.middleware import access_for
from tickets.helpdesk.forms import PERMISSION as HELP
from tickets.models.roles import EVERY_PERMISSION

OPEN = {
    "home": "the landing page sells tickets",
    "live": "times and tags, no secret; polled by everybody",
    "me": "says who is here, to that person alone",
    "theme": "colours",
    "agenda_feed": "for calendar programs: opened by a secret address, and only for who may come in",
    "hook": "for ticket shops: a secret address, and what is said there is only a hint",
    "zone": "the zone of times, of whoever asks",
    "timer": "asks for its secret link, or for the speaker or the chair",
    "timer_json": "as the timer that polls it",
    "origin_key": "nginx asks with a secret of its own; as all of our own origin below",
    "origin_began": "nginx, with the secret",
    "origin_ended": "nginx, with the secret",
    "origin_recorded": "nginx, with the secret",
    "room_gate": "asks for the session by itself and answers nginx with a bare 204, 401 or 403",
    "recording_gate": "as room_gate",
    "room_folder": "the number of the conference and the name of the room",
    "healthz": "a probe, which names the release and nothing else",
    "readyz": "a probe without data",
    "metrics": "numbers, for the machine itself; nobody else finds it",
    "entry": "opened by a signed token, which stands for the ticket's mailbox; signs in on a POST",
    "come_in": "takes the code that one's other device shows; that device then has to say yes",
    "come_in_wait": "as the page before it",
    "admin:login": "the way in for organizers",
    "admin:logout": "the way out",
    "account_login": "the way in",
    "account_confirm_login_code": "the way in",
    "account_login_password": "the way in for organizers",
    "account_logout": "the way out",
    "account_inactive": "says that an account is closed",
    "mfa_authenticate": "the way in, second step",
}
OPENS_BY_ITSELF = {
    "replay": "once a recording of the talk is public",
    "replay_playback": "as the replay, and of it the public recordings alone",
}
FOR_THE_SIGNED_IN = {
    "tickets": "people without a ticket learn here what to do",
    "devices": "where one has signed in",
    "end_device": "one's own",
    "end_other_devices": "one's own",
    "find_ticket": "looks for the ticket of the person who asks",
    "claim": "asks for an order code, and tells nobody whether it is one",
    "device_add": "a code for one's other device",
    "device_answer": "as the page before it",
    "my_data": "what is kept of the person who asks; by the account's own login, not by a link",
    "delete_my_account": "one's own; asks for the address",
    "download_my_data": "as the page before it, and so many times an hour",
    "pass_on": "one's own ticket, or one that one bought and nobody has",
    "release": "one's own ticket",
    "claim_code": "the code that was mailed to the ticket's address",
    "why": "one's own explanation, without anybody else's data",
    "chair": "the talk's chairs, its room's helpers and organizers; as all of the chair's page",
    "chair_say": "chairs",
    "chair_extend": "chairs",
    "chair_link": "chairs",
    "account_reauthenticate": "asks again before something that matters",
    "mfa_index": "one's own second factor, as everything of mfa below",
    "mfa_reauthenticate": "asks again before something that matters",
    "mfa_activate_totp": "an app",
    "mfa_deactivate_totp": "an app",
    "mfa_view_recovery_codes": "for a lost phone",
    "mfa_generate_recovery_codes": "for a lost phone",
    "mfa_download_recovery_codes": "for a lost phone",
    "mfa_list_webauthn": "keys",
    "mfa_add_webauthn": "keys",
    "mfa_edit_webauthn": "keys",
    "mfa_remove_webauthn": "keys",
    "mfa_reauthenticate_webauthn": "keys",
}
# What each view needs that is for those who work here. The admin site's own are not listed: whoever
# may open it gets to them, and each asks for the permission that it needs.
STAFF = {
    "desk:index": DESK,
    "desk:warnings": ORGANIZE,
    "desk:readiness": ORGANIZE,
    "desk:room": DESK,
    "desk:talk": DESK,
    "desk:act": DESK,
    "desk:undo": DESK,
    "desk:stage": DESK,
    "desk:switch": DESK,
    "desk:switch_back": DESK,
    "desk:slate": DESK,
    "desk:slate_down": DESK,
    "desk:announce": DESK,
    "desk:end_announcement": DESK,
    "mistakes:index": OPERATOR,
    "mistakes:forget": OPERATOR,
    "helpdesk:index": HELP,
    "helpdesk:person": HELP,
    "helpdesk:ticket": HELP,
    "helpdesk:speakers": HELP,
    "helpdesk:act": HELP,
    "check": DESK,
    "check_playback": DESK,
    "check_live": DESK,
    "live_as_of": CREW,
}


class Entry(NamedTuple):
    name: str
    path: str
    view: Any
    access: Access


def entries(
    resolver: URLResolver | None = None, path: tuple[URLResolver, ...] = ()
) -> Iterator[Entry]:
    """Every view with its full name and its path, in which parameters are not filled in."""
    resolver = resolver or get_resolver()
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from entries(entry, (*path, entry))
        elif isinstance(entry, URLPattern):
            match = ResolverMatch(
                entry.callback,
                (),
                {},
                url_name=entry.name,
                app_names=[step.app_name for step in path if step.app_name],
                namespaces=[step.namespace for step in path if step.namespace],
            )
            where = "/" + "".join(str(step.pattern) for step in path) + str(entry.pattern)
            request = RequestFactory().get(where)
            request.resolver_match = match
            access = access_for(request, entry.callback)
            yield Entry(match.view_name, where, entry.callback, access)


def names(kind: str) -> set[str]:
    return {entry.name for entry in entries() if entry.access.kind == kind}


def test_open_views_are_the_ones_listed_here():
    assert names("public") == set(OPEN)


def test_views_that_open_by_themselves_are_the_ones_listed_here():
    found = {entry.name for entry in entries() if entry.access.opens is not None}
    assert found == set(OPENS_BY_ITSELF)


def test_views_for_the_signed_in_are_the_ones_listed_here():
    assert names("login") == set(FOR_THE_SIGNED_IN)


def test_views_for_staff_are_the_ones_listed_here():
    found = {
        entry.name: entry.access.permission
        for entry in entries()
        if entry.access.kind == "staff" and not entry.name.startswith("admin:")
    }
    assert found == STAFF


def of_staff() -> Iterator[Entry]:
    """All below the admin's path, and what the crew of a room has elsewhere."""
    for entry in entries():
        is_below_admin = entry.path.startswith(f"/{settings.ADMIN_PATH}")
        if is_below_admin or entry.view.__module__ == tech_check.__name__:
            yield entry


def test_each_view_for_staff_names_a_permission_that_exists(db):
    """Nobody at all comes in where none is named, which is found here before the organizers do."""
    walked = list(of_staff())
    assert {entry.name for entry in walked} >= set(STAFF)
    nameless = [
        entry.path
        for entry in walked
        if entry.name not in OPEN
        and entry.access.permission not in {DESK, CREW, OPERATOR, ADMIN_SITE, *EVERY_PERMISSION}
    ]
    assert nameless == []


def filled(entry: Entry) -> str:
    return re.sub("<[^>]*>", "1", entry.path)


@pytest.mark.slow
@on_both_hosts
def test_a_ticket_opens_none_of_them(conference, attendee):
    client = client_of(attendee, conference.domain)
    closed = {filled(entry) for entry in of_staff() if entry.name not in OPEN}
    answers = {path: client.get(path) for path in closed}
    assert [path for path, answer in answers.items() if answer.status_code != 403] == []
    said = "You are signed in, but this is for other people."
    assert [path for path, answer in answers.items() if said not in answer.text] == []


@pytest.mark.slow
@on_both_hosts
@pytest.mark.ignore_template_errors
def test_no_cache_keeps_what_staff_see(conference, organizer):
    make_talk(conference, room=make_room(conference, slug="1"), code="1")
    settle()
    client = client_of(organizer, conference.domain)
    answers = {entry.name: client.get(filled(entry)) for entry in of_staff() if entry.name in STAFF}
    found = {name: answer for name, answer in answers.items() if answer.status_code != 404}
    assert found.keys() >= {"desk:talk", "desk:switch", "helpdesk:speakers", "check_playback"}
    kept = [name for name, answer in found.items() if "no-store" not in answer["Cache-Control"]]
    assert kept == []
