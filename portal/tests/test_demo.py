import dataclasses
from collections import Counter
from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from allauth.account.models import EmailAddress
from django.core.management import CommandError, call_command
from django.utils import timezone

from conftest import client_of, forget_everything_kept, make_conference, make_user, settle, utc
from portal.demo import words
from portal.demo.large import large_plan
from portal.demo.people import usual_password
from portal.demo.plan import Delivery, Kind, small_plan
from schedule.models import Conference, Room, Speaker, Talk, Visibility
from schedule.programme.state import State, state_of
from schedule.programme.timeline import timeline_of
from streaming.models import Recording, Stream
from tickets.admission.claiming import claim_tickets
from tickets.admission.rule import admission_of
from tickets.models import Claim, Grant, Ticket, User

# Around the clock, in summer and in winter.
MOMENTS = [
    utc(f"{day} {hour:02}:{minute:02}")
    for day in ("2026-07-01", "2026-11-21")
    for hour in range(24)
    for minute in (2, 33, 59)
]


@pytest.mark.slow
def test_it_is_always_live():
    for now in MOMENTS:
        for plan in (small_plan(1, now), large_plan(1, now, 200)):
            on = plan.live_in("main", now)
            assert on is not None, now
            assert on.ends_at - now >= timedelta(minutes=30)
            assert on.starts_at.minute % 5 == 0
            # It is daytime at the venue.
            zone = ZoneInfo(plan.zone)
            begins = [talk.starts_at.astimezone(zone) for talk in plan.talks]
            assert all(8 <= at.hour < 20 for at in begins), now
            assert {at.date() for at in begins} == set(plan.days)


@pytest.mark.slow
def test_every_room_is_in_another_state():
    for now in MOMENTS:
        plan = small_plan(1, now)
        pause = plan.live_in("second", now)
        assert pause is not None
        assert pause.kind == Kind.BREAK
        soon = plan.live_in("second", pause.ends_at)
        assert soon is not None
        assert soon.starts_at - now <= timedelta(minutes=10)
        workshop = plan.live_in("workshop", now)
        assert workshop is not None
        assert workshop.kind == Kind.WORKSHOP


def plain(plan):
    """Rows that are not in the database are equal to nothing but themselves."""
    people = tuple((each.code, each.name, each.biography, each.email) for each in plan.speakers)
    return dataclasses.replace(plan, speakers=people)


def test_the_same_seed_makes_the_same():
    now, later = utc("2026-11-21 09:02"), utc("2026-11-22 09:02")
    assert plain(small_plan(1, now)) == plain(small_plan(1, now))
    assert plain(small_plan(1, now)) != plain(small_plan(2, now))
    talks = [small_plan(1, at).talks for at in (now, later)]
    assert [(talk.code, talk.piece, talk.speakers) for talk in talks[0]] == [
        (talk.code, talk.piece, talk.speakers) for talk in talks[1]
    ]
    assert plain(large_plan(3, now, 50)) == plain(large_plan(3, now, 50))


@pytest.mark.parametrize("seed", range(1, 6))
def test_the_small_one_has_something_of_everything(seed):
    plan = small_plan(seed, utc("2026-11-21 09:02"))
    talks = plan.talks
    assert 30 <= len(talks) <= 40
    assert (len(plan.days), len(plan.rooms)) == (2, 3)
    assert {talk.kind for talk in talks} == set(Kind)
    assert {talk.delivery for talk in talks} == set(Delivery)
    assert any(talk.is_canceled for talk in talks)
    assert any(talk.planned_starts_at for talk in talks)
    assert any(talk.also_in for talk in talks)
    assert {"en", "ar"} <= {talk.language for talk in talks}
    assert max(len(talk.piece.title) for talk in talks) > 150
    assert max(Counter(talk.series for talk in talks if talk.series).values()) == 2
    titles = Counter(talk.piece.title for talk in talks if talk.kind == Kind.TALK)
    assert set(titles.values()) == {1}


