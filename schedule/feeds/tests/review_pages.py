"""The admin's pages of imports as an organizer goes through them: upload, look, decide."""

from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from schedule.feeds.tests.schedule_files import event_json, schedule_json
from schedule.models import Feed, ImportReview

UPLOAD = reverse("admin:schedule_feed_upload")


def many(*numbers, **words):
    return schedule_json(*(event_json(number, **words) for number in numbers))


def upload(client, data: bytes, name="schedule.json"):
    return client.post(UPLOAD, {"file": SimpleUploadedFile(name, data)}, follow=True)


def review_url():
    return reverse("admin:schedule_feed_review", args=[Feed.objects.get().pk])


def decide(client, *, apply=True, **ticks):
    data = {"digest": ImportReview.objects.get().digest, **ticks}
    if apply:
        data["apply"] = "1"
    return client.post(review_url(), data, follow=True)


def digest_of(title):
    plan = ImportReview.objects.get().plan
    return next(line["digest"] for line in plan["lines"] if line["title"] == title)
