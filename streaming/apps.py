from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class StreamingConfig(AppConfig):
    name = "streaming"
    verbose_name = _("streams")

    def ready(self) -> None:
        from schedule.site.pages import EDGES, PARTS  # noqa: PLC0415 - needs the models, as those below
        from streaming import readiness  # noqa: PLC0415
        from streaming.announcements.notices import page_part  # noqa: PLC0415
        from streaming.models import revisions  # noqa: PLC0415
        from streaming.replays.library import next_edge  # noqa: PLC0415

        pre_migrate.connect(revisions.drop_stage_triggers, sender=self)
        post_migrate.connect(revisions.make_stage_triggers, sender=self)
        PARTS.append(page_part)
        EDGES.append(next_edge)
        readiness.connect()
