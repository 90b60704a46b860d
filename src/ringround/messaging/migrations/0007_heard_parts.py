"""Parts of what people write wait for each other here, and no longer in a process."""

from __future__ import annotations

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("messaging", "0006_sender_lent"),)

    operations = (
        migrations.CreateModel(
            name="HeardPart",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("number", models.TextField()),
                ("to", models.TextField()),
                ("ref", models.IntegerField()),
                ("part", models.SmallIntegerField()),
                ("total", models.SmallIntegerField()),
                ("text", models.TextField(blank=True, default="")),
                ("mark", models.TextField()),
                ("came_at", models.DateTimeField()),
                ("joined_at", models.DateTimeField(null=True)),
                (
                    "transport",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="messaging.transport",
                    ),
                ),
            ],
            options={
                "db_table": "messaging_heard_part",
                "indexes": [
                    models.Index(
                        condition=models.Q(("joined_at__isnull", True)), fields=["came_at"], name="message_heard_late"
                    ),
                    models.Index(
                        condition=models.Q(("joined_at__isnull", False)), fields=["joined_at"], name="message_heard_old"
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("transport", "number", "to", "ref", "part"), name="message_heard_part_once"
                    )
                ],
            },
        ),
    )