@pytest.mark.parametrize("seed", range(1, 6))
def test_nobody_and_no_room_is_asked_for_twice_at_once(seed):
    plan = small_plan(seed, utc("2026-11-21 09:02"))
    of_rooms = [(room, talk) for talk in plan.talks for room in (talk.room, *talk.also_in) if room]
    of_people = [(speaker, talk) for talk in plan.talks for speaker in talk.speakers]
    for entries in (of_rooms, of_people):
        in_order = sorted(entries, key=lambda entry: (entry[0], entry[1].starts_at))
        for (one, first), (other, second) in pairwise(in_order):
            assert one != other or first.ends_at <= second.starts_at


@pytest.mark.slow
@pytest.mark.parametrize("count", [1, 50, 700, 2000])
def test_the_large_one_has_as_many_talks_as_wanted(count):
    plan = large_plan(1, utc("2026-11-21 09:02"), count)
    assert len(plan.talks) == len({talk.code for talk in plan.talks}) == count
    places = {(talk.room, talk.starts_at) for talk in plan.talks}
    assert len(places) == count
    assert len(plan.rooms) <= 20
    assert len(plan.talks) <= len(plan.rooms) * len(plan.days) * 12


@pytest.fixture
def demo(db):
    def run(*arguments):
        call_command("demo", *arguments)
        return Conference.objects.get(slug="demo")

    return run


@pytest.mark.slow
def test_the_demo_is_live(demo, capsys):
    conference = demo()
    settle()
    now = timezone.now()
    states = {
        room.slug: state_of(room, conference, now) for room in timeline_of(conference, 1).rooms
    }
    assert states == {"main": State.LIVE, "second": State.BREAK, "workshop": State.LIVE}
    assert conference.visibility == Visibility.PROGRAMME
    assert Stream.objects.filter(value__startswith="/static/demo/talk.m3u8").count() == 6
    for stream in Stream.objects.all():
        stream.full_clean()
    for talk in Talk.objects.all():
        talk.full_clean()
    arabic = Talk.objects.get(language="ar")
    assert arabic.speakers.get().name == words.ARABIC_SPEAKER

    said = capsys.readouterr().out
    assert "http://localhost:8000/" in said
    assert "attendee@example.com   has a ticket" in said
    assert "stranger@example.com   has none" in said
    assert f"Password {usual_password()}, admin at http://localhost:8000/admin/" in said
    assert words.KEYNOTES[0].title in said


@pytest.mark.slow
def test_who_signs_in_gets_what_was_said(demo):
    conference = demo()
    assert not User.objects.exclude(email="organizer@example.com").exists()

    def refusal(email, scope="room:main"):
        user = make_user(email)
        claim_tickets(conference, user)
        return admission_of(conference, user.pk).refusal(scope, timezone.now())

    assert refusal("attendee@example.com") is None
    assert refusal("group@example.com") is None
    assert refusal("stranger@example.com") == "ticket_required"
    assert refusal("tomorrow@example.com") == "not_yet"
    assert refusal("workshop@example.com", "room:workshop") is None
    assert refusal("replays@example.com") == "wrong_ticket"
    assert refusal("canceled@example.com") == "ticket_canceled"
    assert refusal("pending@example.com") == "ticket_pending"
    settle()
    watches_again = client_of(User.objects.get(email="replays@example.com"))
    assert words.WELCOME.title in watches_again.get("/replays/").text
    assert refusal("replays2@example.com", "replay") == "ticket_required"
    assert refusal("speaker@example.com") in ("wrong_ticket", "not_yet", "over", None)
    organizer = User.objects.get(email="organizer@example.com")
    assert admission_of(conference, organizer.pk).refusal("room:main", timezone.now()) is None
    assert organizer.check_password(usual_password())


