from datetime import timedelta

import pytest

from conftest import make_room, make_talk, utc
from schedule.programme.grid import MAX_ROWS, Grid

NINE = utc("2026-11-21 09:00")


def at(minutes):
    return NINE + timedelta(minutes=minutes)


def places(grid):
    return {
        card.talk.title: (card.row, card.rows, card.column)
        for slot in grid.slots
        for card in slot.cards
    }


def test_a_column_for_each_room_and_a_row_for_each_time(conference):
    second = make_room(conference, name="Second", position=2)
    first = make_room(conference, name="First", position=1)
    talks = [
        make_talk(conference, title="short", room=second, starts_at=at(0), minutes=20),
        make_talk(conference, title="long", room=first, starts_at=at(0), minutes=60),
        make_talk(conference, title="later", room=second, starts_at=at(20), minutes=40),
    ]
    grid = Grid.of(talks)
    assert [head.room for head in grid.heads] == [first, second]
    assert grid.times == [at(0), at(20), at(60)]
    assert places(grid) == {"long": (1, 2, 1), "short": (1, 1, 2), "later": (2, 1, 2)}
    assert [[card.talk.title for card in slot.cards] for slot in grid.slots] == [
        ["long", "short"],
        ["later"],
    ]
    assert grid.fits


def test_talks_that_overlap_in_a_room_stand_side_by_side(conference, room):
    talks = [
        make_talk(conference, title="one", room=room, starts_at=at(0), minutes=60),
        make_talk(conference, title="other", room=room, starts_at=at(30), minutes=60),
        make_talk(conference, title="after", room=room, starts_at=at(60), minutes=60),
        make_talk(conference, title="nowhere", starts_at=at(0), minutes=60),
    ]
    grid = Grid.of(talks)
    assert [(head.room, head.column, head.columns) for head in grid.heads] == [
        (room, 1, 2),
        (None, 3, 1),
    ]
    columns = {title: column for title, (_row, _rows, column) in places(grid).items()}
    assert columns == {"one": 1, "other": 2, "after": 1, "nowhere": 3}


def test_a_talk_without_length_has_a_row_of_its_own(conference, room):
    talks = [
        make_talk(conference, title="doors", room=room, starts_at=at(0), minutes=0),
        make_talk(conference, title="keynote", room=room, starts_at=at(0), minutes=60),
    ]
    assert {column for _row, _rows, column in places(Grid.of(talks)).values()} == {1, 2}


def test_the_row_of_now(conference, room):
    grid = Grid.of(
        [
            make_talk(conference, room=room, starts_at=at(0), minutes=30),
            make_talk(conference, room=room, starts_at=at(60), minutes=30),
        ]
    )
    nows = [grid.now(at(minutes)) for minutes in (-1, 0, 29, 30, 60, 89, 90)]
    assert [now and (now.row, now.ahead) for now in nows] == [
        None,
        (1, 3),
        (1, 3),
        (2, 3),
        (3, None),
        (3, None),
        None,
    ]
    assert (nows[3].starts_at, nows[3].ends_at) == (at(30), at(60))


def test_a_day_without_talks_is_no_grid():
    grid = Grid.of([])
    assert not grid.fits
    assert grid.now(NINE) is None


@pytest.mark.slow
def test_a_day_beyond_the_classes_stays_a_list(conference, room):
    talks = [
        make_talk(conference, room=room, starts_at=at(minute), minutes=1)
        for minute in range(MAX_ROWS)
    ]
    assert not Grid.of(talks).fits
    assert Grid.of(talks[:-1]).fits
