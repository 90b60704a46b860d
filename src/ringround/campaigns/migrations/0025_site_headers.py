"""External sites are sent headers: their sign-in."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = (("campaigns", "0024_sites_under_way"),)

    operations = (
        migrations.AddField(
            model_name="externalsite",
            name="headers",
            # In the database too: the version before, which may run beside this, names no such column.
            field=models.TextField(blank=True, db_default="", default=""),
        ),
    )
