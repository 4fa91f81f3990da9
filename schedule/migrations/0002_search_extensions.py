"""Search without accents and with typing errors, where PostgreSQL has the extensions and allows
them: both are trusted, so that the owner of the database may install them. Without them the search
is plainer.
"""

from django.db import DatabaseError, migrations, transaction

EXTENSIONS = ["unaccent", "pg_trgm"]


def install(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor != "postgresql":
        return
    for name in EXTENSIONS:
        try:
            with transaction.atomic(connection.alias), connection.cursor() as cursor:
                cursor.execute(f"CREATE EXTENSION IF NOT EXISTS {name}")
        except DatabaseError:
            pass


class Migration(migrations.Migration):
    dependencies = [("schedule", "0001_initial")]

    operations = [migrations.RunPython(install, migrations.RunPython.noop, elidable=True)]
