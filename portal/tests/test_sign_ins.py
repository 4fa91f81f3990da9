"""Who gets in where: a session made in every way × every later gain of rights × both hosts. The person
holds a ticket of both conferences, so that a session which counted on the other host would be seen.
"""

import re

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.utils import timezone

from conftest import (
    client_of,
    forget_everything_kept,
    make_conference,
    make_recording,
    make_room,
    make_stream,
    make_talk,
    make_ticket,
    make_user,
    settle,
)
from portal.tests.sign_ins import (
    GAINS,
    HERE,
    OPENS,
    STRONG,
    WEAK,
    by_link,
    chair,
    factor,
    organizer,
    password,
    room_helper,
    superuser,
)
from schedule.models import Visibility
from schedule.site.rights import DeskRights
from tickets.accounts.tests.signing_in import sign_in
from tickets.admission.sign_in import SignIn, SignInWay
from tickets.models import User

# Django's and allauth's own templates ask for variables that are not always there.
pytestmark = [pytest.mark.walk, pytest.mark.ignore_template_errors]

THERE = "two.example.org"
DOORS = {
    "me": "/me.json",
    "tickets": "/tickets/",
    "lobby": "/lobby/",
    "playback": "/rooms/main/playback.json",
    "gate": "/_origin/gate/room/main/",
    "admin": "/admin/",
    "desk": "/admin/desk/",
    "helpdesk": "/admin/helpdesk/",
    "check": "/rooms/main/check/",
    "chair": "/talks/KEYNOTE/chair/",
    "factors": "/accounts/2fa/",
}
OF_ATTENDEES = {"me", "tickets", "lobby", "playback", "gate"}


@pytest.fixture
def conferences(db):
    both = [make_conference(domain=host, visibility=Visibility.HIDDEN) for host in (HERE, THERE)]
    for conference in both:
        room = make_room(conference, slug="main", name="Main hall")
        make_stream(room)
        make_talk(conference, room=room, code="KEYNOTE")
    settle()
    return both


@pytest.fixture
def here(conferences):
    return conferences[0]


@pytest.fixture
def person(conferences):
    # So that no room or talk has the number of the person.
    for _somebody in range(5):
        make_user()
    user = make_user("ada@example.com")
    for conference in conferences:
        make_ticket(conference, user=user)
    return user


# --- Who gets in where ------------------------------------------------------------------------------


def answer_at(client, path, host):
    # With the cookies as they were: an answer that deletes one would shield the doors after it.
    replay = Client(headers={"host": host})
    for name, morsel in client.cookies.items():
        replay.cookies[name] = morsel.value
    response = replay.get(path)
    if response.status_code == 200:
        is_nobody = path == DOORS["me"] and response.json()["name"] is None
        return "nobody" if is_nobody else "in"
    if response.status_code == 302:
        # The admin leads helpers on to the desk.
        return "nobody" if "/login/" in response.url else "in"
    if response.status_code in (204, 401):
        return "in" if response.status_code == 204 else "nobody"
    assert response.status_code in (403, 404)
    return "sign in again" if b"sign_in_again" in response.content else "refused"


def answers(client: Client, host: str) -> dict[str, str]:
    forget_everything_kept()
    return {door: answer_at(client, path, host) for door, path in DOORS.items()}


def let_into(doors: set[str], otherwise: str) -> dict[str, str]:
    return {door: "in" if door in doors else otherwise for door in DOORS}


NOBODY = let_into(set(), "nobody")
AN_ATTENDEE = let_into(OF_ATTENDEES, "sign in again")


@pytest.fixture
def sign_in_by(person, here):
    def make(way):
        client = way(person, person.claims.get(ticket__conference=here).ticket)
        assert signed_in(client)
        return client

    return make


def signed_in(client):
    return answer_at(client, DOORS["me"], HERE) == "in"


@pytest.mark.parametrize("way", WEAK)
def test_who_came_in_by_a_link_watches_and_no_more(sign_in_by, way):
    client = sign_in_by(way)
    assert answers(client, HERE) == AN_ATTENDEE
    assert answers(client, THERE) == NOBODY
    assert answers(client, HERE) == AN_ATTENDEE


