"""What is a moment and has no length, like the opening of the doors."""

import re

import pytest
from django.test import Client

from conftest import make_conference, make_room, make_talk, utc
from schedule.models import Visibility

HOUR = "11:40"


@pytest.fixture
def doors(db):
    conference = make_conference(
        starts_on="2099-11-21", ends_on="2099-11-21", visibility=Visibility.ALL
    )
    room = make_room(conference)
    return make_talk(conference, room=room, starts_at=utc("2099-11-21 10:40"), minutes=0)


@pytest.mark.parametrize("path", ["/", "/schedule/?day=2099-11-21", "/talks/CODE/", "/rooms/ROOM/"])
def test_it_has_a_beginning_alone(doors, path):
    path = path.replace("CODE", doors.code).replace("ROOM", doors.room.slug)
    page = Client().get(path).text
    assert HOUR in page, path
    assert not re.search(r'until (<time|\d)|class="until"', page)
    assert f"{HOUR}</time>–" not in page


def test_nor_has_it_one_at_the_venue(doors):
    page = Client().get(f"/talks/{doors.code}/?tz=Asia/Tokyo").text
    assert "19:40</time>" in page
    assert ">11:40 <" in page
    assert "–11:40" not in page
