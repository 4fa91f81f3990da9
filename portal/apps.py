from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class PortalConfig(AppConfig):
    name = "portal"

    def ready(self) -> None:
        from portal import checks, readiness  # noqa: F401, PLC0415 - registers them; needs the models
        from portal.mistakes import collecting  # noqa: PLC0415 - needs the models
        from portal.observing import doing, reports  # noqa: PLC0415 - needs the settings
        from portal.observing.prometheus import measuring  # noqa: PLC0415 - as doing

        readiness.connect()
        doing.connect()
        reports.connect()
        collecting.connect()
        measuring.connect()


class OurAdminConfig(AdminConfig):
    default_site = "portal.admin.OurAdminSite"
