"""`migrate` beside a site that is being used: who waits for whom, and what is left alone."""

import sys

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from conftest import make_conference, make_talk
from portal.management.commands import migrate
from schedule.models import ProgrammeRevision, Talk
from streaming.models import StageRevision

pytestmark = [pytest.mark.services, pytest.mark.django_db(transaction=True)]

NEXT_MIGRATION = """
from django.db import migrations, models

class Migration(migrations.Migration):
    dependencies = [("schedule", "0002_search_extensions")]
    operations = [
        migrations.RunSQL("UPDATE schedule_talk SET title = 'Later'", migrations.RunSQL.noop),
        migrations.AddField("talk", "seats", models.IntegerField(null=True)),
    ]
"""


@pytest.fixture
def next_release(tmp_path, settings, monkeypatch):
    """The migrations of `schedule`, and one more, which changes talks and then their table."""
    package = tmp_path / "next_migrations"
    package.mkdir()
    (package / "__init__.py").write_text(
        "from schedule import migrations\n__path__.extend(migrations.__path__)\n"
    )
    (package / "0003_seats.py").write_text(NEXT_MIGRATION)
    monkeypatch.syspath_prepend(tmp_path)
    settings.MIGRATION_MODULES = {"schedule": package.name}
    yield
    call_command("migrate", "schedule", "0002", verbosity=0)
    for name in [name for name in sys.modules if name.startswith(package.name)]:
        del sys.modules[name]


@pytest.fixture
def elsewhere():
    """A connection like that of another process. It is cut off after a while, so that no test that
    fails waits for it for ever."""
    other = connections.create_connection("default")
    with other.cursor() as cursor:
        cursor.execute("SET application_name = 'a dump'; SET lock_timeout = '5s'")
        cursor.execute("SET idle_in_transaction_session_timeout = '5s'")
    yield other
    other.close()


def read_talks(other: BaseDatabaseWrapper) -> list[str]:
    with other.cursor() as cursor:
        cursor.execute("SELECT title FROM schedule_talk")
        return [title for (title,) in cursor.fetchall()]


def columns() -> set[str]:
    with connection.cursor() as cursor:
        described = connection.introspection.get_table_description(cursor, "schedule_talk")
    return {column.name for column in described}


