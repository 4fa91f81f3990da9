"""The acts on plain rows: what they propose, what clashes, what they refuse."""

import pytest

from conftest import make_room, make_speaker
from schedule.changes.run_of_show.acts import (
    add_break,
    cancel,
    end_early,
    extend,
    move,
    restore,
    shift,
    swap,
)
from schedule.changes.run_of_show.proposal import ActRefused
from schedule.changes.run_of_show.run_sheet import RunSheet
from schedule.changes.tests.running import at, clashes, main_hall, outcome, placed, talk_at


@pytest.fixture
def hall(db):
    return main_hall()


def test_shift_moves_the_room_until_the_break(hall):
    sheet = RunSheet.read(hall.conference)
    proposal = shift(sheet, placed(sheet, "A"), 5)
    # C keeps five of its ten minutes to change over.
    assert outcome(proposal) == {"A": "10:05–10:35", "B": "10:35–11:05"}
    assert proposal.clashes == ()
    assert proposal.summary == "Main hall: +5 min from “A” on"


def test_shift_eats_the_break_and_says_so(hall):
    sheet = RunSheet.read(hall.conference)
    proposal = shift(sheet, placed(sheet, "A"), 20)
    assert outcome(proposal) == {
        "A": "10:20–10:50",
        "B": "10:50–11:20",
        "C": "11:25–11:55",
        "Lunch": "11:55–12:45",
    }
    assert clashes(proposal) == [("break_eaten", "Lunch", 10)]
    assert proposal.sentences == ["Main hall: “Lunch” is 10 min shorter."]


def test_shift_leaves_a_break_of_several_rooms_to_the_others(hall):
    lunch = hall.talks.get(title="Lunch")
    lunch.also_in.add(make_room(hall.conference))
    sheet = RunSheet.read(hall.conference)
    proposal = shift(sheet, placed(sheet, "C"), 10)
    assert outcome(proposal) == {"C": "11:20–11:50"}
    assert clashes(proposal) == [("overlap", "C/Lunch", 5)]


def test_shift_stops_at_a_break_without_a_room(hall):
    hall.talks.filter(title="Lunch").update(room=None)
    sheet = RunSheet.read(hall.conference)
    proposal = shift(sheet, placed(sheet, "C"), 10)
    assert outcome(proposal) == {"C": "11:20–11:50"}
    assert clashes(proposal) == [("break_eaten", "Lunch", 5)]


def test_shift_back_catches_up_until_the_break(hall):
    sheet = RunSheet.read(hall.conference)
    proposal = shift(sheet, placed(sheet, "B"), -5)
    assert outcome(proposal) == {"B": "10:25–10:55", "C": "11:05–11:35"}
    assert clashes(proposal) == [("early", "B", 5), ("early", "C", 5), ("overlap", "A/B", 5)]


def test_shift_back_stops_at_a_long_gap(hall):
    hall.talks.filter(title="Lunch").update(is_canceled=True)
    sheet = RunSheet.read(hall.conference)
    assert "D" not in outcome(shift(sheet, placed(sheet, "C"), -5))


def test_shift_shows_a_speaker_in_two_rooms(hall):
    ada = make_speaker(hall.conference, name="Ada")
    hall.talks.get(title="B").speakers.add(ada)
    small = make_room(hall.conference, name="Small")
    talk_at(small, "X", "11:05", 30, speakers=[ada])
    sheet = RunSheet.read(hall.conference)
    assert clashes(shift(sheet, placed(sheet, "A"), 3)) == [("tight", "B/X", 2)]
    proposal = shift(sheet, placed(sheet, "A"), 15)
    assert ("two_places", "B/X", 10) in clashes(proposal)
    assert "Ada is in two places: “B” and “X”." in proposal.sentences


def test_shift_past_the_days_last_talk(hall):
    sheet = RunSheet.read(hall.conference)
    assert clashes(shift(sheet, placed(sheet, "D"), 10)) == [("past_day", "D", 10)]


def test_what_is_canceled_or_hidden_does_not_move(hall):
    hall.talks.filter(title="B").update(is_canceled=True)
    hall.talks.filter(title="C").update(is_hidden=True)
    sheet = RunSheet.read(hall.conference)
    assert outcome(shift(sheet, placed(sheet, "A"), 60)) == {"A": "11:00–11:30"}


def test_shift_refuses(hall):
    talk_at(hall, "Off", "15:00", 10, is_canceled=True)
    talk_at(hall, "Nowhere", "15:00", 10)
    hall.talks.filter(title="Nowhere").update(room=None)
    sheet = RunSheet.read(hall.conference)
    with pytest.raises(ActRefused, match="how many"):
        shift(sheet, placed(sheet, "A"), 0)
    with pytest.raises(ActRefused, match="canceled"):
        shift(sheet, placed(sheet, "Off"), 5)
    with pytest.raises(ActRefused, match="no room"):
        shift(sheet, placed(sheet, "Nowhere"), 5)


