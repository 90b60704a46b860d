"""Refunds of which their rail has not said what came of them."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0004_why_ended")]

    operations = [
        migrations.AddIndex(
            model_name="refund",
            index=models.Index(condition=models.Q(("state", "ordered")), fields=["id"], name="refund_ordered"),
        ),
    ]
