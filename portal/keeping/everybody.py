"""Takes all people out of the whole installation, and all secrets with which a copy could act as the original:
for a staging copy of it. Organizers and superusers are people, too. What is published stays, as in anonymise.py;
roles, claims, grants and stars stay with accounts that are numbers.

Nothing is looked for by its words here, as for one conference: where a text may say anything of anybody, all
rows go. So it takes statements for tables and not for people.
"""

from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.db import transaction
from django_tasks_db.models import DBTaskResult

from portal.keeping.anonymise import blank_people, blank_programme, blank_tickets, remove_history
from schedule.models import Conference, Feed
from streaming.models import Ingest, StreamAccount
from tickets.models import LostDelete, Shop, Ticket, User


@transaction.atomic
def anonymise_everybody() -> dict[str, int]:
    """How many rows of each kind that concerned."""
    conferences = Conference.objects.all()
    devices = UserSession.objects.all().delete()[0]
    LostDelete.objects.all().delete()
    counts = {
        "log": LogEntry.objects.all().delete()[0],
        "tasks": DBTaskResult.objects.all().delete()[0],
        "sessions": devices + Session.objects.all().delete()[0],
        "history": remove_history(conferences),
        "people": blank_people(User.objects.all()),
        "tickets": blank_tickets(Ticket.objects.all()),
        "secrets": remove_secrets(),
    }
    blank_programme(conferences)
    return counts


def remove_secrets() -> int:
    """Of shops, services and encoders; and no timer asks a feed for the people anew."""
    Feed.objects.update(check_every_minutes=None)
    shops = Shop.objects.update(token="", hook_token="")
    accounts = StreamAccount.objects.update(secret="")
    for shop in Shop.objects.all():
        shop.renew_hook_secret()
    for encoder in Ingest.objects.all():
        encoder.renew_key()
    return shops + accounts + Ingest.objects.count()
