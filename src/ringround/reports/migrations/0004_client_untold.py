"""What payment providers are still to be told of a client whose data is being deleted, and what they could not be."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0003_clients")]

    operations = [
        migrations.AddField("clientdeletion", "waiting", models.BigIntegerField(default=0)),
        migrations.AddField("clientdeletion", "waits_until", models.DateTimeField(null=True)),
        migrations.AddField("clientdeletion", "untold", models.BigIntegerField(null=True)),
        migrations.AddField("clientdeletion", "listed", models.JSONField(default=list)),
    ]
