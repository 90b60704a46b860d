"""Notices of no journey: a payment that came when nobody waited for it any more."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("journeys", "0006_notices_by_age"),)

    operations = (
        migrations.AlterField(
            model_name="notice",
            name="journey",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="journeys.journey",
            ),
        ),
        migrations.AlterField(model_name="notice", name="lead_id", field=models.UUIDField(null=True)),
    )
