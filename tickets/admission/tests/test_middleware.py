"""Every view is closed unless it says otherwise."""

from datetime import timedelta

import pytest
from django.contrib.auth import HASH_SESSION_KEY
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import include, path
from django.utils import timezone

from conftest import (
    client_of,
    forget_everything_kept,
    make_conference,
    make_room,
    make_talk,
    make_ticket,
    make_user,
    settle,
)
from schedule.models import Visibility
from schedule.site.access import DESK, admits, follows_visibility, login_only, public, staff
from tickets.admission.middleware import access_for
from tickets.models import Claim, Role, Ticket, User


def hello(request, **_parameters):
    return HttpResponse("in")


urlpatterns = [
    path("silent/", hello),
    path("public/", public(lambda request: hello(request))),
    path("login/", login_only(lambda request: hello(request))),
    path("programme/", follows_visibility(lambda request: hello(request))),
    path("room/<slug:slug>/", admits("room:{slug}")(lambda request, slug: hello(request))),
    path("replay/", admits("replay")(lambda request: hello(request))),
    path("crew/", staff(DESK)(lambda request: hello(request))),
    path("crew/tickets/", staff("tickets.view_ticket")(lambda request: hello(request))),
    path("admin/silent/", hello),
    path("admin/desk/silent/", hello),
    path("admin/public/", public(lambda request: hello(request))),
    path("theirs/", hello, name="their_page"),
    path("space/", include(([path("page/", hello, name="page")], "their_space"))),
    path("", include("portal.urls")),
]


@pytest.fixture(autouse=True, scope="module")
def _urls():
    with override_settings(ROOT_URLCONF=__name__):
        yield


def answer(user, url):
    """ "in", where one is sent to, or the status."""
    response = client_of(user).get(url)
    if response.status_code == 302:
        return response.url
    return response.text if response.status_code == 200 else response.status_code


def sent_to_login(url: str) -> str:
    return "/accounts/login/?next=" + url.replace("/", "%2F")


def test_a_ticket_opens_a_view_that_says_nothing(attendee):
    assert answer(attendee, "/silent/") == "in"


def test_it_is_closed_for_others(conference, stranger):
    assert answer(None, "/silent/") == sent_to_login("/silent/")
    assert answer(stranger, "/silent/") == 403


@pytest.mark.slow
@pytest.mark.parametrize("url", ["/silent/", "/room/main/", "/replay/", "/theirs/", "/space/page/"])
def test_the_property(conference, stranger, attendee, organizer, url):
    """Nobody is let in by default: a visitor signs in, a stranger reads what to do."""
    assert answer(None, url) == sent_to_login(url)
    assert answer(stranger, url) == 403
    assert answer(attendee, url) == "in"
    assert answer(organizer, url) == "in"


def test_who_works_here_needs_no_ticket(conference, organizer):
    assert organizer.is_superuser
    assert answer(organizer, "/silent/") == "in"


@pytest.mark.parametrize("url", ["/admin/silent/", "/admin/desk/silent/"])
def test_below_the_admin_s_path_silence_is_closed_to_everybody(attendee, organizer, url):
    """To superusers too, so that whoever forgets the decorator notices at once."""
    assert organizer.is_superuser
    assert answer(None, url) == "/admin/login/?next=" + url.replace("/", "%2F")
    for user in (attendee, organizer):
        assert answer(user, url) == 403


def test_below_the_admin_s_path_a_view_may_say_otherwise(conference):
    assert answer(None, "/admin/public/") == "in"


def with_role(conference, name):
    user = make_user()
    Role.objects.create(user=user, conference=conference, kind=name)
    return user


