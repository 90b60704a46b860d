"""Why a subscription was ended, in the words of who ended it; and which of these are kept no longer."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0003_charges_looked_after")]

    operations = [
        migrations.AddField(
            model_name="subscription",
            name="ended_note",
            # With a default in the database: while a new version begins, the old one goes on.
            field=models.TextField(blank=True, db_default="", default=""),
        ),
        migrations.AddIndex(
            model_name="subscription",
            index=models.Index(
                condition=models.Q(("ended_note", ""), _negated=True),
                fields=["merchant", "ended_at"],
                name="subscription_note",
            ),
        ),
    ]
