"""The desk: what it shows, what each act does, and who may."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone

from conftest import (
    client_of,
    make_conference,
    make_role,
    make_room,
    make_stream,
    make_talk,
    make_user,
    settle,
)
from schedule.changes import recorder
from schedule.changes.recorder import ChangeRecorder
from schedule.models import Change, Conference, Feed, Talk
from tickets.models import Role

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors
DESK = reverse("desk:index")


@pytest.fixture
def now():
    return timezone.now().replace(second=0, microsecond=0)


@pytest.fixture
def hall(room, now):
    """Engines is on since 5 minutes, Looms and a break follow."""
    conference = room.conference
    make_talk(
        conference, room=room, code="ENGINE", title="Engines",
        starts_at=now - timedelta(minutes=5), minutes=30,
    )  # fmt: skip
    make_talk(
        conference, room=room, code="LOOMS", title="Looms",
        starts_at=now + timedelta(minutes=25), minutes=30,
    )  # fmt: skip
    return room


@pytest.fixture
def small(hall):
    return make_room(hall.conference, name="Small room", slug="small")


@pytest.fixture
def helper(hall):
    user = make_user("helper@example.com", display_name="Hedy")
    hall.helpers.add(user)
    return user


def url(act):
    return reverse("desk:act", args=[act])


def go_through(client, act, **values):
    """Preview, then apply what was shown."""
    preview = client.get(url(act), values)
    assert preview.status_code == 200
    proposal = preview.context["proposal"]
    assert proposal is not None, preview.content.decode()
    assert f'name="digest" value="{proposal.digest}"' in preview.content.decode()
    form = preview.context["form"]
    sent = {field.name: field.data for field in form}
    return client.post(url(act), {**sent, "digest": proposal.digest}, follow=True)


def undo(client, change, **fields):
    """Look at it, then do what was shown."""
    path = reverse("desk:undo", args=[change.pk])
    seen = client.get(path, follow=True)
    if seen.redirect_chain:
        return seen
    return client.post(path, {"digest": seen.context["plan"].digest, **fields}, follow=True)


def text(page):
    return page.content.decode()


@pytest.mark.slow
def test_the_desk_shows_rooms_now_and_next(hall, organizer):
    page = text(client_of(organizer).get(DESK))
    assert "Main hall" in page
    assert "Engines" in page and "Looms" in page
    assert "no stream from" in page
    make_stream(hall)
    settle()
    assert "no stream" not in text(client_of(organizer).get(DESK))


def shifts_from(client):
    card = client.get(DESK).context["cards"][0]
    return card.shifts_from.title if card.shifts_from else None


@pytest.mark.slow
def test_where_a_shift_begins_unless_one_chooses(hall, small, organizer, now):
    client = client_of(organizer)
    assert shifts_from(client) == "Engines"  # it may not have begun yet
    Talk.objects.filter(code="ENGINE").update(starts_at=now - timedelta(minutes=15))
    assert shifts_from(client) == "Looms"
    tea = make_talk(
        hall.conference, room=small, kind="break", starts_at=now + timedelta(minutes=20), minutes=5
    )
    tea.also_in.add(hall)
    assert shifts_from(client) == "Engines"  # a break lies between them
    Talk.objects.all().update(is_canceled=True)
    assert shifts_from(client) is None


@pytest.mark.slow
def test_a_shift_is_previewed_applied_and_undone(hall, organizer, now):
    client = client_of(organizer)
    preview = text(client.get(url("shift"), {"talk": "ENGINE", "minutes": 10}))
    assert "Main hall: +10 min from “Engines” on" in preview
    assert Change.objects.count() == 0

    page = text(go_through(client, "shift", talk="ENGINE", minutes=10))
    assert Talk.objects.get(code="LOOMS").starts_at == now + timedelta(minutes=35)
    assert "10 min late" in page
    assert "Olga" in page

    change = Change.objects.get()
    page = text(client.get(reverse("desk:undo", args=[change.pk])))
    assert "2 talks get back what they were" in page
    assert "2 of them</strong> are on now or begin within the hour" in page
    assert Talk.objects.get(code="LOOMS").starts_at == now + timedelta(minutes=35)
    page = text(undo(client, change))
    assert "Undone: Main hall: +10 min" in page
    assert Talk.objects.get(code="LOOMS").starts_at == now + timedelta(minutes=25)
    assert "undone already" in text(undo(client, change))


@pytest.mark.slow
def test_undo_names_what_has_changed_since(hall, organizer):
    client = client_of(organizer)
    go_through(client, "shift", talk="ENGINE", minutes=10)
    first = Change.objects.get()
    go_through(client, "extend", talk="LOOMS", minutes=5)
    page = text(undo(client, first))
    assert "Not undone" in page
    assert "Looms: ends" in page


@pytest.mark.slow
def test_undo_does_nothing_that_was_not_looked_at(hall, organizer, now):
    client = client_of(organizer)
    go_through(client, "shift", talk="ENGINE", minutes=10)
    first = Change.objects.get()
    path = reverse("desk:undo", args=[first.pk])
    seen = client.get(path).context["plan"].digest
    make_talk(hall.conference, room=hall, code="NEW")
    go_through(client, "cancel", talk="LOOMS")
    for digest in ("", seen, "guessed"):
        page = text(client.post(path, {"digest": digest}))
        assert "This would happen now" in page
        assert "get back what they were" in page
    assert not Change.objects.filter(act="undo").exists()


def programme_of(conference, count=20):
    """An import that made so many talks."""
    at = timezone.now()
    room = make_room(conference)
    changing = ChangeRecorder(conference, Change.Act.IMPORT, summary="programme.xml: new")
    for number in range(count):
        starts_at = at + timedelta(minutes=30 * number - 10)
        changing.add(
            Talk(conference=conference, room=room, code=f"N{number}", title=f"No. {number}",
                 starts_at=starts_at, ends_at=starts_at + timedelta(minutes=25))
        )  # fmt: skip
    with transaction.atomic():
        return changing.write()


@pytest.mark.slow
def test_imports_are_not_undone_at_the_desk(hall, organizer, conference):
    client, change = client_of(organizer), programme_of(conference)
    inverse = recorder.undo(change, actor=organizer, summary="Undone: programme.xml")
    feed = Feed.objects.create(conference=conference, source="programme.xml")
    Change.objects.filter(pk=change.pk).update(feed=feed)
    again = recorder.undo(inverse, actor=organizer, summary="Back: programme.xml")
    Change.objects.filter(pk=again.pk).update(feed=feed)
    for each in (change, inverse, again):
        path = reverse("desk:undo", args=[each.pk])
        assert path not in text(client.get(DESK))
        assert client.get(path).status_code == client.post(path).status_code == 404
    assert "programme.xml" not in text(client.get(DESK))


@pytest.mark.slow
def test_an_undo_that_takes_many_talks_out_asks_twice(hall, organizer, conference):
    client, change = client_of(organizer), programme_of(conference)
    Change.objects.update(act="admin")
    page = text(client.get(reverse("desk:undo", args=[change.pk])))
    assert "<strong>20 talks</strong> are hidden or canceled" in page
    assert "<strong>3 of them</strong> are on now or begin within the hour" in page
    assert "Live now and missing: No. 0." in page
    assert "and 1 more" not in page
    assert "Nothing was undone" in text(undo(client, change))
    assert Talk.objects.shown().count() == 22
    assert "Undone: programme.xml" in text(undo(client, change, accept_removals="on"))
    assert Talk.objects.shown().count() == 2


@pytest.mark.slow
def test_two_at_once(hall, organizer):
    client = client_of(organizer)
    digest = client.get(url("shift"), {"talk": "ENGINE", "minutes": 10}).context["proposal"].digest
    go_through(client, "extend", talk="ENGINE", minutes=5)
    sent = {"talk": "ENGINE", "minutes": 10, "digest": digest}
    page = client.post(url("shift"), sent)
    assert "has changed since" in text(page)
    assert Change.objects.count() == 1
    client.post(url("shift"), {**sent, "digest": page.context["proposal"].digest})
    assert Change.objects.count() == 2


@pytest.mark.slow
def test_the_other_acts(hall, small, organizer, now):
    client = client_of(organizer)
    go_through(client, "end", talk="ENGINE")
    assert Talk.objects.get(code="ENGINE").ends_at <= timezone.now()
    go_through(client, "move", talk="LOOMS", room="small")
    assert Talk.objects.get(code="LOOMS").room == small
    go_through(client, "cancel", talk="LOOMS")
    assert Talk.objects.get(code="LOOMS").is_canceled
    go_through(client, "restore", talk="LOOMS")
    assert not Talk.objects.get(code="LOOMS").is_canceled
    go_through(client, "swap", talk="LOOMS", other="ENGINE")
    assert Talk.objects.get(code="LOOMS").room == hall
    at = timezone.localtime(now + timedelta(hours=2), hall.conference.zone)
    values = {"room": "main", "at": f"{at:%Y-%m-%dT%H:%M}", "minutes": 15, "title": "Tea"}
    go_through(client, "break", **values)
    tea = Talk.objects.get(title="Tea")
    assert (tea.kind, tea.starts_at) == ("break", now + timedelta(hours=2))
    assert Change.objects.count() == 6


@pytest.mark.slow
def test_what_makes_no_sense_is_said(hall, organizer):
    client = client_of(organizer)
    cases = [
        ("shift", {"talk": "ENGINE", "minutes": "many"}, "whole number"),
        ("shift", {"talk": "ENGINE", "minutes": 0}, "how many minutes"),
        ("shift", {"talk": "GONE", "minutes": 5}, "not in the programme"),
        ("restore", {"talk": "ENGINE"}, "not canceled"),
        ("end", {"talk": "LOOMS"}, "not begun"),
    ]
    for act, values, said in cases:
        page = client.get(url(act), values)
        assert page.status_code == 200
        assert said in text(page), act
    assert client.get(url("explode")).status_code == 404


@pytest.mark.slow
def test_pages_of_a_room_and_a_talk(hall, organizer):
    client = client_of(organizer)
    page = text(client.get(reverse("desk:room", args=["main"])))
    assert "Engines" in page and "Add a break" in page
    page = text(client.get(reverse("desk:talk", args=["ENGINE"])))
    assert "Move to another room" in page and "Open timer" in page
    assert client.get(reverse("desk:room", args=["none"])).status_code == 404
    assert client.get(reverse("desk:talk", args=["NONE"])).status_code == 404
    assert client.get(reverse("desk:room", args=["main"]), {"day": "soon"}).status_code == 404
    assert "no stream" in text(client.get(reverse("desk:warnings")))


def test_a_role_opens_the_desk_of_its_conference_alone(hall):
    user = make_user("role@example.com")
    Role.objects.create(user=user, conference=hall.conference, kind="organizer")
    Conference.objects.update(domain="one.example.com")
    make_conference(domain="two.example.com")
    assert "Engines" in text(client_of(user, "one.example.com").get(DESK))
    assert client_of(user, "two.example.com").get(DESK).status_code == 403


@pytest.mark.slow
def test_a_helper_shifts_extends_and_ends_in_their_own_room(hall, small, helper):
    client = client_of(helper)
    page = text(client.get(DESK))
    assert "Main hall" in page and "Small room" not in page and "Warnings" not in page
    go_through(client, "shift", talk="LOOMS", minutes=5)
    go_through(client, "extend", talk="ENGINE", minutes=1)
    go_through(client, "end", talk="ENGINE")
    assert Change.objects.filter(actor=helper).count() == 3
    last = Change.objects.newest_first()[0]
    undo(client, last)
    assert Change.objects.filter(act="undo").exists()


@pytest.mark.slow
def test_helpers_are_appointed_in_the_form_of_the_room(hall, organizer):
    user = make_user("new@example.com")
    page = text(client_of(organizer).get(reverse("admin:schedule_room_change", args=[hall.pk])))
    assert "Room helpers" in page
    hall.helpers.add(user)
    client = client_of(user)
    # They have nothing else in the admin.
    assert client.get(reverse("admin:index")).url == DESK
    assert 'href="/admin/desk/"' in text(client.get(DESK))
    hall.helpers.remove(user)
    assert client.get(DESK).status_code == 403


@pytest.mark.slow
def test_a_helper_may_no_more(hall, small, helper, organizer):
    make_talk(hall.conference, room=small, code="OTHER")
    client = client_of(helper)
    refused = [
        ("shift", {"talk": "OTHER", "minutes": 5}),
        ("move", {"talk": "ENGINE", "room": "small"}),
        ("cancel", {"talk": "ENGINE"}),
        ("swap", {"talk": "ENGINE", "other": "LOOMS"}),
        ("break", {"room": "main", "at": "2026-01-01T10:00", "minutes": 5, "title": "Tea"}),
    ]
    for act, values in refused:
        assert client.get(url(act), values).status_code == 403, act
        assert client.post(url(act), {**values, "digest": ""}).status_code == 403, act
    for page in ("room/small", "talks/OTHER", "warnings"):
        assert client.get(f"{DESK}{page.replace('room/', 'rooms/')}/").status_code == 403
    assert not Change.objects.exists()
    go_through(client_of(organizer), "shift", talk="ENGINE", minutes=5)
    change = Change.objects.get()
    assert client.post(reverse("desk:undo", args=[change.pk])).status_code == 404
    assert Change.objects.get() == change
    refused = client.get(reverse("admin:schedule_talk_changelist"))
    assert refused.status_code == 403
    assert "Looms" not in refused.text


def test_nobody_else_gets_in(hall, attendee, stranger):
    volunteer = make_role(hall.conference, "helpdesk")
    assert client_of(None).get(DESK).url == "/admin/login/?next=%2Fadmin%2Fdesk%2F"
    sent = {"talk": "ENGINE", "minutes": 5, "digest": ""}
    for nobody in (attendee, stranger, volunteer):
        assert client_of(nobody).get(DESK).status_code == 403
        assert client_of(nobody).post(url("shift"), sent).status_code == 403
    assert Change.objects.count() == 0


@pytest.mark.slow
def test_the_number_of_queries_does_not_grow(hall, organizer, django_assert_max_num_queries):
    client = client_of(organizer)

    def count():
        client.get(reverse("home"))  # hosts and revisions are read once a second
        with django_assert_max_num_queries(30) as queries:
            assert client.get(DESK).status_code == 200
        return len(queries)

    count()
    few = count()
    for number in range(5):
        make_talk(hall.conference, room=make_room(hall.conference), code=f"X{number}")
        go_through(client, "extend", talk=f"X{number}", minutes=1)
    assert count() == few
