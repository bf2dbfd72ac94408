"""Three roles as groups. A group that bears one of the names already is given what it lacks and loses nothing."""

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

NAMES = {"manage_webhooks": "Can manage apps and webhooks", "manage_subscriptions": "Can manage subscriptions"}

# What may be done to which model, by app and model.
MANAGE = {
    ("webhooks", "webhook"): "manage_webhooks",
    ("subscriptions", "subscription"): "manage_subscriptions",
}
DATA = {
    ("auth", "user"): "view_user add_user change_user delete_user",
    ("auth", "group"): "view_group add_group change_group delete_group",
    ("webhooks", "app"): "view_app add_app change_app",
    ("webhooks", "webhook"): "manage_webhooks view_webhook",
    ("webhooks", "webhookchange"): "view_webhookchange",
    ("subscriptions", "account"): "view_account",
    ("subscriptions", "subscription"): "manage_subscriptions view_subscription",
    ("subscriptions", "invite"): "view_invite",
    ("subscriptions", "move"): "view_move",
    ("subscriptions", "usage"): "view_usage",
    ("subscriptions", "signin"): "view_signin",
    ("subscriptions", "visit"): "view_visit",
    ("deliveries", "event"): "view_event",
    ("deliveries", "unsplit"): "view_unsplit",
    ("deliveries", "refusal"): "view_refusal",
    ("deliveries", "trafficminute"): "view_trafficminute",
    ("staff", "auditentry"): "view_auditentry",
    ("axes", "accessattempt"): "view_accessattempt delete_accessattempt",
    ("axes", "accesslog"): "view_accesslog",
    ("axes", "accessfailurelog"): "view_accessfailurelog",
}
ROLES = {
    # Everybody who may sign in sees activity and the state of webhooks and accounts; more than that is a permission.
    "Agent": {},
    "Operator": MANAGE,
    # Reading direct messages is given to people one by one, whatever their role.
    "Administrator": DATA,
}


def create(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    # Django itself makes permissions only after the last migration; it keeps those that it finds.
    types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    groups = apps.get_model("auth", "Group").objects
    for role, allowed in ROLES.items():
        group, _ = groups.get_or_create(name=role)
        for (app, model), codenames in allowed.items():
            content_type, _ = types.get_or_create(app_label=app, model=model)
            for codename in codenames.split():
                name = NAMES.get(codename, f"Can {codename.replace('_', ' ')}")
                permission, _ = permissions.get_or_create(
                    content_type=content_type, codename=codename, defaults={"name": name}
                )
                group.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0002_audit_before_and_after"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [migrations.RunPython(create, migrations.RunPython.noop)]
