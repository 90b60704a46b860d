"""The call logs' indexes begin with the organisation and the agency: an index of each alone is one too many."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("orgs", "0003_clients"),
        ("telephony", "0004_calls_until"),
    ]

    operations = [
        migrations.AlterField(
            model_name="call",
            name="agency",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="orgs.organisation",
            ),
        ),
        migrations.AlterField(
            model_name="call",
            name="organisation",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="orgs.organisation"
            ),
        ),
    ]
