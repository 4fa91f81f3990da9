"""The ways of signing in and the gains of rights that test_sign_ins.py tries against each other: each
way is a function of the person and of their ticket, each gain one of the person and the conference, by
which rights come with signals, or past them as `QuerySet.update()` and psql write.
"""

from allauth.mfa.models import Authenticator
from django.contrib.auth.hashers import make_password
from django.test import Client

from conftest import client_of
from schedule.models import Room, Talk
from tickets.accounts.tests.signing_in import sign_in
from tickets.accounts.tests.test_hand_over import let_in
from tickets.admission.sign_in import SignInWay
from tickets.holders.links import link_to, url_of
from tickets.models import Role, User

HERE = "one.example.org"
OF_CREW = {"admin", "desk", "check", "chair"}

# --- The ways in ----------------------------------------------------------------------------------


def by_code(person, ticket):
    client = Client(headers={"host": HERE})
    assert sign_in(client, person.email).url == "/lobby/"
    return client


def by_provider(person, ticket):
    """The provider's own part is in tickets/accounts/tests/test_social.py."""
    return client_of(person, HERE, way=SignInWay.PROVIDER)


def by_password(person, ticket):
    person.set_password("a long password")
    person.save()
    client = Client(headers={"host": HERE})
    values = {"login": person.email, "password": "a long password"}
    assert client.post("/accounts/login/password/", values).url == "/lobby/"
    return client


def by_link(person, ticket):
    client = Client(headers={"host": HERE})
    assert client.post(url_of(link_to(ticket), "")).url == "/lobby/"
    return client


def by_shown_link(person, ticket):
    client = Client(headers={"host": HERE})
    assert client.post(url_of(link_to(ticket), "", is_shown=True)).url == "/lobby/"
    return client


def handed_over(person, ticket):
    client = Client(headers={"host": HERE})
    let_in(by_code(person, ticket), client)
    assert client.post("/in/wait/").url == "/lobby/"
    return client


def by_nothing_known(person, ticket):
    """Whatever another package would sign somebody in by one day."""
    client = Client(headers={"host": HERE})
    client.force_login(person, backend="tickets.accounts.backends.ConferenceBackend")
    session = client.session
    session["conference"] = ticket.conference_id
    session.save()
    return client


STRONG = [by_code, by_password, by_provider]
WEAK = [by_link, by_shown_link, handed_over, by_nothing_known]

# --- The gains ------------------------------------------------------------------------------------


def role(kind):
    def gain(person, conference, *, with_signals):
        new = Role(user=person, conference=conference, kind=kind)
        if with_signals:
            new.save()
        else:
            Role.objects.bulk_create([new])

    gain.__name__ = kind
    return gain


def room_helper(person, conference, *, with_signals):
    room = conference.rooms.get()
    if with_signals:
        room.helpers.add(person)
    else:
        through = Room.helpers.through
        through.objects.bulk_create([through(room=room, user=person)])


def room_helper_by_person(person, conference, *, with_signals):
    if with_signals:
        person.helped_rooms.add(conference.rooms.get())
    else:
        room_helper(person, conference, with_signals=False)


def chair(person, conference, *, with_signals):
    talk = Talk.objects.get(conference=conference)
    if with_signals:
        talk.chairs.add(person)
    else:
        through = Talk.chairs.through
        through.objects.bulk_create([through(talk=talk, user=person)])


def of_the_row(**values):
    def gain(person, conference, *, with_signals):
        if with_signals:
            for name, value in values.items():
                setattr(person, name, value)
            person.save()
        else:
            User.objects.filter(pk=person.pk).update(**values)

    gain.__name__ = "+".join(values)
    return gain


def factor(person, conference, *, with_signals):
    new = Authenticator(user=person, type=Authenticator.Type.TOTP, data={"secret": ""})
    if with_signals:
        new.save()
    else:
        Authenticator.objects.bulk_create([new])


organizer, moderator, helpdesk = map(role, Role.Kind)
superuser = of_the_row(is_superuser=True)
password = of_the_row(password=make_password("a long password"))

# What each gain opens to those who came in by their own login.
OPENS = {
    organizer: OF_CREW | {"helpdesk"},
    moderator: {"admin", "desk"},
    helpdesk: {"admin", "helpdesk"},
    room_helper: OF_CREW,
    room_helper_by_person: OF_CREW,
    chair: {"chair"},
    superuser: OF_CREW | {"helpdesk"},
}
GAINS = [*OPENS, password, factor]
