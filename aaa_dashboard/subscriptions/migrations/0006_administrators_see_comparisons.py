"""Administrators see comparisons with X, what they found, and which versions have run."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

MODELS = (("subscriptions", "reconciliation"), ("subscriptions", "finding"), ("webhooks", "version"))


def allow(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    # Django itself makes permissions only after the last migration; it keeps those that it finds.
    types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    administrators = apps.get_model("auth", "Group").objects.filter(name="Administrator").first()
    if administrators is None:  # renamed or removed by somebody
        return
    for app, model in MODELS:
        content_type, _ = types.get_or_create(app_label=app, model=model)
        permission, _ = permissions.get_or_create(
            content_type=content_type, codename=f"view_{model}", defaults={"name": f"Can view {model}"}
        )
        administrators.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("subscriptions", "0005_moves_go_on_by_themselves"),
        ("webhooks", "0004_kept_valid"),
        ("staff", "0003_roles"),
    ]

    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
