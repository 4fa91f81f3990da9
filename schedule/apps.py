from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class ScheduleConfig(AppConfig):
    name = "schedule"
    verbose_name = _("programme")

    def ready(self) -> None:
        from schedule import readiness  # noqa: PLC0415
        from schedule.programme.timeline import next_edge  # noqa: PLC0415 - needs the models
        from schedule.site import revisions  # noqa: PLC0415
        from schedule.site.pages import EDGES  # noqa: PLC0415

        pre_migrate.connect(revisions.drop_programme_triggers, sender=self)
        post_migrate.connect(revisions.make_programme_triggers, sender=self)
        EDGES.append(next_edge)
        readiness.connect()
