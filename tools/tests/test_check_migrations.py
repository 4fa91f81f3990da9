"""Each rule is seen to refuse a migration that is made up, and to let through what it asks for."""

import subprocess
import sys
import textwrap
from itertools import count

import pytest
from django.db.migrations.loader import MigrationLoader

from tools.check_migrations.rules import BASELINE, problems
from tools.stack import PROJECT

HEAD = """
from django.db import migrations, models
from django.contrib.postgres import operations as postgres
from django.contrib.postgres.functions import RandomUUID
from django.db.models.functions import Now
from lib.migrating import operations as ours

class Migration(migrations.Migration):
    dependencies = [("schedule", "0002_search_extensions")]
"""
INDEX = 'models.Index(fields=["title"], name="titles")'
NOT_EMPTY = 'models.CheckConstraint(condition=~models.Q(title=""), name="titled")'
TITLE = 'migrations.AlterField("talk", "title", models.CharField("title", max_length={}))'
FORGET = "migrations.SeparateDatabaseAndState(state_operations=[migrations.{}])"
numbers = count()

pytestmark = pytest.mark.slow


@pytest.fixture
def problems_of(tmp_path, settings, monkeypatch):
    """What is said of one more migration of `schedule`."""

    def ask(operations, *, atomic=True):
        name = f"made_up_{next(numbers)}"
        package = tmp_path / name
        package.mkdir()
        (package / "__init__.py").write_text(
            "from schedule import migrations\n__path__.extend(migrations.__path__)\n"
        )
        body = f"    atomic = {atomic}\n    operations = [{operations}]\n"
        (package / "0003_made_up.py").write_text(textwrap.dedent(HEAD) + body)
        settings.MIGRATION_MODULES = {"schedule": name}
        return list(problems(MigrationLoader(None)))

    monkeypatch.syspath_prepend(tmp_path)
    yield ask
    for module in [module for module in sys.modules if module.startswith("made_up_")]:
        del sys.modules[module]


