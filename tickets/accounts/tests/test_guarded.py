"""Every source of rights keeps the account to its own login: no link and no other device opens it."""

import pytest
from allauth.mfa.models import Authenticator
from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db.models import ManyToManyField

from conftest import make_conference, make_role, make_room, make_talk
from schedule.models import Conference
from tickets.accounts.accounts import is_guarded
from tickets.models import Role, User
from tickets.models.roles import PERMISSIONS


def a_password(user):
    user.set_password("a long password")
    user.save()


# By the name of the field or relation of User.
SOURCES = {
    "is_superuser": lambda user, _conference: User.objects.filter(pk=user.pk).update(
        is_superuser=True
    ),
    "password": lambda user, _conference: a_password(user),
    "roles": lambda user, conference: make_role(conference, "helpdesk", user),
    "helped_rooms": lambda user, conference: make_room(conference).helpers.add(user),
    "chaired_talks": lambda user, conference: make_talk(conference).chairs.add(user),
    "authenticator": lambda user, _conference: Authenticator.objects.create(
        user=user, type="totp", data={}
    ),
}
# What gives no rights beyond watching. Whoever adds a field or a relation says here that it gives none,
# or above that it does.
HARMLESS = {
    *("id", "email", "display_name", "time_zone", "language", "is_active", "reference"),
    *("last_login", "joined_at"),
    # What lets in to watch, and what keeps out.
    *("claims", "grants", "bans", "replacement_counts"),
    # What somebody has, keeps or did.
    *("bookmarks", "agenda_links", "emailaddress", "usersession", "socialaccount"),
    *("grants_given", "bans_given", "programme_changes", "programme_overrides", "logentry"),
}
# Relations that have no name on the person's side: who did something.
NAMELESS = {
    *("tickets.SyncRun.started_by", "tickets.Upload.uploaded_by"),
    *("streaming.Switch.switched_by", "streaming.Announcement.made_by"),
}


def fields_of_user():
    """Without the rows in between of fields of many."""
    for field in User._meta.get_fields(include_hidden=True):
        if getattr(field.related_model, "_meta", None) and field.related_model._meta.auto_created:
            continue
        yield field


def test_each_field_of_a_person_is_a_source_of_rights_or_is_known_to_be_none():
    fields = list(fields_of_user())
    named = {field.name for field in fields if not field.name.endswith("+")}
    assert named - HARMLESS == set(SOURCES)
    nameless = {str(field.field) for field in fields if field.name.endswith("+")}
    assert nameless == NAMELESS


@pytest.mark.parametrize("name", SOURCES)
def test_each_source_is_guarded(conference, stranger, name):
    assert not is_guarded(stranger, conference.pk)
    SOURCES[name](stranger, conference)
    assert is_guarded(User.objects.get(pk=stranger.pk), conference.pk)


@pytest.mark.parametrize("name", ["roles", "helped_rooms", "chaired_talks"])
def test_what_another_conference_gives_closes_no_link_of_this_one(conference, stranger, name):
    SOURCES[name](stranger, make_conference(domain="b.example"))
    assert not is_guarded(stranger, conference.pk)
    assert is_guarded(stranger, None)


@pytest.mark.parametrize("kind", Role.Kind)
def test_each_role_is_guarded(conference, kind):
    assert is_guarded(make_role(conference, kind), conference.pk)


def test_nothing_of_django_s_groups_and_permissions_hangs_on_people():
    assert settings.AUTHENTICATION_BACKENDS == ["tickets.accounts.backends.ConferenceBackend"]
    linked = {
        field.related_model for field in User._meta.get_fields() if field.related_model is not None
    }
    assert linked.isdisjoint({Group, Permission})
    assert not any(isinstance(field, ManyToManyField) for field in User._meta.get_fields())


# --- What a role may do, where ------------------------------------------------------------------


@pytest.mark.parametrize("kind", Role.Kind)
def test_a_role_may_what_the_table_says_in_its_conference_alone(conference, kind):
    user, other = make_role(conference, kind), make_conference(domain="b.example")
    assert user.get_all_permissions(conference) == PERMISSIONS[kind]
    for permission in PERMISSIONS[kind]:
        assert user.has_perm(permission, conference)
        assert not user.has_perm(permission, other)
        assert not user.has_perm(permission)
    assert user.get_all_permissions(other) == user.get_all_permissions() == set()
    assert not user.has_module_perms("tickets")
    User.objects.update(is_active=False)
    assert not User.objects.get(pk=user.pk).get_all_permissions(conference)


def test_superusers_may_everything_everywhere(conference, organizer):
    assert organizer.has_perm("tickets.delete_shop", conference)
    assert organizer.has_perm("mfa.delete_authenticator")
    User.objects.update(is_active=False)
    organizer = User.objects.get(pk=organizer.pk)
    assert not organizer.has_perm("tickets.delete_shop", conference)
    assert not organizer.get_all_permissions(conference)


def test_the_table_names_what_there_is(db):
    """A permission that is written wrong would open nothing, and nobody would see why."""
    known = {
        f"{permission.content_type.app_label}.{permission.codename}"
        for permission in Permission.objects.select_related("content_type")
    }
    assert frozenset().union(*PERMISSIONS.values()) - known == {"tickets.use_helpdesk"}
    assert set(PERMISSIONS) == set(Role.Kind)


def test_every_conference_has_people_of_its_own(conference):
    """Two roles of one person in two conferences do not add up."""
    other = make_conference(domain="b.example")
    user = make_role(conference, "organizer")
    make_role(other, "moderator", user)
    assert user.get_all_permissions(other) == PERMISSIONS["moderator"]
    assert Conference.objects.filter(roles__user=user).count() == 2
