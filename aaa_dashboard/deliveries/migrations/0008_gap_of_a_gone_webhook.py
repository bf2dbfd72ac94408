from django.db import migrations, models


class Migration(migrations.Migration):
    """A webhook that was deleted at X is a cause of its own. Changes no table."""

    dependencies = [("deliveries", "0007_takedown_rights")]

    operations = [
        migrations.AlterField(
            model_name="gap",
            name="cause",
            field=models.CharField(
                choices=[
                    ("no receiver", "No receiver ran"),
                    ("invalid", "The webhook was invalid"),
                    ("gone", "The webhook was gone from X"),
                    ("refused", "The receiver could not store"),
                    ("silence", "Unlikely silence"),
                ],
                max_length=16,
            ),
        ),
    ]
