"""What the project itself keeps: its own mistakes."""

from django.db import models
from django.db.models import F
from django.utils import timezone

from portal.observing.logs import MistakeSeen

# Of each installation. A storm of new ones pushes out those that were not seen for longest.
MOST_MISTAKES = 200


class MistakeQuerySet(models.QuerySet["Mistake"]):
    def note(self, digest: str, seen: MistakeSeen, times: int) -> None:
        """It was there so many times more, the last time as `seen`."""
        last = {
            "last_at": timezone.now(),
            "release": seen.release[:100],
            "place": seen.place[:200],
            "request_id": seen.request_id[:32],
        }
        known = self.filter(digest=digest)
        if not known.update(times=F("times") + times, **last):
            first = {"kind": seen.kind[:200], "traceback": seen.traceback, "times": times}
            self.get_or_create(digest=digest, defaults=first | last)

    def forget_the_oldest(self) -> None:
        newest = self.order_by("-last_at").values_list("pk", flat=True)
        self.filter(pk__in=list(newest[MOST_MISTAKES:])).delete()


class Mistake(models.Model):
    """An error of ours at one place in the code, however often it was there. What the error said is not
    kept, as that may hold a name: the log has it, under the number of the request.
    """

    digest = models.CharField(max_length=12, unique=True)
    kind = models.CharField(max_length=200)
    traceback = models.TextField()
    # As the address is written in urls.py, or the task, or the command.
    place = models.CharField(max_length=200, blank=True)
    release = models.CharField(max_length=100, blank=True)
    request_id = models.CharField(max_length=32, blank=True)
    times = models.PositiveBigIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now, db_index=True)

    objects = MistakeQuerySet.as_manager()

    class Meta:
        verbose_name = "mistake"
        verbose_name_plural = "mistakes"

    def __str__(self) -> str:
        return f"{self.kind} ({self.digest})"