def test_extend_pushes_what_follows(hall):
    sheet = RunSheet.read(hall.conference)
    proposal = extend(sheet, placed(sheet, "A"), 5)
    assert outcome(proposal) == {"A": "10:00–10:35", "B": "10:35–11:05"}
    assert outcome(extend(sheet, placed(sheet, "B"), 5)) == {"B": "10:30–11:05"}
    with pytest.raises(ActRefused):
        extend(sheet, placed(sheet, "A"), 0)


def test_end_early_leaves_the_rest(hall):
    sheet = RunSheet.read(hall.conference)
    proposal = end_early(sheet, placed(sheet, "A"), at("10:20"))
    assert outcome(proposal) == {"A": "10:00–10:20"}
    assert proposal.clashes == ()
    with pytest.raises(ActRefused, match="anyway"):
        end_early(sheet, placed(sheet, "A"), at("10:30"))
    with pytest.raises(ActRefused, match="not begun"):
        end_early(sheet, placed(sheet, "A"), at("09:59"))


def test_swap_neighbours_of_unequal_length(hall):
    hall.talks.filter(title="B").update(ends_at=at("11:10"))
    sheet = RunSheet.read(hall.conference)
    proposal = swap(sheet, placed(sheet, "B"), placed(sheet, "A"))
    assert outcome(proposal) == {"B": "10:00–10:40", "A": "10:40–11:10"}
    assert ("early", "B", 30) in clashes(proposal)


def test_swap_across_rooms(hall):
    small = make_room(hall.conference, name="Small")
    talk_at(small, "X", "10:00", 60)
    sheet = RunSheet.read(hall.conference)
    proposal = swap(sheet, placed(sheet, "X"), placed(sheet, "B"))
    rooms = {line.new.title: line.new.room for line in proposal.lines}
    assert rooms == {"X": hall.pk, "B": small.pk}
    assert outcome(proposal) == {"X": "10:30–11:30", "B": "10:00–10:30"}
    assert ("overlap", "X/C", 20) in clashes(proposal)
    with pytest.raises(ActRefused, match="another"):
        swap(sheet, placed(sheet, "A"), placed(sheet, "A"))


def test_move_to_another_room(hall):
    small = make_room(hall.conference, name="Small")
    talk_at(small, "X", "10:15", 30)
    sheet = RunSheet.read(hall.conference)
    proposal = move(sheet, placed(sheet, "A"), small)
    assert [line.new.room for line in proposal.lines] == [small.pk]
    assert clashes(proposal) == [("overlap", "A/X", 15)]
    with pytest.raises(ActRefused, match="in this room"):
        move(sheet, placed(sheet, "A"), hall)


def test_cancel_and_restore(hall):
    sheet = RunSheet.read(hall.conference)
    canceled = cancel(sheet, placed(sheet, "A"))
    assert [line.new.is_canceled for line in canceled.lines] == [True]
    with pytest.raises(ActRefused):
        restore(sheet, placed(sheet, "A"))
    hall.talks.filter(title="A").update(is_canceled=True)
    talk_at(hall, "X", "10:10", 10)
    sheet = RunSheet.read(hall.conference)
    restored = restore(sheet, placed(sheet, "A"))
    assert clashes(restored) == [("overlap", "A/X", 10)]
    with pytest.raises(ActRefused):
        cancel(sheet, placed(sheet, "A"))


def test_a_break_pushes_what_follows(hall):
    sheet = RunSheet.read(hall.conference)
    proposal = add_break(sheet, hall, at("10:30"), 10, "Coffee")
    assert outcome(proposal) == {
        "Coffee": "10:30–10:40",
        "B": "10:40–11:10",
        "C": "11:15–11:45",
    }
    assert proposal.clashes == ()
    with pytest.raises(ActRefused):
        add_break(sheet, hall, at("10:30"), 0, "Coffee")


def test_a_break_in_the_middle_of_a_talk(hall):
    sheet = RunSheet.read(hall.conference)
    assert ("overlap", "A/Coffee", 10) in clashes(add_break(sheet, hall, at("10:15"), 10, "Coffee"))


def test_the_digest_tells_what_was_shown(hall):
    sheet = RunSheet.read(hall.conference)
    digest = shift(sheet, placed(sheet, "A"), 5).digest
    assert shift(RunSheet.read(hall.conference), placed(sheet, "A"), 5).digest == digest
    assert shift(sheet, placed(sheet, "A"), 10).digest != digest
    hall.talks.filter(title="B").update(sequence=7)
    again = RunSheet.read(hall.conference)
    assert shift(again, placed(again, "A"), 5).digest != digest
