import pytest
from django.urls import reverse

from conftest import client_of, make_role
from portal.models import Mistake

# Django's own templates ask for variables that are not always there.
pytestmark = pytest.mark.ignore_template_errors
PAGE = reverse("mistakes:index")


@pytest.fixture
def mistake(db):
    return Mistake.objects.create(
        digest="abc",
        kind="builtins.ValueError",
        traceback="line <7>",
        times=41,
        place="rooms/<slug>/",
    )


def test_superusers_read_them_and_forget_them(conference, organizer, mistake):
    client = client_of(organizer, conference.domain)
    page = client.get(PAGE).text
    assert "builtins.ValueError" in page
    assert "41 times" in page
    assert "line &lt;7&gt;" in page
    answer = client.post(reverse("mistakes:forget", args=[mistake.pk]), follow=True)
    assert "None in the last 30 days." in answer.text
    assert not Mistake.objects.exists()


@pytest.mark.parametrize("name", ["admin:index", "desk:readiness"])
def test_a_link_leads_there(conference, organizer, name):
    link = f'href="{PAGE}"'
    assert link in client_of(organizer, conference.domain).get(reverse(name)).text
    other = client_of(make_role(conference, "organizer"), conference.domain)
    assert link not in other.get(reverse(name)).text


def test_organizers_of_one_conference_do_not(conference, mistake):
    client = client_of(make_role(conference, "organizer"), conference.domain)
    assert client.get(PAGE).status_code == 403
    assert client.post(reverse("mistakes:forget", args=[mistake.pk])).status_code == 403
    assert Mistake.objects.exists()
