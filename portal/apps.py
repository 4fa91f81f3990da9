from django.apps import AppConfig
from django.apps import apps as all_apps
from django.apps.registry import Apps
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate

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


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import checks  # noqa: F401, PLC0415 - registers them; needs the settings


class OurAdminConfig(AdminConfig):
    """Makes `admin.site` ours, and the groups."""

    default_site = "portal.admin.OurAdminSite"

    def ready(self) -> None:
        super().ready()
        # The admin comes after our apps in INSTALLED_APPS, so their permissions exist by then.
        post_migrate.connect(make_groups, sender=self)


def make_groups(using: str, apps: Apps = all_apps, **_signal: object) -> None:
    """Makes the groups that roles are made of; a role is a group in one conference (tickets.Role).
    This happens after every migration, because permissions are made then: an organizer may do
    everything in the admin of the conference, also with models that came with a new release.
    """
    try:
        group_model = apps.get_model("auth", "Group")
        permission_model = apps.get_model("auth", "Permission")
    except LookupError:  # migrated back to before they were there
        return
    ours = permission_model._default_manager.using(using).filter(
        content_type__app_label__in=OUR_APPS
    )
    permissions = {ORGANIZER: ours, HELPDESK: ours.filter(codename__in=OF_HELPDESK)}
    for name, may in permissions.items():
        group, _made = group_model._default_manager.using(using).get_or_create(name=name)
        group.permissions.add(*may)
