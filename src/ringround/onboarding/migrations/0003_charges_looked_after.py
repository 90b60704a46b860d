"""Charges that are asked about after they were collected, and those of a period that was collected twice."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0002_found_by_time")]

    operations = [
        migrations.AddField(model_name="charge", name="look_on", field=models.DateField(null=True)),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(
                condition=models.Q(("look_on__isnull", False)), fields=["look_on", "id"], name="charge_look"
            ),
        ),
        migrations.AddIndex(
            model_name="charge",
            index=models.Index(
                condition=models.Q(("reason", "collected_twice")), fields=["ended_at", "id"], name="charge_twice"
            ),
        ),
    ]
