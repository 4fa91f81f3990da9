"""Applying an act: one Change, refusals when others were faster, and the way back."""

import pytest
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import make_room, make_user
from lib.plans import PlanChanged
from schedule.changes.recorder import UndoRefused, undo
from schedule.changes.run_of_show.acts import add_break, move, shift
from schedule.changes.run_of_show.proposal import apply
from schedule.changes.run_of_show.run_sheet import RunSheet
from schedule.changes.tests.running import at, clock, main_hall, placed, talk_at
from schedule.models import Change, Talk


@pytest.fixture
def hall(db):
    return main_hall()


def shift_plan(title, minutes):
    return lambda sheet: shift(sheet, placed(sheet, title), minutes)


def rows(conference):
    fields = ("pk", "starts_at", "ends_at", "planned_starts_at", "room", "is_canceled", "is_hidden")
    return list(Talk.objects.filter(conference=conference).order_by("pk").values_list(*fields))


def test_a_shift_is_one_change(hall):
    olga = make_user(display_name="Olga")
    plan = shift_plan("A", 5)
    digest = plan(RunSheet.read(hall.conference)).digest
    _proposal, change = apply(hall.conference, plan, actor=olga, digest=digest)
    assert (change.act, change.actor, change.summary) == (
        Change.Act.DESK,
        olga,
        "Main hall: +5 min from “A” on",
    )
    moved = hall.talks.get(title="B")
    assert clock(moved) == "10:35–11:05"
    assert moved.planned_starts_at == at("10:30")
    assert (moved.sequence, hall.talks.get(title="C").sequence) == (1, 0)
    assert set(moved.overrides.values_list("field", flat=True)) == {"starts_at", "ends_at"}


def test_a_break_is_made_with_a_code_of_its_own(hall):
    def plan(sheet):
        return add_break(sheet, hall, at("10:30"), 10, "Coffee")

    _proposal, change = apply(hall.conference, plan, actor=None, digest=None)
    coffee = hall.talks.get(title="Coffee")
    assert (coffee.kind, clock(coffee), bool(coffee.code)) == ("break", "10:30–10:40", True)
    undo(change, actor=None, summary="")
    coffee.refresh_from_db()
    assert coffee.is_hidden
    assert clock(hall.talks.get(title="B")) == "10:30–11:00"


def test_a_move_keeps_the_time(hall):
    small = make_room(hall.conference)
    hall.talks.get(title="A").also_in.add(small)

    def plan(sheet):
        return move(sheet, placed(sheet, "A"), small)

    apply(hall.conference, plan, actor=None, digest=None)
    talk = Talk.objects.get(title="A")
    assert (talk.room, list(talk.also_in.all()), clock(talk)) == (small, [], "10:00–10:30")


def test_what_was_looked_at_is_what_happens(hall):
    plan = shift_plan("A", 5)
    digest = plan(RunSheet.read(hall.conference)).digest
    apply(hall.conference, shift_plan("B", 10), actor=None, digest=None)
    with pytest.raises(PlanChanged) as refused:
        apply(hall.conference, plan, actor=None, digest=digest)
    assert [line.new.title for line in refused.value.plan.lines] == ["A"]
    assert clock(hall.talks.get(title="A")) == "10:00–10:30"
    assert Change.objects.count() == 1


@pytest.mark.slow
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    title=st.sampled_from(["A", "B", "C", "Lunch", "D"]),
    minutes=st.integers(-90, 90).filter(bool),
)
def test_a_shift_and_its_undoing_leave_the_same_rows(hall, title, minutes):
    before = rows(hall.conference)
    _proposal, change = apply(hall.conference, shift_plan(title, minutes), actor=None, digest=None)
    assert rows(hall.conference) != before
    undo(change, actor=None, summary="back")
    assert rows(hall.conference) == before


def test_undo_refuses_what_has_changed_since(hall):
    _proposal, change = apply(hall.conference, shift_plan("A", 5), actor=None, digest=None)
    apply(hall.conference, shift_plan("B", 5), actor=None, digest=None)
    with pytest.raises(UndoRefused) as refused:
        undo(change, actor=None, summary="")
    assert {str(field) for field in refused.value.fields} == {"B: starts_at", "B: ends_at"}


def test_the_number_of_queries_does_not_grow(hall, django_assert_num_queries):
    talks = [talk_at(hall, f"E{i}", f"14:{i:02}", 1) for i in range(20)]
    with django_assert_num_queries(5):
        RunSheet.read(hall.conference)
    lock = connection.vendor == "postgresql"  # SQLite's transaction is one
    for talk in (talks[-1], talks[0]):
        with django_assert_num_queries(12 + lock):
            apply(hall.conference, shift_plan(talk.title, 10), actor=None, digest=None)
