"""What conditions count is kept as long as they count back. What is there stays as long as it was to stay."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("journeys", "0002_pages"),)

    operations = (
        migrations.AddField(model_name="heard", name="until", field=models.DateTimeField(null=True)),
        migrations.RunSQL("UPDATE journeys_heard SET until = at + interval '3660 days'", migrations.RunSQL.noop),
        migrations.AlterField(model_name="heard", name="until", field=models.DateTimeField()),
        migrations.RemoveIndex(model_name="heard", name="journey_heard_age"),
        migrations.AddIndex(model_name="heard", index=models.Index(fields=["until"], name="journey_heard_over")),
    )