def triggers() -> dict[str, int]:
    """Each with the number that PostgreSQL gave it when it was made."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgname, oid FROM pg_trigger WHERE NOT tgisinternal")
        return dict(cursor.fetchall())


def numbers() -> list[int]:
    return [
        number
        for counter in (ProgrammeRevision, StageRevision)
        for number in counter.objects.order_by("pk").values_list("number", flat=True)
    ]


def test_it_lets_everybody_pass_while_somebody_reads(next_release, elsewhere, monkeypatch, capsys):
    make_talk(make_conference(), title="Now")
    elsewhere.set_autocommit(False)
    read_talks(elsewhere)
    passed = []

    def pause(seconds):
        """Whoever comes now waits for nobody, and sees nothing of what was tried."""
        third = connections.create_connection("default")
        with third.cursor() as cursor:
            cursor.execute("SET lock_timeout = '1ms'")
        passed.append((seconds, read_talks(third), "seats" in columns()))
        third.close()
        if len(passed) == 2:
            elsewhere.rollback()

    monkeypatch.setattr(migrate.time, "sleep", pause)
    call_command("migrate", verbosity=0)
    assert passed == [(1, ["Now"], False), (2, ["Now"], False)]
    assert "seats" in columns()
    assert read_talks(elsewhere) == ["Later"]
    assert "of front_row (a dump) for" in capsys.readouterr().err


def test_it_gives_up_and_names_who_is_in_the_way(next_release, elsewhere, monkeypatch):
    elsewhere.set_autocommit(False)
    read_talks(elsewhere)
    monkeypatch.setattr(migrate, "PAUSES", ())
    with pytest.raises(CommandError, match=r"process \d+ of front_row \(a dump\)"):
        call_command("migrate", verbosity=0)
    assert "seats" not in columns()
    elsewhere.rollback()


def test_it_waits_as_long_as_it_likes_only_where_nobody_waits_for_it():
    def lock_timeout(comment):
        with connection.cursor() as cursor:
            setting = "set_config('front_row.seen', current_setting('lock_timeout'), false)"
            cursor.execute(f"SELECT {setting} {comment}")
            cursor.execute("SELECT current_setting('front_row.seen')")
            return cursor.fetchone()[0]

    before = lock_timeout("")
    with (
        connection.execute_wrapper(migrate._in_nobodys_way),
        migrate._lock_timeout(connection),
    ):
        assert lock_timeout("") == migrate.LOCK_TIMEOUT
        assert lock_timeout("/* CONCURRENTLY */") == "0"
        assert lock_timeout("") == migrate.LOCK_TIMEOUT
    assert lock_timeout("") == before == "0"


def test_nothing_to_do_changes_nothing():
    make_talk(make_conference())
    call_command("migrate", verbosity=0)
    before = triggers(), numbers()
    assert before[0] and before[1]
    call_command("migrate", verbosity=0)
    assert (triggers(), numbers()) == before


SPOILT = {
    "missing": "DROP TRIGGER programmerevision_schedule_talk_update ON schedule_talk",
    "off": "ALTER TABLE schedule_talk DISABLE TRIGGER programmerevision_schedule_talk_update",
    "other text": "DROP TRIGGER programmerevision_schedule_talk_update ON schedule_talk;"
    " CREATE CONSTRAINT TRIGGER programmerevision_schedule_talk_update AFTER UPDATE OF title"
    " ON schedule_talk FOR EACH ROW EXECUTE FUNCTION programmerevision_schedule_talk_raise()",
}


@pytest.mark.parametrize("spoilt", SPOILT)
def test_only_what_is_not_as_it_should_be_is_made_again(spoilt):
    talk = make_talk(make_conference())
    call_command("migrate", verbosity=0)
    before, number = triggers(), numbers()
    with connection.cursor() as cursor:
        cursor.execute(SPOILT[spoilt])
    call_command("migrate", verbosity=0)
    made = {name for name, oid in triggers().items() if before[name] != oid}
    assert made == {"programmerevision_schedule_talk_update"}
    assert numbers() > number, "what was changed meanwhile was not counted"
    number = numbers()
    Talk.objects.filter(pk=talk.pk).update(title="Other")
    assert numbers() > number


def test_another_text_of_a_function_is_taken_without_making_triggers_again():
    make_talk(make_conference())
    call_command("migrate", verbosity=0)
    before, number = triggers(), numbers()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION programmerevision_schedule_talk_raise() RETURNS trigger"
            " LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$"
        )
    call_command("migrate", verbosity=0)
    assert triggers() == before
    assert numbers() > number
    number = numbers()
    Talk.objects.update(title="Other")
    assert numbers() > number


def test_rows_that_came_back_from_a_backup_begin_a_new_epoch():
    """As `pg_restore` writes them: into a table that is made or emptied before."""
    make_talk(make_conference())
    call_command("migrate", verbosity=0)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE kept AS SELECT * FROM schedule_programmerevision")
    Talk.objects.update(title="Made after the backup")
    newest = ProgrammeRevision.objects.get().number
    with connection.cursor() as cursor:
        cursor.execute("TRUNCATE schedule_programmerevision")
        cursor.execute("INSERT INTO schedule_programmerevision SELECT * FROM kept")
        cursor.execute("DROP TABLE kept")
    assert ProgrammeRevision.objects.get().number < newest
    call_command("migrate", verbosity=0)
    assert ProgrammeRevision.objects.get().number > newest
    assert ProgrammeRevision.objects.get().raised_in == 0
