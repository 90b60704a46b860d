"""What conditions count is kept as long as they count back. What is there stays as long as it was to stay."""

from __future__ import annotations

from datetime import timedelta

from django.db import migrations, models
from django.db.models.expressions import CombinedExpression
from django.db.models.functions import Now


class Migration(migrations.Migration):
    dependencies = (("journeys", "0002_pages"),)

    operations = (
        # Told once for all rows that are there, without writing them anew; and the version before may go on inserting.
        migrations.AddField(
            model_name="heard",
            name="until",
            field=models.DateTimeField(db_default=CombinedExpression(Now(), "+", models.Value(timedelta(days=3_660)))),
        ),
        migrations.RemoveIndex(model_name="heard", name="journey_heard_age"),
        migrations.AddIndex(model_name="heard", index=models.Index(fields=["until"], name="journey_heard_over")),
    )
