"""What was planted is searched for in a dump of everything."""

import os
import subprocess
from urllib.parse import urlsplit

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.backends.db import SessionStore
from django.core.management import CommandError, call_command
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from conftest import (
    make_conference,
    make_role,
    make_room,
    make_speaker,
    make_talk,
    make_ticket,
    make_user,
)
from lib.backups.tests.clusters import BINARIES
from schedule.models import AgendaLink, Bookmark, Change, Feed, FeedItem, ImportReview, Timer
from schedule.models.changes import FieldChange, ItemChange
from streaming.models import Announcement, Ingest, StreamAccount
from tickets.mail import mailing
from tickets.models import (
    Ban,
    Claim,
    EntryLink,
    Grant,
    LostDelete,
    OrderHint,
    Role,
    Shop,
    SyncRun,
    Ticket,
    Upload,
    User,
)

pytestmark = [
    pytest.mark.services,
    pytest.mark.slow,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("tasks_wait"),
]

COUNT = 50


def dump():
    parts = urlsplit(os.environ["DATABASE_URL"])
    variables = os.environ | {"PGPASSWORD": str(parts.password)}
    command = [
        BINARIES / "pg_dump",
        "--data-only",
        "-h",
        str(parts.hostname),
        "-p",
        str(parts.port),
    ]
    command += ["-U", str(parts.username), settings.DATABASES["default"]["NAME"]]
    return subprocess.run(command, env=variables, check=True, capture_output=True, text=True).stdout


def rows_of_dump(text):
    return [line for line in text.splitlines() if "\t" in line]


class Planted:
    """A conference with people, each of whom is in every place. `words` is what must not be found."""

    def __init__(self, slug):
        self.slug, self.words = slug, set()
        self.conference = make_conference(
            slug=slug, name=f"Conference {slug}", domain=f"{slug}.test"
        )
        self.shop = Shop.objects.create(conference=self.conference, slug="shop", kind="pretix")
        self.feed = Feed.objects.create(conference=self.conference, source="feed")
        self.feed.last_error = self.word("feed-error", 0)
        self.feed.save()
        room = make_room(self.conference)
        self.staff = make_role(self.conference, "organizer")
        self.talks = [make_talk(self.conference, room=room) for _number in range(COUNT)]
        self.change = Change.objects.create(
            conference=self.conference, act="desk", summary=self.word("summary", 0)
        )
        self.plant_review()
        for number, talk in enumerate(self.talks):
            self.plant_person(number, talk)

    def word(self, kind, number):
        """A text that is nowhere else."""
        word = f"{kind}-{self.slug}-{number:02}x"
        self.words.add(word)
        return word

    def address(self, kind, number):
        return f"{self.word(kind, number)}@example.net"

    def plant_review(self):
        ImportReview.objects.create(
            feed=self.feed,
            packed=b"",
            format="any",
            made_at=timezone.now(),
            plan={"says": self.word("plan", 0)},
            dismissed=[self.word("dismissed", 0)],
        )

    def plant_person(self, number, talk):
        email, name = self.address("login", number), self.word("name", number)
        user = make_user(email, display_name=name)
        ticket = make_ticket(
            self.conference,
            user=user,
            shop=self.shop,
            code=self.word("ticket", number),
            order_code=self.word("order", number),
            holder_name=self.word("holder", number),
            holder_email=email,
            buyer_email=self.address("buyer", number),
            shop_email=self.address("shop", number),
            shop_says=self.word("says", number),
        )
        ticket.seal("door_code", "secret")
        ticket.save()
        self.words.add(ticket.door_code)
        EntryLink.objects.create(ticket=ticket, sent_to=self.address("sent", number))
        Grant.objects.create(
            conference=self.conference, user=user, reason=self.word("grant", number)
        )
        Ban.objects.create(
            conference=self.conference,
            user=user,
            reason=self.word("ban", number),
            ends_at=timezone.now(),
        )
        self.plant_work(number, user, talk)
        self.plant_system(number, user, email, name)

    def plant_work(self, number, user, talk):
        Bookmark.objects.create(user=user, talk=talk)
        link = AgendaLink.objects.create(user=user, conference=self.conference)
        self.words.add(link.token)
        make_speaker(self.conference, email=self.address("speaker", number))
        Timer.objects.create(talk=talk, message=self.word("timer", number))
        text = self.word("history", number)
        FieldChange.objects.create(change=self.change, talk=talk, field="title", old=text, new=text)
        item = FeedItem.objects.create(
            feed=self.feed,
            talk=talk,
            key=str(number),
            values={"people": [{"mail": self.address("feed-item", number)}]},
        )
        ItemChange.objects.create(
            change=self.change, item=item, old={"mail": self.word("item-change", number)}
        )
        OrderHint.objects.create(shop=self.shop, order_code=self.word("hint", number))
        SyncRun.objects.create(
            shop=self.shop, is_full=True, state="refused", problem=self.word("problem", number)
        )
        Upload.objects.create(
            conference=self.conference,
            name=self.word("file", number),
            rows=[[self.address("row", number)]],
            before={"a": self.word("before", number)},
            set_aside=[self.word("aside", number)],
        )
        Announcement.objects.create(
            conference=self.conference, text=self.word("announcement", number)
        )

    def plant_system(self, number, user, email, name):
        LogEntry.objects.create(
            user=self.staff,
            content_type=ContentType.objects.get_for_model(type(user)),
            object_id=str(user.pk),
            object_repr=name,
            action_flag=CHANGE,
            change_message=self.word("message", number),
        )
        session = SessionStore()
        session["_auth_user_id"] = str(user.pk)
        session.create()
        UserSession.objects.create(
            user=user,
            ip="192.0.2.7",
            session_key=session.session_key,
            user_agent=self.word("agent", number),
            data={"conference": self.conference.pk, "says": self.word("session", number)},
        )
        self.words.add(session.session_key)
        self.mail(number, email)

    def mail(self, number, email):
        subject, body = self.word("subject", number), self.word("body", number)
        message = {"subject": subject, "body": body, "to": [email]}
        mailing.send.enqueue(message, timezone.now().isoformat(), None)


