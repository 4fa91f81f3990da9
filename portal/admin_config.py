from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class OurAdminConfig(AdminConfig):
    """Makes `admin.site` ours. In a file of its own, because portal/apps.py may hold one config."""

    default_site = "portal.admin.OurAdminSite"

    def ready(self) -> None:
        super().ready()
        from portal.groups import make_groups  # noqa: PLC0415 - needs the models

        # The admin comes after our apps in INSTALLED_APPS, so their permissions exist by then.
        post_migrate.connect(make_groups, sender=self)
