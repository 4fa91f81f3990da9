import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from django.urls import reverse

from conftest import client_of, make_conference, make_role, make_talk, make_user
from portal.checks import conferences_are_reached
from schedule.models import Conference
from tickets.models import Role

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors
INDEX = reverse("admin:index")
LOGIN = reverse("admin:login")
TALKS = reverse("admin:schedule_talk_changelist")
SECRET = "correct horse battery"


@pytest.fixture
def role(conference):
    """Somebody's: that of an organizer, in this conference alone."""
    user = make_user("helper@example.com")
    return Role.objects.create(user=user, conference=conference, kind="organizer")


def models_on(page):
    return {model["object_name"] for app in page.context["app_list"] for model in app["models"]}


def test_an_organizer_sees_every_model(organizer):
    page = client_of(organizer).get(INDEX)
    ours = {"Conference", "Room", "Track", "Speaker", "Talk", "Feed", "FeedItem"}
    assert ours | {"User", "Ticket", "Product", "Grant"} <= models_on(page)
    assert "Testconf, times of Europe/Berlin" in page.content.decode()


@pytest.mark.slow
def test_a_role_opens_the_admin_of_its_conference(role, conference):
    make_talk(conference, title="Engines")
    client = client_of(role.user)
    page = client.get(INDEX)
    assert {"Conference", "Room", "Talk", "Ticket", "User", "Grant"} <= models_on(page)
    assert "Engines" in client.get(TALKS).content.decode()
    settings_page = reverse("admin:schedule_conference_change", args=[conference.pk])
    assert client.get(settings_page).status_code == 200
    # Conferences are made, and removed, by superusers.
    assert client.get(reverse("admin:schedule_conference_add")).status_code == 403


def test_a_role_opens_no_other_conference(role, conference):
    Conference.objects.filter(pk=conference.pk).update(domain="one.example.com")
    other = make_conference(domain="two.example.com")
    make_talk(other, title="Looms")
    client = client_of(role.user, "one.example.com")
    assert "Talk" in models_on(client.get(INDEX))
    for url in (TALKS, LOGIN):
        refused = client_of(role.user, "two.example.com").get(url)
        assert refused.status_code == 403
        assert "You may not do this" in refused.text
        assert "Looms" not in refused.text
    elsewhere = reverse("admin:schedule_conference_change", args=[other.pk])
    assert client.get(elsewhere).status_code == 404


@pytest.mark.slow
def test_where_a_conference_is_belongs_to_superusers(role, conference):
    client = client_of(role.user)
    url = reverse("admin:schedule_conference_change", args=[conference.pk])
    form = client.get(url).context["adminform"].form
    assert not {"domain", "slug"} & form.fields.keys()
    data = {name: form[name].value() for name in form.fields}
    data = {name: value for name, value in data.items() if value is not None}
    more = {"stream_hosts-TOTAL_FORMS": 0, "stream_hosts-INITIAL_FORMS": 0, "tagline": "Saved"}
    for domain in ("", "localhost"):
        taken = {"domain": domain, "slug": "taken"}
        assert client.post(url, {**data, **more, **taken}).status_code == 302
    saved = Conference.objects.get()
    assert (saved.tagline, saved.slug, saved.domain) == ("Saved", conference.slug, "testserver")


def test_the_check_says_which_conference_nobody_reaches(conference):
    make_conference(name="Elsewhere", domain="b.missing.invalid")
    make_conference(name="Nowhere")
    problems = conferences_are_reached()
    assert {(problem.id, problem.msg, problem.hint) for problem in problems} == {
        (
            "portal.W009",
            "Nobody reaches “Elsewhere”.",
            "Add b.missing.invalid to ALLOWED_HOSTS.",
        ),
        ("portal.W009", "Nobody reaches “Nowhere”.", "It answers nowhere: give it a domain."),
    }


def test_a_small_role_shows_its_models_only(conference):
    talk = make_talk(conference)
    client = client_of(make_role(conference, "moderator"))
    assert models_on(client.get(INDEX)) == {"Announcement"}
    change = reverse("admin:schedule_talk_change", args=[talk.pk])
    for refused in (client.get(change), client.post(change, {}), client.get(TALKS)):
        assert refused.status_code == 403
    action = {"action": "cancel", "_selected_action": [talk.pk]}
    assert client.post(TALKS, action).status_code == 403
    talk.refresh_from_db()
    assert not talk.is_canceled


def test_strangers_are_sent_to_the_sites_login(conference):
    response = Client().get(TALKS, follow=False)
    assert response.status_code == 302
    login = Client().get(response["Location"])
    assert login["Location"] == f"{reverse('account_login_password')}?next={TALKS}"


def test_attendees_are_refused(attendee):
    client = client_of(attendee)
    for url in (INDEX, LOGIN):
        refused = client.get(url)
        assert refused.status_code == 403
        assert "You may not do this" in refused.text


def test_who_is_inside_is_not_asked_again(organizer):
    response = client_of(organizer).get(LOGIN, {"next": TALKS})
    assert response["Location"] == TALKS


def make_superuser():
    return make_user("root@example.com", password=SECRET, is_superuser=True)


def log_in(password):
    client = Client()
    data = {"username": "root@example.com", "password": password}
    return client, client.post(f"{LOGIN}?next={INDEX}", data)


def test_the_first_conference_is_made_in_the_admin(db):
    make_superuser()
    client, response = log_in(SECRET)
    assert response["Location"] == INDEX
    page = client.get(INDEX)
    # What belongs to a conference waits for one.
    assert {"Conference", "User"} <= models_on(page)
    assert "Talk" not in models_on(page)
    assert client.get(reverse("admin:schedule_talk_add")).status_code == 403
    data = {
        "name": "My Con",
        "slug": "mycon",
        "starts_on": "2026-07-01",
        "ends_on": "2026-07-02",
        "time_zone": "Asia/Seoul",
        "day_starts_at_hour": 4,
        "visibility": "hidden",
        "languages": "en",
        "accent_colour": "#1a6b54",
    }
    client.post(reverse("admin:schedule_conference_add"), data)
    assert Conference.objects.get().name == "My Con"


def test_without_a_conference_a_wrong_password_and_attendees_stay_out(db):
    make_superuser()
    _client, response = log_in("wrong")
    assert "Please enter the correct e-mail and password" in response.content.decode()
    make_user("attendee@example.com", password=SECRET)
    data = {"username": "attendee@example.com", "password": SECRET}
    assert Client().post(LOGIN, data).status_code == 200


@pytest.mark.slow
def test_without_a_conference_wrong_passwords_are_counted(db):
    make_superuser()
    for _attempt in range(10):
        log_in("wrong")
    _client, response = log_in(SECRET)
    assert response.status_code == 200
    assert "Too many" in response.content.decode()


def test_the_second_factor_is_not_passed_by(db):
    totp = Authenticator.Type.TOTP
    Authenticator.objects.create(user=make_superuser(), type=totp, data={"secret": "x"})
    _client, response = log_in(SECRET)
    assert "with your second factor" in response.content.decode()


def test_the_login_of_the_admin_takes_no_password_beside_the_sites(conference):
    make_superuser()
    client, response = log_in(SECRET)
    assert response["Location"].startswith(reverse("account_login_password"))
    assert "_auth_user_id" not in client.session