def test_nothing_that_was_planted_is_left_and_the_other_conference_is_as_it_was():
    other = Planted("beta")
    before = rows_of_dump(dump())
    planted = Planted("alpha")
    full = dump()
    assert [word for word in sorted(planted.words) if word not in full] == []
    call_command("anonymise", "--conference", "alpha", "--yes")
    left = dump()
    assert [word for word in sorted(planted.words) if word in left] == []
    assert sorted(set(before) - set(rows_of_dump(left))) == []
    assert [word for word in sorted(other.words) if word not in left] == []


def test_who_has_to_do_with_another_conference_keeps_the_account():
    planted, other = Planted("alpha"), make_conference(slug="beta", domain="beta2.test")
    person = make_user("both@example.org", display_name="Both")
    for conference in (planted.conference, other):
        make_ticket(conference, user=person, holder_email=person.email)
    entry = LogEntry.objects.create(
        user=planted.staff,
        content_type=ContentType.objects.get_for_model(Grant),
        object_id="0",
        object_repr=f"{person.email} at beta",
        action_flag=CHANGE,
    )
    planted.mail(99, person.email)
    waiting = DBTaskResult.objects.latest("enqueued_at")
    call_command("anonymise", "--conference", "alpha", "--yes")
    person.refresh_from_db()
    assert person.email == "both@example.org"
    assert LogEntry.objects.filter(pk=entry.pk).exists()
    assert DBTaskResult.objects.filter(pk=waiting.pk).exists()
    kept = person.claims.order_by("pk").values_list("ticket__holder_email", flat=True)
    assert [address.partition("@")[2] for address in kept] == ["anonymous.invalid", "example.org"]


def test_whatever_codes_a_shop_writes():
    conference = make_conference(slug="alpha")
    first = make_ticket(conference, code="A")
    for code in (f"T{first.pk}", f"O{first.pk}", f"T{first.pk + 1}"):
        make_ticket(conference, code=code)
    call_command("anonymise", "--conference", "alpha", "--yes")
    assert not conference.tickets.exclude(code__startswith="anonymous-").exists()


class PlantedSecrets:
    """What lets a copy act as the original, and people who are not of one conference alone."""

    def __init__(self, conferences):
        first, second = conferences
        self.both = make_user("both@example.org", display_name="Both of them")
        for conference in conferences:
            make_ticket(conference, user=self.both, holder_email=self.both.email)
        self.boss = make_user("boss@example.org", display_name="The boss", is_superuser=True)
        self.boss.set_password("a password of theirs")
        self.boss.save()
        self.helper = make_role(second, "organizer", make_user("helper@example.org"))
        shop = Shop.objects.create(
            conference=first, slug="other", kind="tito", token="shop-token", hook_token="hook-token"
        )
        account = StreamAccount.objects.create(
            conference=first, kind="mux", secret="signing-key-of-mux"
        )
        encoder = Ingest.objects.create(room=make_room(first))
        LostDelete.objects.create(key="lost-key-of-a-session")
        self.words = {shop.hook_secret, encoder.key, "lost-key-of-a-session", "The boss"}
        self.words |= {shop.token, shop.hook_token, account.secret, self.boss.password}
        self.words |= {person.email for person in (self.both, self.boss, self.helper)}


def test_nothing_of_anybody_is_left_in_a_copy_of_everything():
    planted = [Planted("alpha"), Planted("beta")]
    secrets = PlantedSecrets([each.conference for each in planted])
    words = secrets.words.union(*(each.words for each in planted))
    full = dump()
    assert [word for word in sorted(words) if word not in full] == []
    kept = (User, Ticket, Claim, Grant, Ban, Role, Bookmark, EntryLink)
    counts = [model.objects.count() for model in kept]
    call_command("anonymise", "--everybody", "--this-is-a-copy")
    left = dump()
    assert [word for word in sorted(words) if word in left] == []
    assert [model.objects.count() for model in kept] == counts
    assert not User.objects.exclude(email__endswith="@anonymous.invalid").exists()
    assert User.objects.filter(is_superuser=True).get().pk == secrets.boss.pk
    assert not any(person.has_usable_password() for person in User.objects.all())
    assert Shop.objects.active().count() == 0


def test_tickets_stay_together_in_a_copy_of_everything():
    for slug in ("alpha", "beta"):
        conference = make_conference(slug=slug, domain=f"{slug}.test")
        main = make_ticket(conference, code="A", order_code="SALE")
        make_ticket(conference, code="B", main_code="A", order_code="SALE")
        make_ticket(conference, code="C", main_code="gone", order_code="")
        call_command("anonymise", "--everybody", "--this-is-a-copy")
        [first, second, third] = conference.tickets.order_by("pk")
        code, order = f"anonymous-{main.pk}", f"O{main.pk}"
        assert [first.code, second.main_code, third.main_code] == [code, code, ""]
        assert [each.order_code for each in (first, second, third)] == [order, order, ""]


def test_everybody_takes_the_word_that_it_is_a_copy():
    person = make_user("somebody@example.org")
    with pytest.raises(CommandError, match="add --this-is-a-copy"):
        call_command("anonymise", "--everybody", "--yes")
    with pytest.raises(CommandError, match="either --everybody or --conference"):
        call_command("anonymise", "--everybody", "--this-is-a-copy", "--conference", "alpha")
    person.refresh_from_db()
    assert person.email == "somebody@example.org"
