import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("deliveries", "0003_gaps_and_coverage"),
        ("webhooks", "0002_webhooks"),
    ]

    operations = [
        migrations.CreateModel(
            name="GapSearch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("looked_until", models.DateTimeField(help_text="Up to here everything has been looked at.")),
                (
                    "delivered_at",
                    models.DateTimeField(help_text="Last delivery before that; empty: none is known.", null=True),
                ),
                (
                    "known_valid_at",
                    models.DateTimeField(help_text="When X last said that the webhook is valid.", null=True),
                ),
                (
                    "webhook",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="gap_search", to="webhooks.webhook"
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "gap searches",
            },
        ),
    ]
