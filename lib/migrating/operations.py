"""Django's own for PostgreSQL. On SQLite, where nobody else is, they do what the plain ones do."""

from typing import Any

from django.contrib.postgres import operations as postgres
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class _ByDatabase(Operation):
    """Before a class for PostgreSQL: elsewhere `plain` takes its place."""

    plain: type[Operation]

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        kind: Any = super() if _is_postgresql(schema_editor) else self._elsewhere()
        kind.database_forwards(app_label, schema_editor, *states)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, *states: ProjectState
    ) -> None:
        kind: Any = super() if _is_postgresql(schema_editor) else self._elsewhere()
        kind.database_backwards(app_label, schema_editor, *states)

    def _elsewhere(self) -> Operation:
        _name, args, kwargs = self.deconstruct()
        return self.plain(*args, **kwargs)


def _is_postgresql(schema_editor: BaseDatabaseSchemaEditor) -> bool:
    return schema_editor.connection.vendor == "postgresql"


class AddIndexConcurrently(_ByDatabase, postgres.AddIndexConcurrently):
    """In a migration with `atomic = False` and nothing else in it."""

    plain = migrations.AddIndex


class RemoveIndexConcurrently(_ByDatabase, postgres.RemoveIndexConcurrently):
    """In a migration with `atomic = False` and nothing else in it."""

    plain = migrations.RemoveIndex


class AddConstraintNotValid(_ByDatabase, postgres.AddConstraintNotValid):
    """New rows have to obey it at once, the old ones when it is validated, in a later migration."""

    plain = migrations.AddConstraint


class _Nothing(Operation):
    def __init__(self, model_name: str, name: str) -> None: ...

    def database_forwards(self, *args: Any) -> None: ...

    def database_backwards(self, *args: Any) -> None: ...


class ValidateConstraint(_ByDatabase, postgres.ValidateConstraint):
    plain = _Nothing
