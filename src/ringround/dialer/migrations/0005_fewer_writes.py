"""An agent's row and log are written with every click: without indexes of what changes by it, and with room on their
pages, so that only the rows themselves are written."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

ROOM = """
ALTER TABLE dialer_presence SET (fillfactor = 50);
ALTER TABLE dialer_presence_log SET (fillfactor = 85);
"""
NO_ROOM = """
ALTER TABLE dialer_presence RESET (fillfactor);
ALTER TABLE dialer_presence_log RESET (fillfactor);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0023_person_calls"),
        ("dialer", "0004_home"),
        ("orgs", "0003_clients"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="presence",
            name="presence_board",
        ),
        migrations.RemoveIndex(
            model_name="presence",
            name="presence_seen",
        ),
        migrations.RemoveIndex(
            model_name="presencelog",
            name="presence_log_open",
        ),
        migrations.AlterField(
            model_name="presence",
            name="campaign",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="campaigns.campaign",
            ),
        ),
        migrations.AlterField(
            model_name="presence",
            name="merchant",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="orgs.organisation",
            ),
        ),
        migrations.AlterField(
            model_name="presence",
            name="organisation",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="orgs.organisation"
            ),
        ),
        migrations.AlterField(
            model_name="presencelog",
            name="campaign",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="campaigns.campaign",
            ),
        ),
        migrations.AlterField(
            model_name="presencelog",
            name="organisation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="orgs.organisation",
            ),
        ),
        migrations.AlterField(
            model_name="presencelog",
            name="user",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="presence",
            index=models.Index(fields=["campaign"], name="presence_board"),
        ),
        migrations.RunSQL(ROOM, NO_ROOM),
    ]
