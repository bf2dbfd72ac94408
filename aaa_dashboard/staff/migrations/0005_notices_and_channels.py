"""Notices and the channels that tell of them, and for administrators the right to manage those."""

import django.db.models.deletion
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

import aaa_dashboard.encryption

NAMES = {"manage_channels": "Can manage where notices are sent"}
DATA = {
    "notice": "view_notice",
    "channel": "manage_channels view_channel",
    "message": "view_message",
    "mute": "view_mute",
    "turn": "view_turn",
}


def allow(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    # Django itself makes permissions only after the last migration; it keeps those that it finds.
    types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    administrators = apps.get_model("auth", "Group").objects.filter(name="Administrator").first()
    if administrators is None:  # renamed or removed by somebody
        return
    for model, codenames in DATA.items():
        content_type, _ = types.get_or_create(app_label="staff", model=model)
        for codename in codenames.split():
            name = NAMES.get(codename, f"Can {codename.replace('_', ' ')}")
            permission, _ = permissions.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": name}
            )
            administrators.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0004_task_runs_and_processes"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="Channel",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("email", "E-mail"), ("webhook", "Webhook")], max_length=8)),
                ("name", models.CharField(max_length=100)),
                (
                    "address",
                    aaa_dashboard.encryption.EncryptedTextField(
                        help_text="E-mail address, or URL: that of a chat holds a secret."
                    ),
                ),
                (
                    "secret",
                    aaa_dashboard.encryption.EncryptedTextField(
                        blank=True, help_text="Signs what is posted to the URL."
                    ),
                ),
                (
                    "least",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "To know"), (2, "Look soon"), (3, "Look now")], default=2, verbose_name="tells"
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("told_at", models.DateTimeField(blank=True, help_text="When it last took something.", null=True)),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("error", models.CharField(blank=True, help_text="Why it did not take the last one.", max_length=500)),
            ],
            options={
                "permissions": [("manage_channels", "Can manage where notices are sent")],
            },
        ),
        migrations.CreateModel(
            name="Mute",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=40, unique=True)),
                ("until", models.DateTimeField()),
                ("by", models.CharField(max_length=150)),
            ],
        ),
        migrations.CreateModel(
            name="Turn",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField()),
                ("by", models.CharField(max_length=16)),
            ],
        ),
        migrations.CreateModel(
            name="Notice",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(help_text="Key of a row in the table of kinds.", max_length=40)),
                ("subject", models.CharField(help_text="What it is about; open once for a kind.", max_length=80)),
                (
                    "severity",
                    models.PositiveSmallIntegerField(choices=[(1, "To know"), (2, "Look soon"), (3, "Look now")]),
                ),
                ("title", models.CharField(max_length=300)),
                ("text", models.CharField(help_text="What is so, and since when.", max_length=1000)),
                ("remedy", models.CharField(help_text="What to do.", max_length=500)),
                ("url", models.CharField(help_text="Path of the page where it is done.", max_length=300)),
                ("action", models.CharField(help_text="Words on the button.", max_length=60)),
                (
                    "posts",
                    models.CharField(
                        blank=True, help_text="Path that the button posts to; empty: a link.", max_length=300
                    ),
                ),
                ("raised_at", models.DateTimeField()),
                ("cleared_at", models.DateTimeField(blank=True, help_text="Empty: it is open.", null=True)),
                ("ending", models.CharField(blank=True, help_text="How it ended, in words.", max_length=300)),
                (
                    "returns",
                    models.PositiveSmallIntegerField(default=0, help_text="How often it was over and came back."),
                ),
                ("acknowledged_at", models.DateTimeField(blank=True, null=True)),
                ("acknowledged_by", models.CharField(blank=True, help_text="Who said “I am on it”.", max_length=150)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["cleared_at", "-id"], name="notice_by_end"),
                    models.Index(fields=["kind", "subject", "-id"], name="notice_by_subject"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("cleared_at__isnull", True)),
                        fields=("kind", "subject"),
                        name="notice_open_once",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "change",
                    models.CharField(
                        choices=[("raised", "Raised"), ("worse", "Worse"), ("cleared", "Over")], max_length=8
                    ),
                ),
                ("made_at", models.DateTimeField()),
                ("due_at", models.DateTimeField(help_text="Not before; moved on by each attempt that failed.")),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("claimed_until", models.DateTimeField(help_text="Until then somebody is sending it.", null=True)),
                ("claim", models.UUIDField(help_text="By whom.", null=True)),
                ("sent_at", models.DateTimeField(null=True)),
                ("given_up_at", models.DateTimeField(null=True)),
                ("error", models.CharField(blank=True, max_length=500)),
                (
                    "channel",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="messages", to="staff.channel"
                    ),
                ),
                (
                    "notice",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="messages", to="staff.notice"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("given_up_at__isnull", True), ("sent_at__isnull", True)),
                        fields=["due_at"],
                        name="message_waiting",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("notice", "channel", "change"), name="message_once_per_change")
                ],
            },
        ),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
