"""A user's notices are read with those that were seen."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("journeys", "0003_counted_so_long"),)

    operations = (
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["user", "-id"], name="journey_notice_user"),
        ),
        migrations.RemoveIndex(model_name="notice", name="journey_notice_new"),
    )
