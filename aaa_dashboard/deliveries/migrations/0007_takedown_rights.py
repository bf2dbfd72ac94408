"""Operators and administrators may have posts and accounts erased; administrators see what became of it."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

NAMES = {"manage_takedowns": "Can have posts and accounts erased"}
MANAGE = {"takedown": "manage_takedowns"}
DATA = {
    "takedown": "manage_takedowns view_takedown",
    "tombstone": "view_tombstone",
    "handedover": "view_handedover",
    "follower": "view_follower",
    "horizon": "view_horizon",
    "retentionperiod": "view_retentionperiod change_retentionperiod",
}


def allow(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    # Django itself makes permissions only after the last migration; it keeps those that it finds.
    types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    groups = apps.get_model("auth", "Group").objects
    for role, allowed in (("Operator", MANAGE), ("Administrator", DATA)):
        group = groups.filter(name=role).first()
        if group is None:  # renamed or removed by somebody
            continue
        for model, codenames in allowed.items():
            content_type, _ = types.get_or_create(app_label="deliveries", model=model)
            for codename in codenames.split():
                name = NAMES.get(codename, f"Can {codename.replace('_', ' ')}")
                permission, _ = permissions.get_or_create(
                    content_type=content_type, codename=codename, defaults={"name": name}
                )
                group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0006_tombstones_to_mark"),
        ("staff", "0003_roles"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(allow, migrations.RunPython.noop)]
