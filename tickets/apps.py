from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TicketsConfig(AppConfig):
    name = "tickets"
    verbose_name = _("tickets")

    def ready(self) -> None:
        from tickets import readiness  # noqa: PLC0415 - needs the models
        from tickets.accounts import sign_in_log  # noqa: PLC0415 - needs the models
        from tickets.admission import workers  # noqa: PLC0415 - needs the models

        sign_in_log.connect()
        workers.connect()
        readiness.connect()