@pytest.mark.slow
def test_a_permission_in_the_conference_is_what_staff_need(attendee, room):
    helper, elsewhere = make_user(), with_role(make_conference(domain="x.test"), "organizer")
    room.helpers.add(helper)
    for user in (attendee, elsewhere):
        assert answer(user, "/crew/") == 403
        assert answer(user, "/crew/tickets/") == 403
    organizer, volunteer = (with_role(room.conference, name) for name in ("organizer", "helpdesk"))
    assert [answer(user, "/crew/") for user in (organizer, volunteer, helper)] == ["in", 403, "in"]
    assert [answer(user, "/crew/tickets/") for user in (organizer, volunteer, helper)] == [
        "in", "in", 403,
    ]  # fmt: skip


def test_staff_who_are_not_signed_in_are_asked_to(conference):
    assert answer(None, "/crew/") == sent_to_login("/crew/")
    response = Client().get("/crew/", headers={"Accept": "application/json"})
    assert response.json() == {"error": {"code": "login_required", "login_url": "/accounts/login/"}}


def test_public_and_for_the_signed_in(conference, stranger):
    assert answer(None, "/public/") == "in"
    assert answer(stranger, "/login/") == "in"
    assert answer(None, "/login/") == sent_to_login("/login/")


def test_the_programme_follows_the_visibility(conference, stranger, attendee):
    for visibility, for_nobody in [
        (Visibility.PROGRAMME, "in"),
        (Visibility.ALL, "in"),
        (Visibility.HIDDEN, sent_to_login("/programme/")),
    ]:
        conference.visibility = visibility
        conference.save()
        settle()
        assert answer(None, "/programme/") == for_nobody
        assert answer(attendee, "/programme/") == "in"
    assert answer(stranger, "/programme/") == 403


def test_rooms_open_with_everything_else_only(conference, stranger):
    assert answer(None, "/room/main/") == sent_to_login("/room/main/")
    conference.visibility = Visibility.ALL
    conference.save()
    settle()
    assert answer(None, "/room/main/") == "in"
    assert answer(stranger, "/replay/") == "in"


def test_the_scope_may_name_what_is_in_the_url(conference):
    user = make_user()
    make_ticket(conference, user=user, scopes=["room:main"])
    assert answer(user, "/room/main/") == "in"
    assert answer(user, "/room/side/") == 403
    assert answer(user, "/silent/") == "in"
    assert answer(user, "/replay/") == 403


def test_other_peoples_views_are_opened_by_name_or_namespace(conference, settings):
    settings.OPEN_URL_NAMES = {"their_page": "public"}
    settings.OPEN_URL_NAMESPACES = {"their_space": "login"}
    assert answer(None, "/theirs/") == "in"
    assert answer(None, "/space/page/") == sent_to_login("/space/page/")
    assert answer(make_user(), "/space/page/") == "in"


def test_pages_of_the_admin_site_open_for_whoever_may_open_the_site(room, attendee, settings):
    """Also those of a package that forgets the site's own check."""
    settings.OPEN_URL_NAMESPACES = {"their_space": "staff"}
    helper = make_user()
    room.helpers.add(helper)
    assert answer(None, "/space/page/") == sent_to_login("/space/page/")
    assert answer(attendee, "/space/page/") == 403
    assert answer(helper, "/space/page/") == "in"


def test_djangos_own_attribute_opens_nothing(conference):
    """allauth, the admin and REST framework set it on whatever is theirs."""

    def view(request):
        return HttpResponse()

    view.login_required = False
    request = RequestFactory().get("/")
    request.resolver_match = None
    assert access_for(request, view).kind == "admission"


def test_a_ticket_of_another_conference_opens_nothing_here(conference, attendee):
    conference.domain = "one.example.org"
    conference.save()
    make_conference(domain="two.example.org")
    settle()
    assert client_of(attendee, "one.example.org").get("/silent/").text == "in"
    for host, status, words in (
        ("two.example.org", 403, 'data-reason="ticket_required"'),
        ("three.example.org", 404, "No conference answers to three.example.org"),
        ("evil.example", 400, "This request makes no sense"),
    ):
        response = client_of(attendee, host).get("/silent/")
        assert response.status_code == status
        assert words in response.text


