"""Administrators see what there is of replays."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

MODELS = ("recoverypolicy", "replay", "job", "ask", "end")


def allow(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    # Django itself makes permissions only after the last migration; it keeps those that it finds.
    types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    administrators = apps.get_model("auth", "Group").objects.filter(name="Administrator").first()
    if administrators is None:  # renamed or removed by somebody
        return
    for model in MODELS:
        content_type, _ = types.get_or_create(app_label="replays", model=model)
        permission, _ = permissions.get_or_create(
            content_type=content_type,
            codename=f"view_{model}",
            defaults={"name": f"Can view {apps.get_model('replays', model)._meta.verbose_name}"},  # noqa: SLF001
        )
        administrators.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("replays", "0001_replays"),
        ("staff", "0003_roles"),
    ]

    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
