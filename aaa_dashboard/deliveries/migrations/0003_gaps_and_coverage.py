from datetime import timedelta

import django.db.models.deletion
import django.utils.timezone
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps
from django.db.models import F


def cover_whole_minutes(apps: StateApps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    minutes = apps.get_model("deliveries", "TrafficMinute").objects
    minutes.update(began_at=F("minute"), until=F("minute") + timedelta(minutes=1))


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0002_search"),
        ("webhooks", "0002_webhooks"),
    ]

    operations = [
        migrations.CreateModel(
            name="HandedOver",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("event_id", models.BigIntegerField(help_text="No foreign key: it outlives the event.", unique=True)),
                ("done_at", models.DateTimeField(help_text="Empty: to be tried again.", null=True)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField()),
                ("error", models.CharField(blank=True, max_length=200)),
            ],
            options={
                "verbose_name_plural": "handed over",
            },
        ),
        migrations.AddField(
            model_name="trafficminute",
            name="began_at",
            field=models.DateTimeField(
                default=django.utils.timezone.now, help_text="From when on in this minute the receiver was there."
            ),
        ),
        migrations.AddField(
            model_name="trafficminute",
            name="until",
            field=models.DateTimeField(
                default=django.utils.timezone.now,
                help_text="Until when; for the minute that runs, when it last said so.",
            ),
        ),
        migrations.RunPython(cover_whole_minutes, migrations.RunPython.noop),
        migrations.CreateModel(
            name="Gap",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "cause",
                    models.CharField(
                        choices=[
                            ("no receiver", "No receiver ran"),
                            ("invalid", "The webhook was invalid"),
                            ("refused", "The receiver could not store"),
                            ("silence", "Unlikely silence"),
                        ],
                        max_length=16,
                    ),
                ),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(blank=True, help_text="Empty: it goes on.", null=True)),
                (
                    "missing",
                    models.PositiveIntegerField(
                        help_text="Events that are missing, as estimated; empty: no idea.", null=True
                    ),
                ),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("open", "Goes on"),
                            ("found", "To be recovered"),
                            ("recovering", "Being recovered"),
                            ("recovered", "Recovered"),
                            ("lost", "Cannot be recovered"),
                            ("dismissed", "Dismissed"),
                        ],
                        default="open",
                        max_length=16,
                    ),
                ),
                ("state_since", models.DateTimeField()),
                (
                    "detail",
                    models.CharField(blank=True, help_text="Why it is in this state, for people.", max_length=500),
                ),
                ("found_at", models.DateTimeField(auto_now_add=True)),
                (
                    "webhook",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="gaps", to="webhooks.webhook"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["state", "id"], name="gap_by_state")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("webhook", "cause", "began_at"), name="gap_once_per_webhook_and_cause"
                    )
                ],
            },
        ),
    ]
