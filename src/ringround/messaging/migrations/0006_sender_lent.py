"""Whose sender a message has. What waits now and has one that its transport may have lent keeps it."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("messaging", "0005_parts_and_senders"),)

    operations = (
        migrations.AddField(
            model_name="message",
            name="sender_lent",
            # In the database too: the version before, which may run beside this, names no such column.
            field=models.BooleanField(db_default=False, default=False),
        ),
    )
