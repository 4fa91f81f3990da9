"""What a migration may do while the release before it still serves.

That release reads and writes by its own models until the new one has taken over, and again when
somebody goes back to it. So a migration adds, and what it removes is known to no release that may run.
And nothing reads or writes a whole table while it holds it. An operation that is not listed here is
refused: it comes in with its rule.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, NamedTuple

import sqlparse
from django.contrib.postgres import operations as postgres
from django.db import migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Expression, Field, Value
from django.db.models.deletion import DatabaseOnDelete
from django.db.models.functions import Now

from lib.migrating import operations as ours

# The last of each app that no installation has to keep; "" where all are for keeps.
BASELINE = {
    "portal": "",
    "schedule": "0002_search_extensions",
    "streaming": "0001_initial",
    "tickets": "0002_admission",
}

# What a field says to Python alone, besides what Django itself calls so.
SAID_TO_PYTHON = {*Field.non_db_attrs, "default", "upload_to", "storage"}
SAID_TO_PYTHON |= {"auto_now", "auto_now_add"}

CHANGES_ROWS = re.compile(r"(?:INSERT|UPDATE|DELETE)\b", re.IGNORECASE)
DROPS = re.compile(
    r'(?:ALTER TABLE "?(?P<altered>\w+)"? DROP COLUMN "?(?P<column>\w+)"?'
    r'|DROP TABLE "?(?P<table>\w+)"?)\s*;?',
    re.IGNORECASE,
)


class Step(NamedTuple):
    """One operation, with all models as they are before and after it, and `at_first`: as the release
    before knows them.
    """

    operation: Any
    app_label: str
    at_first: ProjectState
    before: ProjectState
    after: ProjectState
    of_models_alone: bool = False  # the database does not learn of it

    @property
    def model_name(self) -> str:
        return str(getattr(self.operation, "model_name", "")).lower()

    def field(self, state: ProjectState, name: str) -> Any:
        """With its column, as the model of that state has it."""
        return state.apps.get_model(self.app_label, self.model_name)._meta.get_field(name)


Rule = Callable[[Step], Iterator[str]]


def problems(loader: MigrationLoader) -> Iterator[str]:
    """Of the migrations that are newer than BASELINE."""
    for app_label, last in BASELINE.items():
        kept = loader.graph.forwards_plan((app_label, last)) if last else []
        for key in sorted(loader.disk_migrations.keys() - set(kept)):
            if key[0] == app_label:
                state = loader.project_state(key, at_end=False)
                for message in migration_problems(loader.disk_migrations[key], state):
                    yield f"{app_label}.{key[1]}: {message}"


def migration_problems(migration: Migration, state: ProjectState) -> Iterator[str]:
    """`state` is how the models are before it."""
    steps = list(_steps(migration, state))
    made = {
        step.operation.name_lower
        for step in steps
        if isinstance(step.operation, migrations.CreateModel)
    }
    # Nobody uses a new table, so anything may be done to it.
    steps = [step for step in steps if not step.model_name or step.model_name not in made]
    for step in steps:
        yield from _rule(step)(step)
    tables = sorted({table for step in steps if (table := _altered(step))})
    if len(tables) > 1:
        yield (
            f"it holds {' and '.join(tables)} at once, and whoever has one and wants the other waits;"
            " alter one table in a migration"
        )
    data = [_changes_rows(step) for step in steps]
    if any(data) and not all(data):
        yield "it changes rows while it holds a table; put the rows into a migration of their own"
    for step in steps:
        kind = type(step.operation)
        if kind is ours.ValidateConstraint and len(migration.operations) > 1:
            yield "ValidateConstraint takes long; put it into a migration of its own"
        if kind in WITHOUT_TRANSACTION and migration.atomic:
            yield f"{kind.__name__} cannot be in a transaction; say atomic = False"
    if not migration.atomic and len(migration.operations) > 1:
        yield (
            "it has no transaction, so half of it stays when the rest fails;"
            " one operation in a migration with atomic = False"
        )


def _steps(migration: Migration, state: ProjectState) -> Iterator[Step]:
    take = partial(_take, migration.app_label, state.clone())
    for operation in migration.operations:
        if isinstance(operation, migrations.SeparateDatabaseAndState):
            apart = state.clone()
            yield from take(operation.database_operations, apart)
            yield from take(operation.state_operations, state, alone=True)
        else:
            yield from take([operation], state)


def _take(
    app_label: str,
    at_first: ProjectState,
    operations: Iterable[Operation],
    state: ProjectState,
    *,
    alone: bool = False,
) -> Iterator[Step]:
    for operation in operations:
        before = state.clone()
        operation.state_forwards(app_label, state)
        yield Step(operation, app_label, at_first, before, state.clone(), alone)


def _rule(step: Step) -> Rule:
    rules = OF_MODELS_ALONE if step.of_models_alone else RULES
    return rules.get(type(step.operation), _unknown)


def _altered(step: Step) -> str:
    """The table that others use and that it holds, or nothing."""
    operation = step.operation
    if step.of_models_alone or type(operation) in KEEP_OUT_OF_THE_WAY:
        return ""
    if isinstance(operation, migrations.AddField) and operation.field.many_to_many:
        return ""
    if isinstance(operation, migrations.AlterField) and not _changed(step):
        return ""
    return step.model_name


def _changes_rows(step: Step) -> bool:
    if isinstance(step.operation, migrations.RunSQL):
        return any(CHANGES_ROWS.match(sql) for sql in _statements(step.operation.sql))
    return isinstance(step.operation, migrations.RunPython)


# --- Each operation, and what it says to whoever wrote it -----------------------------------------


def _fine(step: Step) -> Iterator[str]:
    yield from ()


def _unknown(step: Step) -> Iterator[str]:
    name = f"{type(step.operation).__module__}.{type(step.operation).__name__}"
    yield f"{name} has no rule in tools/check_migrations/rules.py; do it another way, or write the rule"


def _refused(reason: str) -> Rule:
    def rule(step: Step) -> Iterator[str]:
        yield f"{type(step.operation).__name__}: {reason}"

    return rule


def _add_field(step: Step) -> Iterator[str]:
    name, field = step.operation.name, step.operation.field
    if field.many_to_many:
        return  # a table of its own
    if field.generated:
        yield f"{name} is generated, which writes the whole table again; let the app write it"
    elif not field.null and not field.has_db_default():
        yield f"{name} is NOT NULL, and the old release writes rows without it; add db_default or null"
    default = field.db_default
    if isinstance(default, Expression) and not isinstance(default, (Value, Now)):
        yield f"the db_default of {name} may differ from row to row; add a plain one, or null"
    if field.unique or field.db_index:
        yield (
            f"the index of {name} is made while nobody may write; add it without unique or db_index,"
            " and the index by AddIndexConcurrently in the next migration"
        )


def _changed(step: Step) -> dict[str, tuple[Any, Any]]:
    """What the database learns of an AlterField: the attributes that are others, old and new."""
    old, new = (
        step.field(state, step.operation.name).deconstruct() for state in (step.before, step.after)
    )
    attributes = {
        key: (old[3].get(key), new[3].get(key))
        for key in (old[3].keys() | new[3].keys()) - SAID_TO_PYTHON
        if old[3].get(key) != new[3].get(key)
    }
    if not any(isinstance(one, DatabaseOnDelete) for one in attributes.get("on_delete", ())):
        attributes.pop("on_delete", None)
    columns = tuple(
        step.field(state, step.operation.name).column for state in (step.before, step.after)
    )
    if columns[0] != columns[1]:
        attributes["db_column"] = columns
    if old[1] != new[1]:
        attributes["type"] = (old[1], new[1])
    return attributes


def _alter_field(step: Step) -> Iterator[str]:
    name = step.operation.name
    for attribute, (old, new) in sorted(_changed(step).items()):
        if attribute == "null" and not new:
            yield (
                f"{name} becomes NOT NULL, which reads the whole table, and the old release may write"
                " none; when no release leaves it empty, fill the rows, then AddConstraintNotValid with"
                f" Q({name}__isnull=False), then ValidateConstraint"
            )
        elif attribute == "db_column":
            yield f"{name} gets another column, which is a rename; {BESIDE}"
        elif attribute == "db_default" and new is None:
            yield f"{name} loses the default by which the old release writes rows; keep it"
        elif attribute not in ("null", "db_default") and not (
            attribute == "max_length" and old and (new is None or new > old)
        ):
            yield f"{attribute} of {name} changes, which the old release does not expect; {BESIDE}"


def _rename_field(step: Step) -> Iterator[str]:
    old = step.field(step.before, step.operation.old_name)
    new = step.field(step.after, step.operation.new_name)
    if old.column != new.column:
        yield f"the old release reads {old.column}; keep it by db_column, or {BESIDE}"


def _forget_field(step: Step) -> Iterator[str]:
    field = step.field(step.before, step.operation.name)
    if not (field.many_to_many or field.null or field.has_db_default()):
        yield (
            f"{field.name} is NOT NULL, and the new release writes rows without it;"
            " let it be null first, by AlterField in the migration before"
        )


def _run_python(step: Step) -> Iterator[str]:
    if step.operation.reverse_code is None:
        yield "RunPython has no way back; give it reverse_code, RunPython.noop where nothing is to be done"


def _run_sql(step: Step) -> Iterator[str]:
    if step.operation.reverse_sql is None:
        yield "RunSQL has no way back; give it reverse_sql, RunSQL.noop where nothing is to be done"
    tables = {
        model._meta.db_table: {field.column for field in model._meta.local_fields}
        for model in step.at_first.apps.get_models(include_auto_created=True)
    }
    statements = [" ".join(sql.split()) for sql in _statements(step.operation.sql)]
    if len(statements) > 1 and any(map(DROPS.fullmatch, statements)):
        yield "a drop holds its table; put each into a migration of its own, alone"
    for sql in statements:
        # PostgreSQL reads names without quotes in lower case.
        drops = DROPS.fullmatch(sql.lower())
        if drops and drops["column"] in tables.get(drops["altered"], ()):
            yield f"a model has {drops['altered']}.{drops['column']}; {FORGET_FIRST}"
        elif drops and drops["table"] in tables:
            yield f"a model has {drops['table']}; {FORGET_FIRST}"
        elif not drops and not CHANGES_ROWS.match(sql):
            yield "RunSQL does what no rule is for: INSERT, UPDATE, DELETE, or one drop"


def _statements(sql: Any) -> list[str]:
    """RunSQL takes a text, or a list of texts and of pairs of text and parameters."""
    if isinstance(sql, str):
        return sqlparse.split(sql)
    return [one if isinstance(one, str) else one[0] for one in sql]


BESIDE = "add another field beside it, write both, move the rows, and drop this one a release later"
FORGET_FIRST = (
    "the release before has to forget it, by SeparateDatabaseAndState(state_operations=[…])"
)
REMOVAL = (
    "the old release still reads it; forget it now by SeparateDatabaseAndState(state_operations=[…]),"
    " and drop it a release later by RunSQL"
)
NEW_BESIDE = "the old release reads the old name; make a new one beside it, and drop this one later"
RULES: dict[type[Operation], Rule] = {
    migrations.CreateModel: _fine,
    migrations.AlterModelOptions: _fine,
    migrations.AlterModelManagers: _fine,
    migrations.AddField: _add_field,
    migrations.AlterField: _alter_field,
    migrations.RenameField: _rename_field,
    migrations.RemoveField: _refused(REMOVAL),
    migrations.DeleteModel: _refused(REMOVAL),
    migrations.RenameModel: _refused(NEW_BESIDE),
    migrations.AlterModelTable: _refused(NEW_BESIDE),
    migrations.AddIndex: _refused(
        "nobody may write meanwhile; lib.migrating has AddIndexConcurrently"
    ),
    migrations.RemoveIndex: _refused("all wait for it; lib.migrating has RemoveIndexConcurrently"),
    migrations.RenameIndex: _fine,
    migrations.AddConstraint: _refused(
        "it reads the whole table while nobody may use it; by lib.migrating AddConstraintNotValid, once"
        " the old release keeps to it, then ValidateConstraint in the next migration; for uniqueness"
        " there is no rule yet"
    ),
    migrations.RemoveConstraint: _fine,
    migrations.RunPython: _run_python,
    migrations.RunSQL: _run_sql,
    postgres.AddIndexConcurrently: _refused("lib.migrating has one that works on SQLite too"),
    ours.AddIndexConcurrently: _fine,
    ours.RemoveIndexConcurrently: _fine,
    ours.AddConstraintNotValid: _fine,
    ours.ValidateConstraint: _fine,
}
# Within SeparateDatabaseAndState, where a release forgets what a later one drops.
OF_MODELS_ALONE: dict[type[Operation], Rule] = {
    migrations.RemoveField: _forget_field,
    migrations.DeleteModel: _fine,
}
KEEP_OUT_OF_THE_WAY = {
    migrations.AlterModelOptions,
    migrations.AlterModelManagers,
    ours.AddIndexConcurrently,
    ours.RemoveIndexConcurrently,
    ours.ValidateConstraint,
}
WITHOUT_TRANSACTION = {ours.AddIndexConcurrently, ours.RemoveIndexConcurrently}
