"""Our own origin: who may send a picture to it."""

from django.db import models
from django.utils.crypto import get_random_string
from django.utils.translation import gettext_lazy as _

from schedule.models import Room


def new_stream_key() -> str:
    return get_random_string(24)


class Ingest(models.Model):
    """A room that takes RTMP from an encoder (OBS). `key` is what the encoder sends as its stream
    key; whoever has it is the room's camera.
    """

    room = models.OneToOneField(Room, models.CASCADE, related_name="ingest")
    key = models.CharField(_("stream key"), max_length=64, default=new_stream_key, unique=True)
    is_open = models.BooleanField(_("takes a stream"), default=True)
    records = models.BooleanField(_("keeps a recording"), default=True)
    began_at = models.DateTimeField(_("on air since"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("encoder")
        verbose_name_plural = _("encoders")

    def __str__(self) -> str:
        return str(self.room)

    def renew_key(self) -> None:
        """The encoder that has the old one is cut off within seconds."""
        self.key = new_stream_key()
        self.save(update_fields=["key"])
