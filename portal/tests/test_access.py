"""What is open, and why. Opening another view takes an edit here."""

from collections.abc import Iterator
from typing import Any

from django.test import RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import ResolverMatch

from schedule.site.access import Access
from tickets.admission.middleware import access_for

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
    "desk:index": "behind the admin's login, asks for a role or a room; as all of the desk",
    "desk:warnings": "organizers",
    "desk:room": "organizers, and helpers in their rooms",
    "desk:talk": "organizers, and helpers in their rooms",
    "desk:act": "organizers; helpers three acts in their rooms",
    "desk:undo": "organizers; helpers what they did themselves",
    "desk:stage": "organizers, and helpers for their rooms; as the acts on pictures below",
    "desk:switch": "organizers, and helpers in their rooms",
    "desk:switch_back": "organizers, and helpers in their rooms",
    "desk:slate": "organizers, and helpers in their rooms",
    "desk:slate_down": "organizers, and helpers in their rooms",
    "desk:announce": "organizers",
    "desk:end_announcement": "organizers",
    "origin_key": "nginx asks with a secret of its own; as all of our own origin below",
    "origin_began": "nginx, with the secret",
    "origin_ended": "nginx, with the secret",
    "origin_recorded": "nginx, with the secret",
    "room_gate": "asks for the session by itself and answers nginx with a bare 204, 401 or 403",
    "recording_gate": "as room_gate",
    "room_folder": "the number of the conference and the name of the room",
    "helpdesk:index": "behind the admin's login, asks who may change tickets; as all of the help desk",
    "helpdesk:person": "the help desk",
    "helpdesk:ticket": "the help desk",
    "helpdesk:speakers": "the help desk",
    "helpdesk:act": "the help desk; each act asks for its own permission as well",
    "healthz": "a probe without data",
    "readyz": "a probe without data",
    "entry": "opened by a signed token, which stands for the ticket's mailbox; signs in on a POST",
    "come_in": "takes the code that one's other device shows; that device then has to say yes",
    "come_in_wait": "as the page before it",
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
    "pass_on": "one's own ticket, or one that one bought and nobody has",
    "release": "one's own ticket",
    "claim_code": "the code that was mailed to the ticket's address",
    "why": "one's own explanation, without anybody else's data",
    "chair": "the talk's chairs, its room's helpers and organizers; as all of the chair's page",
    "chair_say": "chairs",
    "chair_extend": "chairs",
    "chair_link": "chairs",
    "check": "organizers, and helpers in their rooms; as all of the tech check",
    "check_playback": "the crew of the room",
    "check_live": "the crew of the room",
    "live_as_of": "organizers and room helpers",
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


def patterns(
    resolver: URLResolver | None = None, path: tuple[URLResolver, ...] = ()
) -> Iterator[tuple[str, Any, ResolverMatch]]:
    """Every view with its full name."""
    resolver = resolver or get_resolver()
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry, (*path, entry))
        elif isinstance(entry, URLPattern):
            match = ResolverMatch(
                entry.callback,
                (),
                {},
                url_name=entry.name,
                app_names=[step.app_name for step in path if step.app_name],
                namespaces=[step.namespace for step in path if step.namespace],
            )
            yield match.view_name, entry.callback, match


def accesses() -> dict[str, Access]:
    found = {}
    for name, view, match in patterns():
        request = RequestFactory().get("/")
        request.resolver_match = match
        found[name] = access_for(request, view)
    return found


def test_open_views_are_the_ones_listed_here():
    open_views = {
        name
        for name, access in accesses().items()
        if access.kind == "public" and not name.startswith("admin:")
    }
    assert open_views == set(OPEN)


def test_views_that_open_by_themselves_are_the_ones_listed_here():
    names = {name for name, access in accesses().items() if access.opens is not None}
    assert names == set(OPENS_BY_ITSELF)


def test_views_for_the_signed_in_are_the_ones_listed_here():
    names = {name for name, access in accesses().items() if access.kind == "login"}
    assert names == set(FOR_THE_SIGNED_IN)
