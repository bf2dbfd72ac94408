"""How background work goes, and for administrators the right to see it and to change when it is done."""

from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

DATA = {
    ("staff", "taskrun"): "view_taskrun",
    ("staff", "backgroundprocess"): "view_backgroundprocess",
    ("staff", "scheduledtask"): "view_scheduledtask",
    (
        "django_celery_beat",
        "periodictask",
    ): "view_periodictask add_periodictask change_periodictask delete_periodictask",
    ("django_celery_beat", "intervalschedule"): "view_intervalschedule add_intervalschedule change_intervalschedule",
    ("django_celery_beat", "crontabschedule"): "view_crontabschedule add_crontabschedule change_crontabschedule",
}


def allow(apps: StateApps, _: BaseDatabaseSchemaEditor) -> None:
    # Django itself makes permissions only after the last migration; it keeps those that it finds.
    types = apps.get_model("contenttypes", "ContentType").objects
    permissions = apps.get_model("auth", "Permission").objects
    administrators = apps.get_model("auth", "Group").objects.filter(name="Administrator").first()
    if administrators is None:  # renamed or removed by somebody
        return
    for (app, model), codenames in DATA.items():
        content_type, _ = types.get_or_create(app_label=app, model=model)
        for codename in codenames.split():
            name = f"Can {codename.replace('_', ' ')}"
            permission, _ = permissions.get_or_create(
                content_type=content_type, codename=codename, defaults={"name": name}
            )
            administrators.permissions.add(permission)


class Migration(migrations.Migration):
    dependencies = [
        ("staff", "0003_roles"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("auth", "0012_alter_user_first_name_max_length"),
    ]

    operations = [
        migrations.CreateModel(
            name="BackgroundProcess",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(choices=[("worker", "Worker"), ("beat", "Beat")], max_length=8)),
                ("name", models.CharField(help_text="Kind, host and process id.", max_length=120, unique=True)),
                ("queues", models.CharField(blank=True, help_text="Which queues a worker works on.", max_length=100)),
                ("version", models.CharField(blank=True, max_length=40)),
                ("started_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "verbose_name_plural": "background processes",
            },
        ),
        migrations.CreateModel(
            name="ScheduledTask",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("task", models.CharField(max_length=100, unique=True)),
                ("seconds", models.FloatField()),
                ("queue", models.CharField(max_length=20)),
            ],
        ),
        migrations.CreateModel(
            name="TaskRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("task", models.CharField(help_text="Its name: app.function.", max_length=100, unique=True)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("running", "Running"),
                            ("done", "Done"),
                            ("failed", "Failed"),
                            ("out of time", "Took too long"),
                        ],
                        help_text="Empty: never ran.",
                        max_length=16,
                    ),
                ),
                ("started_at", models.DateTimeField(help_text="Of the last run.", null=True)),
                ("finished_at", models.DateTimeField(help_text="Of the last run; empty while it goes on.", null=True)),
                ("succeeded_at", models.DateTimeField(help_text="When a run last came to a good end.", null=True)),
                ("seconds", models.FloatField(help_text="How long the last finished run took.", null=True)),
                (
                    "error",
                    models.CharField(
                        blank=True, help_text="Why the last finished run failed, for people.", max_length=300
                    ),
                ),
                ("failures_in_a_row", models.PositiveIntegerField(db_default=0, default=0)),
                ("failures", models.PositiveBigIntegerField(db_default=0, default=0, help_text="Since ever.")),
                (
                    "runs",
                    models.PositiveBigIntegerField(db_default=0, default=0, help_text="Finished ones, since ever."),
                ),
                ("worker", models.CharField(blank=True, help_text="Who ran it last.", max_length=100)),
                (
                    "claimed_by",
                    models.CharField(blank=True, help_text="Id of the message that is being worked on.", max_length=64),
                ),
                (
                    "claimed_until",
                    models.DateTimeField(help_text="When it must have ended; empty: nobody is at it.", null=True),
                ),
                (
                    "asked_again",
                    models.BooleanField(
                        db_default=False,
                        default=False,
                        help_text="Somebody asked for it while it ran: it runs once more.",
                    ),
                ),
            ],
        ),
        migrations.RunPython(allow, migrations.RunPython.noop),
    ]