@pytest.mark.slow
def test_head_and_post_are_checked_like_get(conference, stranger, attendee):
    for ask in ("head", "post", "put", "delete", "options"):
        assert getattr(Client(), ask)("/silent/").url.startswith("/accounts/login/"), ask
        refused = getattr(client_of(stranger), ask)("/silent/")
        assert refused.status_code == 403, ask
        assert refused.text != "in", ask
        admitted = getattr(client_of(attendee), ask)("/silent/")
        assert admitted.status_code == 200, ask
        assert admitted.text == ("" if ask == "head" else "in"), ask


def test_a_ban_ends_it(attendee):
    client = client_of(attendee)
    assert client.get("/silent/").status_code == 200
    User.objects.update(is_active=False)
    forget_everything_kept()
    refused = client.get("/silent/")
    assert refused.status_code == 403
    assert 'data-reason="ticket_required"' in refused.text
    assert client.get("/login/").url == sent_to_login("/login/")


def test_a_canceled_ticket_ends_it_within_twenty_seconds(attendee):
    client = client_of(attendee)
    assert client.get("/silent/").status_code == 200
    Ticket.objects.update(state="canceled")
    forget_everything_kept()  # as time does
    response = client.get("/silent/")
    assert response.status_code == 403
    assert 'data-reason="ticket_canceled"' in response.text


def test_a_window_that_ends_is_noticed_at_once_from_what_is_kept(attendee, monkeypatch):
    Ticket.objects.update(valid_until=timezone.now() + timedelta(seconds=15))
    client = client_of(attendee)
    assert client.get("/silent/").status_code == 200
    later = timezone.now() + timedelta(seconds=16)
    monkeypatch.setattr("tickets.admission.middleware.timezone.now", lambda: later)
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/silent/")
    assert 'data-reason="over"' in response.text
    assert not any("tickets_role" in query["sql"] for query in queries), "worked out anew"


def test_a_new_password_ends_other_sessions(attendee):
    client = client_of(attendee)
    assert client.get("/silent/").status_code == 200
    attendee.set_unusable_password()
    attendee.save()
    forget_everything_kept()
    assert client.get("/silent/").url == sent_to_login("/silent/")
    assert answer(attendee, "/silent/") == "in"


def test_a_session_without_its_hash_is_nobodys(attendee):
    client = client_of(attendee)
    session = client.session
    del session[HASH_SESSION_KEY]
    session.save()
    assert client.get("/silent/").url == sent_to_login("/silent/")


def test_a_session_from_before_the_secret_key_changed_goes_on(attendee, settings):
    client = client_of(attendee)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-one-" * 5
    forget_everything_kept()
    assert client.get("/silent/").text == "in"


def test_somebody_who_was_deleted_is_nobody(attendee):
    client = client_of(attendee)
    Claim.objects.all().delete()
    attendee.delete()
    assert client.get("/silent/").url == sent_to_login("/silent/")


def test_a_known_person_costs_no_sql(attendee):
    client = client_of(attendee)
    client.get("/silent/")
    with CaptureQueriesContext(connection) as queries:
        assert client.get("/silent/").text == "in"
    assert len(queries) == 0


def test_an_open_page_costs_no_session(conference):
    client = Client()
    client.cookies["sessionid"] = "somebody"
    client.get("/public/")
    with CaptureQueriesContext(connection) as queries:
        response = client.get("/public/")
    assert len(queries) == 0
    assert "Cookie" not in response.headers.get("Vary", "")


@pytest.mark.slow
def test_the_real_pages(conference, room, stranger, attendee):
    make_room(conference, slug="side")
    make_talk(conference, room=room)
    settle()
    for url in ("/lobby/", "/rooms/main/", "/tickets/"):
        assert answer(None, url) == sent_to_login(url)
    told = Client().get("/rooms/main/playback.json")
    assert (told.status_code, told.json()["error"]["code"]) == (401, "login_required")
    assert answer(stranger, "/rooms/main/") == 403
    assert stranger.email in answer(stranger, "/tickets/")
    assert "Main hall" in answer(attendee, "/rooms/main/")
