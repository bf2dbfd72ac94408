from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from aaa_dashboard.deliveries import search


def add_search(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor != "postgresql":
        schema_editor.execute(search.SQLITE)
        return
    schema_editor.execute(search.POSTGRESQL)
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(search.POSTGRESQL_HAS_LZ4)
        if cursor.fetchone() == (1,):
            schema_editor.execute(search.POSTGRESQL_LZ4)


def remove_search(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("DROP INDEX event_text_search")
        return
    for name in search.SQLITE_TRIGGERS:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS {name}")
    schema_editor.execute("DROP TABLE deliveries_event_search")


class Migration(migrations.Migration):
    """Add the search of `deliveries.search`; its triggers are created at the end of `migrate`."""

    dependencies = [("deliveries", "0001_initial")]
    operations = [migrations.RunPython(add_search, remove_search)]