@pytest.mark.parametrize("way", STRONG)
def test_an_attendee_with_a_login_of_their_own_is_refused_where_rights_are_asked(sign_in_by, way):
    client = sign_in_by(way)
    assert answers(client, HERE) == let_into(OF_ATTENDEES | {"factors"}, "refused")
    assert answers(client, THERE) == NOBODY


@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize("way", WEAK)
def test_whoever_gains_rights_loses_the_sessions_of_an_attendee(
    sign_in_by, person, here, way, gain, django_capture_on_commit_callbacks
):
    client = sign_in_by(way)
    with django_capture_on_commit_callbacks(execute=True):
        gain(person, here, with_signals=True)
    assert answers(client, HERE) == answers(client, THERE) == NOBODY


@pytest.mark.parametrize("gain", [gain for gain in OPENS if gain is not superuser])
@pytest.mark.parametrize("way", WEAK)
def test_whoever_gains_rights_elsewhere_stays_in(
    sign_in_by, person, conferences, way, gain, django_capture_on_commit_callbacks
):
    """Else the organizers of one conference would sign out the attendees of others."""
    client = sign_in_by(way)
    with django_capture_on_commit_callbacks(execute=True):
        gain(person, conferences[1], with_signals=True)
    assert answers(client, HERE) == AN_ATTENDEE
    assert answers(client, THERE) == NOBODY


@pytest.mark.parametrize("gain", GAINS)
@pytest.mark.parametrize("way", WEAK)
def test_an_old_session_carries_no_rights_that_came_without_a_signal(
    sign_in_by, person, here, way, gain
):
    client = sign_in_by(way)
    gain(person, here, with_signals=False)
    # A new password ends all sessions, as ever.
    assert answers(client, HERE) == (NOBODY if gain is password else AN_ATTENDEE)
    assert answers(client, THERE) == NOBODY


@pytest.mark.parametrize("with_signals", [True, False])
@pytest.mark.parametrize("gain", OPENS)
@pytest.mark.parametrize("way", STRONG)
def test_a_login_of_ones_own_carries_the_rights(
    sign_in_by, person, here, way, gain, with_signals, django_capture_on_commit_callbacks
):
    client = sign_in_by(way)
    with django_capture_on_commit_callbacks(execute=True):
        gain(person, here, with_signals=with_signals)
    opened = OF_ATTENDEES | {"factors"} | OPENS[gain]
    assert answers(client, HERE) == let_into(opened, "refused")
    assert answers(client, THERE) == NOBODY


@pytest.mark.parametrize("with_signals", [True, False])
@pytest.mark.parametrize("way", STRONG)
def test_a_session_from_before_the_second_factor_does_not_pass_as_one_that_has_it(
    sign_in_by, person, here, way, with_signals, django_capture_on_commit_callbacks
):
    client = sign_in_by(way)
    organizer(person, here, with_signals=True)
    with django_capture_on_commit_callbacks(execute=True):
        factor(person, here, with_signals=with_signals)
    expected = NOBODY if with_signals else AN_ATTENDEE | {"chair": "in"}
    assert answers(client, HERE) == expected
    assert answers(client, THERE) == NOBODY
    passed = client_of(person, HERE, has_factor=True)
    every_door = let_into(set(DOORS), "")
    assert answers(passed, HERE) == every_door
    assert answers(passed, THERE) == NOBODY


@pytest.mark.parametrize("way", WEAK)
def test_an_old_session_adds_no_second_factor(sign_in_by, person, here, way, settings):
    settings.REQUIRE_SECOND_FACTOR = True
    client = sign_in_by(way)
    organizer(person, here, with_signals=False)
    assert answers(client, HERE) == AN_ATTENDEE
    for page in (
        "totp/activate/",
        "webauthn/add/",
        "webauthn/",
        "recovery-codes/",
        "reauthenticate/",
    ):
        for ask in (client.get, client.post):
            refused = ask(f"/accounts/2fa/{page}", headers={"host": HERE})
            assert refused.status_code == 403
            assert "sign_in_again" in refused.text
    assert client.post("/accounts/reauthenticate/", headers={"host": HERE}).status_code == 403
    assert not Authenticator.objects.exists()


