"""What reports ask by period: calls that ended without a word, what ceased to count, callbacks of any state."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0012_uncounted"), ("telephony", "0003_hung_up")]

    operations = [
        migrations.CreateModel(
            name="DroppedCall",
            fields=[
                (
                    "call",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="telephony.call",
                    ),
                ),
                (
                    "campaign",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="campaigns.lead"
                    ),
                ),
            ],
            options={"db_table": "campaigns_dropped_call"},
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("uncounted_at__isnull", False)),
                fields=["campaign", "uncounted_at"],
                name="attempt_uncounted",
            ),
        ),
        migrations.AddIndex(
            model_name="callback",
            index=models.Index(fields=["campaign", "at", "id"], name="callback_period"),
        ),
    ]