@pytest.mark.slow
def test_a_second_run_changes_nothing_but_the_times(demo, monkeypatch):
    conference = demo()
    attendee = make_user("attendee@example.com")
    claim_tickets(conference, attendee)
    tables = (Room, Talk, Speaker, Stream, Recording, Ticket, Claim, User, Grant, EmailAddress)

    def rows():
        return {table: set(table.objects.values_list("pk", flat=True)) for table in tables}

    before = rows()
    was_at = Talk.objects.get(title=words.KEYNOTES[0].title).starts_at
    demo()
    assert rows() == before

    tomorrow = timezone.now() + timedelta(hours=26)
    monkeypatch.setattr(timezone, "now", lambda: tomorrow)
    conference = demo()
    assert rows() == before
    keynote = Talk.objects.get(title=words.KEYNOTES[0].title)
    assert keynote.is_live_at(tomorrow)
    assert keynote.starts_at > was_at
    assert conference.starts_on == conference.day_of(tomorrow)
    forget_everything_kept()
    assert admission_of(conference, attendee.pk).refusal("room:main", tomorrow) is None


@pytest.mark.slow
def test_what_was_played_with_is_put_back(demo):
    conference = demo()
    Talk.objects.filter(title=words.KEYNOTES[0].title).update(is_canceled=True, title="Oops")
    Ticket.objects.filter(holder_email="attendee@example.com").update(state="canceled")
    room = Room.objects.get(slug="main")
    Stream.objects.create(room=room, kind="youtube", value="dQw4w9WgXcQ")
    Room.objects.create(conference=conference, slug="attic", name="Attic")
    demo()
    assert Talk.objects.filter(title=words.KEYNOTES[0].title, is_canceled=False).count() == 1
    assert Ticket.objects.get(holder_email="attendee@example.com").state == "valid"
    assert {stream.kind for stream in Stream.objects.all()} == {"hls"}
    assert Room.objects.count() == 3


def test_another_conference_with_the_slug_stays_as_it_is(demo):
    make_conference(slug="demo", name="A demo of ours")
    with pytest.raises(CommandError, match="that this command did not make"):
        demo()
    assert Conference.objects.get().name == "A demo of ours"
    assert not Talk.objects.exists()


def test_if_empty_leaves_other_conferences_alone(demo, capsys):
    make_conference()
    call_command("demo", "--if-empty")
    assert Conference.objects.count() == 1
    assert "no demo was made" in capsys.readouterr().out


def test_if_empty_says_again_how_to_sign_in(demo, capsys, monkeypatch):
    demo("--if-empty")
    was_at = Talk.objects.first().starts_at
    first = capsys.readouterr().out
    later = timezone.now() + timedelta(days=3)
    monkeypatch.setattr(timezone, "now", lambda: later)
    demo("--if-empty")
    again = capsys.readouterr().out
    assert "`make demo` moves it to now" in again
    assert again.partition("Sign in")[2] == first.partition("Sign in")[2]
    assert Talk.objects.first().starts_at == was_at


@pytest.mark.slow
def test_a_password_of_ones_own_is_kept(demo, capsys):
    demo("--password", "correct horse battery")
    assert "Password correct horse battery," in capsys.readouterr().out
    demo()
    assert "Password as you have set it," in capsys.readouterr().out
    assert User.objects.get().check_password("correct horse battery")


def test_the_port_is_the_one_of_make_run(demo, capsys, monkeypatch):
    monkeypatch.setenv("PORT", "9000")
    demo()
    assert "http://localhost:9000/admin/" in capsys.readouterr().out


@pytest.mark.slow
def test_a_large_one_is_filled_with_people(demo, capsys):
    conference = demo("--talks", "130", "--people", "30")
    assert Talk.objects.count() == 130
    assert Claim.objects.live().count() == 30
    assert "People: 30 of 30" in capsys.readouterr().out
    person = User.objects.get(email="person-000030@people.example.com")
    assert EmailAddress.objects.get(user=person).verified
    assert admission_of(conference, person.pk).refusal("room:main", timezone.now()) is None

    demo("--talks", "130", "--people", "40")
    assert Claim.objects.live().count() == 40
    demo("--people", "20")
    assert Claim.objects.live().count() == 20
    assert User.objects.filter(email__startswith="person-").count() == 20
    assert (Talk.objects.count(), Room.objects.count()) == (35, 3)


@pytest.mark.parametrize("arguments", [("--talks", "0"), ("--people", "-1")])
def test_impossible_numbers_are_refused(demo, arguments):
    with pytest.raises(CommandError, match=arguments[0]):
        demo(*arguments)
    assert not Conference.objects.exists()