def test_who_has_to_sign_in_again_is_led_there_and_back(sign_in_by, person, here):
    client = sign_in_by(by_link)
    organizer(person, here, with_signals=False)
    page = client.get("/admin/desk/")
    assert "Sign in again to go on" in page.text
    assert "no-store" in page["Cache-Control"]
    way_back = re.search(r'name="next" value="([^"]+)"', page.text)[1]
    away = client.post("/accounts/logout/", {"next": way_back})
    assert away.url == way_back == "/admin/login/?next=%2Fadmin%2Fdesk%2F"
    assert not signed_in(client)
    sign_in(client, person.email)
    assert client.get("/admin/desk/").status_code == 200


def test_programs_are_told_in_a_word(sign_in_by, person, here):
    client = sign_in_by(by_link)
    organizer(person, here, with_signals=False)
    told = client.get("/rooms/main/check/playback.json")
    assert (told.status_code, told.json()["error"]["code"]) == (403, "sign_in_again")
    fragment = client.get(
        "/admin/desk/", headers={"hx-request": "true", "referer": f"http://{HERE}/x/"}
    )
    assert (fragment.status_code, fragment["HX-Redirect"]) == (403, f"http://{HERE}/x/")


@pytest.mark.parametrize("gain", [organizer, room_helper, superuser])
def test_an_old_session_sees_no_other_moment(sign_in_by, person, here, gain):
    client = sign_in_by(by_link)
    gain(person, here, with_signals=False)
    path = f"/lobby/?at={timezone.now():%Y-%m-%dT12:00}"
    assert "This is how it looks" not in client.get(path).text
    assert "This is how it looks" in client_of(person, HERE).get(path).text


@pytest.mark.parametrize("gain", [organizer, superuser])
def test_the_admin_says_so_at_its_own_door(sign_in_by, person, here, gain):
    client = sign_in_by(by_link)
    gain(person, here, with_signals=False)
    assert answer_at(client, "/admin/login/", HERE) == "sign in again"


@pytest.mark.parametrize("gain", [organizer, room_helper, chair, superuser])
def test_an_old_session_opens_no_timer(sign_in_by, person, here, gain):
    """A page that is open to whoever has its secret link, and asks by itself."""
    client = sign_in_by(by_link)
    gain(person, here, with_signals=False)
    assert client.get("/talks/KEYNOTE/timer/").status_code == 404
    assert client_of(person, HERE).get("/talks/KEYNOTE/timer/").status_code == 200


def test_an_old_session_plays_no_recording_that_is_withheld(sign_in_by, person, here):
    """nginx asks for each file; who may change recordings sees those that are not shown."""
    make_recording(here.rooms.get(), kind="origin-recording", value="AbC123", is_shown=False)
    settle()
    client, gate = sign_in_by(by_link), "/_origin/gate/recording/AbC123/"
    superuser(person, here, with_signals=False)
    assert client.get(gate).status_code == 403
    assert client_of(person, HERE).get(gate).status_code == 204


def test_in_such_a_session_the_person_has_no_rights(person, here):
    superuser(person, here, with_signals=True)
    asked = {"schedule.change_talk": here, "tickets.change_ticket": None}
    assert all(person.has_perm(name, where) for name, where in asked.items())
    assert DeskRights.of(User.objects.get(pk=person.pk), here)
    person.may_work = False
    assert not any(person.has_perm(name, where) for name, where in asked.items())
    assert not person.has_perms(asked)
    assert not person.has_module_perms("schedule")
    assert person.get_all_permissions(here) == person.get_all_permissions() == set()
    assert not DeskRights.of(person, here)


def test_the_way_that_one_person_began_is_not_another_ones(conferences, person):
    """Somebody gave up before the second factor, and another one signs in with that browser."""
    client = client_of(None)
    session = client.session
    SignIn.begin(session, make_user(), SignInWay.PASSWORD)
    session.save()
    client.force_login(person, backend="tickets.accounts.backends.ConferenceBackend")
    assert SignIn.of(client.session).way is None
