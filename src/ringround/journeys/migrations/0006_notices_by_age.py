"""Notices are forgotten by their age, a batch at a time."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("journeys", "0005_full_pages"),)

    operations = (
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("seen_at__isnull", False)), fields=["seen_at"], name="journey_notice_read"
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(
                condition=models.Q(("seen_at__isnull", True)), fields=["at"], name="journey_notice_unread"
            ),
        ),
    )
