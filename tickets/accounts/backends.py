from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser
from django.db.models import Model

from schedule.models import Conference
from tickets.models import User
from tickets.models.roles import EVERY_PERMISSION, PERMISSIONS


class ConferenceBackend(ModelBackend):
    """`user.has_perm("schedule.change_talk", conference)`: what the person's roles in that conference
    allow. Without a conference nobody may anything; superusers are not asked (Django's has_perm).

    Passwords are for organizers; attendees have none (allauth's codes).
    """

    def get_all_permissions(
        self, user_obj: User | AnonymousUser, obj: Model | None = None
    ) -> set[str]:
        if not isinstance(user_obj, User) or not user_obj.is_active:
            return set()
        if not isinstance(obj, Conference):
            return set()
        if user_obj.is_superuser:
            return set(EVERY_PERMISSION)
        return self._of_roles(user_obj, obj)

    def get_user_permissions(
        self, user_obj: User | AnonymousUser, obj: Model | None = None
    ) -> set[str]:
        """There are no single ones."""
        return set()

    def get_group_permissions(
        self, user_obj: User | AnonymousUser, obj: Model | None = None
    ) -> set[str]:
        """There are no groups."""
        return set()

    def _of_roles(self, user: User, conference: Conference) -> set[str]:
        """Read once and kept with the user, who is one request's."""
        kept: dict[int, set[str]] = vars(user).setdefault("_role_permissions", {})
        if conference.pk not in kept:
            kinds = user.roles.filter(conference=conference).values_list("kind", flat=True)
            kept[conference.pk] = {name for kind in kinds for name in PERMISSIONS.get(kind, ())}
        return kept[conference.pk]
