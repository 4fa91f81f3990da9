"""What people starred, and the addresses of their calendars."""

import secrets
from datetime import datetime
from typing import Self

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from django.utils.translation import gettext_lazy as _

from schedule.models.conference import Conference
from schedule.models.talks import Talk


class Bookmark(models.Model):
    """A star. It stays when its talk is canceled, hidden for a while or moved."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="bookmarks")
    talk = models.ForeignKey(Talk, models.CASCADE, related_name="bookmarks")

    class Meta:
        verbose_name = _("bookmark")
        verbose_name_plural = _("bookmarks")
        constraints = [models.UniqueConstraint(fields=["user", "talk"], name="bookmark_once")]

    def __str__(self) -> str:
        return f"{self.user} ★ {self.talk}"


def new_token() -> str:
    return secrets.token_urlsafe(24)


class AgendaLinkQuerySet(models.QuerySet["AgendaLink"]):
    def opened_by(self, secret: str) -> "AgendaLink | None":
        """The link of this secret; None: it is not, or no longer, one."""
        number, _dash, token = secret.partition("-")
        if not number.isdecimal() or len(number) > 18:
            return None
        link = self.filter(pk=int(number)).first()
        is_right = link is not None and constant_time_compare(token, link.token)
        return link if is_right else None

    def of(self, user_id: int, conference: Conference) -> "AgendaLink":
        return self.get_or_create(user_id=user_id, conference=conference)[0]


class AgendaLink(models.Model):
    """The secret address under which a calendar reads somebody's agenda without signing in."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="agenda_links")
    conference = models.ForeignKey(Conference, models.CASCADE, related_name="agenda_links")
    token = models.CharField(max_length=40, default=new_token)
    made_at = models.DateTimeField(default=timezone.now)

    objects = AgendaLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("agenda link")
        verbose_name_plural = _("agenda links")
        constraints = [
            models.UniqueConstraint(fields=["user", "conference"], name="agenda_link_once")
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.conference}"

    @property
    def secret(self) -> str:
        return f"{self.pk}-{self.token}"

    def reset(self, at: datetime) -> Self:
        self.token, self.made_at = new_token(), at
        self.save(update_fields=["token", "made_at"])
        return self
