"""What the admin's form of a talk sends and says, for its tests."""

from django.urls import reverse

TALKS = reverse("admin:schedule_talk_changelist")
ADD_TALK = reverse("admin:schedule_talk_add")


def talk_data(**kw):
    """What the form of a talk sends: 10:00 to 10:45 in the conference's zone."""
    fields = {
        "title": "Tea for two",
        "code": "TEA",
        "kind": "talk",
        "delivery": "live",
        "starts_at_0": "2026-07-01",
        "starts_at_1": "10:00:00",
        "ends_at_0": "2026-07-01",
        "ends_at_1": "10:45:00",
    }
    return {**fields, **kw}


def shown_then(**fields):
    """What the hidden fields of an opened form send back."""
    return {f"initial-{name}": value for name, value in talk_data(**fields).items()}


def errors_of(response):
    assert response.status_code == 200
    form = response.context["adminform"].form
    assert form.errors, "the form was accepted"
    return str(form.errors)
