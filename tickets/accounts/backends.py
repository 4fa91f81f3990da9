from django.contrib.auth.backends import ModelBackend
from django.contrib.auth.models import AnonymousUser, Permission
from django.db.models import Model

from schedule.models import Conference
from tickets.models import User


class ConferenceBackend(ModelBackend):
    """`user.has_perm("schedule.change_talk", conference)`: the permissions of the person's roles
    in that conference. Without a conference: what Django's groups and permissions give.

    Passwords are for organizers; attendees have none (allauth's codes).
    """

    def get_all_permissions(
        self, user_obj: User | AnonymousUser, obj: Model | None = None
    ) -> set[str]:
        if not isinstance(obj, Conference):
            return super().get_all_permissions(user_obj, obj)
        if not user_obj.is_active or user_obj.is_anonymous:
            return set()
        if user_obj.is_superuser:
            return super().get_all_permissions(user_obj)
        return super().get_all_permissions(user_obj) | self._of_roles(user_obj, obj)

    def _of_roles(self, user: User, conference: Conference) -> set[str]:
        kept: dict[int, set[str]] = vars(user).setdefault("_role_permissions", {})
        if conference.pk not in kept:
            permissions = Permission.objects.filter(
                group__roles__user=user, group__roles__conference=conference
            ).values_list("content_type__app_label", "codename")
            kept[conference.pk] = {f"{app}.{codename}" for app, codename in permissions.distinct()}
        return kept[conference.pk]
