"""What time looks for: lost beginnings, late acceptances, what is called back, and what is kept no longer."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0001_initial")]

    operations = [
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=models.Q(("beginning_at__isnull", False)), fields=["beginning_at"], name="session_beginning"
            ),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=models.Q(
                    ("status__in", ["Expired", "Rejected", "Failed"]), models.Q(("gateway_ref", ""), _negated=True)
                ),
                fields=["ended_at", "id"],
                name="session_ended_there",
            ),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=models.Q(("snapshot__unwanted", True)), fields=["ended_at"], name="session_unwanted"
            ),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=models.Q(
                    models.Q(("given", {}), ("metadata", {}), ("params", {}), ("secrets", ""), _negated=True),
                    ("ended_at__isnull", False),
                ),
                fields=["merchant", "ended_at"],
                name="session_forget",
            ),
        ),
        migrations.AddIndex(
            model_name="session",
            index=models.Index(
                condition=models.Q(("status", "Expired"), models.Q(("secrets", ""), _negated=True)),
                fields=["ended_at"],
                name="session_late_secrets",
            ),
        ),
    ]
