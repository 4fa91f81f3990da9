from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import checks  # noqa: F401, PLC0415 - registers them; needs the settings


class OurAdminConfig(AdminConfig):
    default_site = "portal.admin.OurAdminSite"