REFUSED = {
    'migrations.AddField("talk", "seats", models.IntegerField(default=0))': "add db_default or null",
    'migrations.AddField("talk", "key", models.UUIDField(db_default=RandomUUID()))': "add a plain one",
    'migrations.AddField("talk", "seats", models.IntegerField(null=True, db_index=True))': (
        "the index by AddIndexConcurrently in the next migration"
    ),
    'migrations.AddField("talk", "rival", models.ForeignKey("self", models.CASCADE, null=True))': (
        "without unique or db_index"
    ),
    'migrations.AddField("talk", "seats", models.GeneratedField(expression=models.F("id"),'
    " output_field=models.IntegerField(), db_persist=True))": "let the app write it",
    'migrations.AlterField("talk", "track", models.ForeignKey("schedule.Track", models.CASCADE))': "then ValidateConstraint",
    TITLE.format(5): "max_length of title changes",
    'migrations.AlterField("talk", "title", models.TextField())': "type of title changes",
    'migrations.AlterField("talk", "title", models.CharField(max_length=900, db_index=True))': (
        "db_index of title changes"
    ),
    'migrations.AlterField("talk", "title", models.CharField(max_length=900, db_column="name"))': (
        "another column, which is a rename; add another field beside it"
    ),
    'migrations.RenameField("talk", "title", "name")': "keep it by db_column",
    'migrations.RenameModel("Talk", "Occurrence")': "make a new one beside it",
    'migrations.AlterModelTable("talk", "occurrences")': "make a new one beside it",
    'migrations.RemoveField("talk", "title")': "drop it a release later by RunSQL",
    'migrations.DeleteModel("Talk")': "drop it a release later by RunSQL",
    FORGET.format('RemoveField("talk", "title")'): "let it be null first",
    FORGET.format('AddField("talk", "x", models.TextField(null=True))'): "AddField has no rule",
    'migrations.RunSQL("ALTER TABLE schedule_talk DROP COLUMN title", "")': "has to forget it",
    'migrations.RunSQL("DROP TABLE schedule_talk", "")': "has to forget it",
    'migrations.RunSQL("ALTER TABLE Schedule_Talk DROP COLUMN Title", "")': "has to forget it",
    FORGET.format('RemoveField("talk", "room")')
    + ', migrations.RunSQL("ALTER TABLE schedule_talk DROP COLUMN room_id", "")': "has to forget it",
    'migrations.RunSQL("UPDATE schedule_talk SET title = %s; ALTER TABLE schedule_talk DROP COLUMN gone", "")': (
        "into a migration of its own"
    ),
    'migrations.RunSQL("DROP TABLE gone; DROP TABLE gone_too", "")': "into a migration of its own",
    'migrations.RunSQL("ALTER TABLE schedule_talk ALTER title SET NOT NULL", "")': "no rule is for",
    'migrations.RunSQL("UPDATE schedule_talk SET title = NULL; TRUNCATE schedule_room", "")': (
        "no rule is for"
    ),
    'migrations.RunSQL("DELETE FROM schedule_talk")': "give it reverse_sql",
    "migrations.RunPython(print)": "give it reverse_code",
    'migrations.RunPython(print, print), migrations.AlterModelOptions("talk", {})': (
        "put the rows into a migration of their own"
    ),
    f'migrations.AddIndex("talk", {INDEX})': "lib.migrating has AddIndexConcurrently",
    f'postgres.AddIndexConcurrently("talk", {INDEX})': "one that works on SQLite too",
    f'ours.AddIndexConcurrently("talk", {INDEX})': "say atomic = False",
    f'migrations.AddConstraint("talk", {NOT_EMPTY})': "AddConstraintNotValid",
    f'ours.AddConstraintNotValid("talk", {NOT_EMPTY}), ours.ValidateConstraint("talk", "titled")': (
        "ValidateConstraint takes long; put it into a migration of its own"
    ),
    'migrations.AddField("talk", "seats", models.IntegerField(null=True)),'
    ' migrations.AddField("room", "seats", models.IntegerField(null=True))': (
        "it holds room and talk at once"
    ),
    'migrations.AlterUniqueTogether("talk", {("title", "code")})': "or write the rule",
}
GOOD = [
    'migrations.AddField("talk", "seats", models.IntegerField(null=True))',
    'migrations.AddField("talk", "seats", models.IntegerField(db_default=0))',
    'migrations.AddField("talk", "made_at", models.DateTimeField(db_default=Now()))',
    'migrations.AddField("talk", "rivals", models.ManyToManyField("self"))',
    'migrations.AddField("talk", "rival", models.ForeignKey("self", models.CASCADE, null=True,'
    " db_index=False))",
    TITLE.format(900),
    'migrations.AlterField("talk", "title", models.CharField(max_length=900, null=True))',
    'migrations.AlterField("talk", "title", models.CharField(max_length=900, db_column="title")),'
    'migrations.RenameField("talk", "title", "name")',
    f'migrations.AlterModelOptions("talk", {{}}), {TITLE.format(900)}',
    'migrations.CreateModel("Sponsor", [("id", models.BigAutoField(primary_key=True))]),'
    ' migrations.AddField("sponsor", "name", models.TextField(unique=True)),'
    ' migrations.AddConstraint("sponsor", models.UniqueConstraint("name", name="x"))',
    f'ours.AddConstraintNotValid("talk", {NOT_EMPTY})',
    'ours.ValidateConstraint("talk", "titled")',
    FORGET.format('RemoveField("talk", "planned_starts_at")'),
    FORGET.format('DeleteModel("Talk")'),
    'migrations.RunSQL("ALTER TABLE schedule_talk DROP COLUMN seats", "")',
    'migrations.RunSQL("UPDATE schedule_talk SET title = %s", "")',
    "migrations.RunPython(print, print)",
]


@pytest.mark.parametrize("operations", REFUSED)
def test_each_rule_is_seen_to_refuse(problems_of, operations):
    said = problems_of(operations)
    assert any(REFUSED[operations] in message for message in said), said
    assert all(message.startswith("schedule.0003_made_up: ") for message in said)


@pytest.mark.parametrize("operations", GOOD)
def test_what_the_old_release_does_not_notice_is_let_through(problems_of, operations):
    assert problems_of(operations) == []


def test_what_has_no_transaction_does_one_thing(problems_of):
    index = f'ours.AddIndexConcurrently("talk", {INDEX})'
    assert problems_of(index, atomic=False) == []
    twice = "migrations.RunPython(print, print), migrations.RunPython(print, print)"
    assert "half of it stays" in problems_of(twice, atomic=False)[0]


def test_every_app_with_migrations_is_looked_at():
    folders = {path.parent.name for path in PROJECT.glob("*/migrations")}
    assert folders <= BASELINE.keys()


def test_it_runs_and_finds_nothing_here():
    done = subprocess.run(
        [sys.executable, "-m", "tools.check_migrations"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, ""), done.stdout + done.stderr
