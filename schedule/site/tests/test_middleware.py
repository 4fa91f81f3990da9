"""Which conference a request is for."""

from conftest import client_of, make_conference, make_room, make_talk, settle
from schedule.models import Conference


def rooms(host: str) -> list[str]:
    settle()
    response = client_of(None).get("/live.json", headers={"host": host})
    return [room["slug"] for room in response.json()["rooms"]]


def test_a_sole_conference_answers_every_allowed_host(conference, room):
    assert rooms("localhost") == ["main"]
    assert rooms("live.example.org:8443") == ["main"]


def test_several_conferences_are_told_apart_by_domain(db):
    for name in ("one", "two"):
        make_room(make_conference(domain=f"{name}.example.org"), slug=name)
    assert rooms("one.example.org") == ["one"]
    assert rooms("TWO.example.org:8000") == ["two"]


def test_one_without_a_domain_answers_only_while_it_is_alone(db):
    make_room(make_conference(), slug="other")
    assert rooms("localhost") == ["other"]
    make_room(make_conference(domain="one.example.org"), slug="one")
    assert rooms("one.example.org") == ["one"]
    assert client_of(None).get("/", headers={"host": "localhost"}).status_code == 404


def test_a_host_without_a_conference_says_so(db):
    for name in ("one", "two"):
        make_conference(domain=f"{name}.example.org")
    settle()
    response = client_of(None).get("/", headers={"host": "three.example.org"})
    assert response.status_code == 404
    assert "No conference answers to three.example.org" in response.text
    assert "one.example.org" not in response.text


def test_an_empty_installation_says_how_to_begin(db):
    response = client_of(None).get("/")
    assert response.status_code == 404
    assert "create_conference" in response.text


def test_a_host_that_is_not_allowed_is_refused(conference):
    response = client_of(None).get("/", headers={"host": "evil.test.invalid"})
    assert response.status_code == 400
    assert "This request makes no sense" in response.text
    assert "evil.test.invalid" not in response.text


def test_a_renamed_domain_is_noticed(db):
    conference = make_conference(domain="old.example.org")
    make_room(conference, slug="main")
    make_conference(domain="other.example.org")
    assert rooms("old.example.org") == ["main"]
    Conference.objects.filter(pk=conference.pk).update(domain="new.example.org")
    settle()
    assert client_of(None).get("/", headers={"host": "old.example.org"}).status_code == 404
    assert rooms("new.example.org") == ["main"]


def test_talks_of_one_conference_are_not_found_on_the_host_of_another(db):
    one, two = (make_conference(domain=f"{name}.example.org") for name in ("one", "two"))
    make_talk(one, code="SECRET", title="Only here")
    settle()
    client = client_of(None)
    assert client.get("/talks/SECRET/", headers={"host": two.domain}).status_code == 404
    assert "Only here" in client.get("/talks/SECRET/", headers={"host": one.domain}).text
