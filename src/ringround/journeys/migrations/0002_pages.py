"""The runs of a version are read page by page, and those that are parked without the others."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("journeys", "0001_initial"),)

    operations = (
        migrations.AddIndex(
            model_name="run",
            index=models.Index(fields=["version_id", "id"], name="journey_run_page"),
        ),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(condition=models.Q(("state", 2)), fields=["id"], name="journey_run_parked"),
        ),
        migrations.RemoveIndex(model_name="run", name="journey_run_version"),
    )
