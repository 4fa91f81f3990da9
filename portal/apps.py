from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import checks, readiness  # noqa: F401, PLC0415 - registers them; needs the models

        readiness.connect()


class OurAdminConfig(AdminConfig):
    default_site = "portal.admin.OurAdminSite"
