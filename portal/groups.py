"""The groups that roles are made of. A role is a group in one conference (tickets.Role)."""

from typing import Any

from django.apps import apps as all_apps

ORGANIZER = "organizer"
# Volunteers at the venue: they find people, and let them in; they shut nobody out.
HELPDESK = "helpdesk"
OF_HELPDESK = (
    "view_ticket",
    "change_ticket",
    "view_user",
    "view_grant",
    "add_grant",
    "change_grant",
)
OUR_APPS = ("schedule", "tickets", "streaming")


def make_groups(using: str, apps: Any = all_apps, **_signal: Any) -> None:
    """After every migration, because permissions are made then: an organizer may do everything in
    the admin of the conference, also with models that came with a new release.
    """
    try:
        group_model = apps.get_model("auth", "Group")
        permission_model = apps.get_model("auth", "Permission")
    except LookupError:  # migrated back to before they were there
        return
    ours = permission_model.objects.using(using).filter(content_type__app_label__in=OUR_APPS)
    permissions = {ORGANIZER: ours, HELPDESK: ours.filter(codename__in=OF_HELPDESK)}
    for name, may in permissions.items():
        group, _made = group_model.objects.using(using).get_or_create(name=name)
        group.permissions.add(*may)
