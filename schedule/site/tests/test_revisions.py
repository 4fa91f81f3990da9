"""Whatever changes the programme, and whoever does, raises its number."""

import itertools
import threading

import pytest
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db import connection, models, transaction
from django.db.migrations import Migration

from conftest import make_conference, make_room, make_speaker, make_talk, settle
from schedule.models import Conference, ProgrammeRevision, Talk, Track


def number(conference: Conference) -> int:
    settle()
    return ProgrammeRevision.objects.get(conference=conference).number


@pytest.fixture
def talk(conference, room):
    return make_talk(conference, room=room)


def model_values(talk: Talk) -> dict[str, object]:
    return {field.attname: getattr(talk, field.attname) for field in talk._meta.concrete_fields}


def update_with_sql(talk: Talk) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE schedule_talk SET title = 'From psql' WHERE id = %s", [talk.pk])


CHANGES = {
    "save": lambda talk: Talk(**{**model_values(talk), "title": "Other"}).save(),
    "queryset update": lambda talk: Talk.objects.filter(pk=talk.pk).update(title="Other"),
    "raw sql": update_with_sql,
    "new talk": lambda talk: make_talk(talk.conference),
    "bulk create": lambda talk: Track.objects.bulk_create(
        [Track(conference=talk.conference, name=f"T{i}", slug=f"t{i}") for i in range(3)]
    ),
    "speaker added": lambda talk: talk.speakers.add(make_speaker(talk.conference)),
    "also in": lambda talk: talk.also_in.add(make_room(talk.conference)),
    "room renamed": lambda talk: (
        type(talk.room).objects.filter(pk=talk.room_id).update(name="Hall")
    ),
    "look of the conference": lambda talk: Conference.objects.filter(pk=talk.conference_id).update(
        accent_colour="#123456"
    ),
    "talk deleted": lambda talk: talk.delete(),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_raises_the_number(talk, change):
    before = number(talk.conference)
    CHANGES[change](talk)
    assert number(talk.conference) > before


def test_what_changes_nothing_raises_nothing(talk):
    before = number(talk.conference)
    talk.save()
    Talk.objects.filter(pk=talk.pk).update(title=talk.title)
    assert number(talk.conference) == before


def test_other_conferences_keep_their_number(talk):
    other = make_conference()
    before = number(other)
    Talk.objects.filter(pk=talk.pk).update(title="Other")
    assert number(other) == before


def test_a_stale_object_does_not_reset_the_number(talk):
    stale = Conference.objects.get(pk=talk.conference_id)
    Talk.objects.filter(pk=talk.pk).update(title="Other")
    before = number(talk.conference)
    stale.save()
    assert number(talk.conference) >= before


def test_a_conference_goes_with_its_number(db):
    before = ProgrammeRevision.objects.count()
    conference = make_conference()
    settle()
    conference.delete()
    settle()
    assert ProgrammeRevision.objects.count() == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "order", list(itertools.permutations([ProgrammeRevision, Talk, Conference]))
)
@pytest.mark.django_db(transaction=True)
def test_everything_can_be_deleted_in_any_order(order):
    """As `flush` does it, which takes the tables as they come."""
    make_talk(make_conference())
    with transaction.atomic(), connection.cursor() as cursor:
        for model in order:
            cursor.execute(f"DELETE FROM {model._meta.db_table}")
    assert not ProgrammeRevision.objects.exists()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_the_number_survives_a_change_of_the_table():
    """As `migrate` does it; on SQLite triggers go, the table changes, triggers come back."""
    talk = make_talk(make_conference())
    field = models.CharField(max_length=10, default="")
    field.set_attributes_from_name("added_column")
    before = number(talk.conference)
    signals = {"verbosity": 0, "interactive": False, "db": connection.alias}
    something = [(Migration("next", "schedule"), False)]
    emit_pre_migrate_signal(**signals, plan=something)
    with connection.schema_editor() as editor:
        editor.add_field(Talk, field)
    emit_post_migrate_signal(**signals, plan=[])
    try:
        after_migration = number(talk.conference)
        Talk.objects.filter(pk=talk.pk).update(title="Other")
        assert before <= after_migration < number(talk.conference)
    finally:
        emit_pre_migrate_signal(**signals, plan=something)
        with connection.schema_editor() as editor:
            editor.remove_field(Talk, field)
        emit_post_migrate_signal(**signals, plan=[])


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_migrating_begins_a_new_epoch_where_a_restore_does_not_show():
    """Numbers that pages were kept under must not come again. PostgreSQL shows what was restored
    (portal/tests/test_migrate.py)."""
    conference = make_conference()
    signals = {"verbosity": 0, "interactive": False, "db": connection.alias, "plan": []}
    emit_post_migrate_signal(**signals)
    before = number(conference)
    emit_post_migrate_signal(**signals)
    assert (number(conference) > before) == (connection.vendor == "sqlite")


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_a_transaction_raises_once_and_when_it_commits():
    conference = make_conference()
    before = number(conference)
    with transaction.atomic():
        for _talk in range(5):
            make_talk(conference)
        assert ProgrammeRevision.objects.get(conference=conference).number == before
    assert number(conference) == before + 1


@pytest.mark.services
@pytest.mark.django_db(transaction=True)
def test_two_transactions_in_opposite_orders_do_not_block_each_other():
    talks = [make_talk(make_conference()) for _talk in range(2)]
    before = [number(talk.conference) for talk in talks]
    both_have_written = threading.Barrier(2, timeout=10)
    errors = []

    def work(order: list[Talk]) -> None:
        try:
            with transaction.atomic():
                for talk in order:
                    make_talk(talk.conference, code=f"{talk.code}-{order[0].code}")
                both_have_written.wait()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=work, args=(order,)) for order in (talks, talks[::-1])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert [number(talk.conference) for talk in talks] == [n + 2 for n in before]
