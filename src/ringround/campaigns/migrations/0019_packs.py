"""The claim asks a campaign's rule packs, and what they said when a call was begun is kept for its attempt."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

FUNCTIONS = Path(__file__).resolve().parent.parent / "sql" / "functions"
PACKS = (FUNCTIONS / "packs_v1.sql").read_text("utf-8")
CLAIM = (FUNCTIONS / "claim_v1.sql").read_text("utf-8")
# Who still sends the claim without packs finds the new one, by its default.
BEFORE = "uuid, int, uuid, timestamptz, timestamptz, int[], int, int, int, uuid, uuid, boolean"


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0018_lead_contact_protected"),
        ("contacts", "0009_consents"),
        ("telephony", "0004_calls_until"),
    ]

    operations = [
        migrations.CreateModel(
            name="DialVerdict",
            fields=[
                (
                    "call",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name="+",
                        serialize=False, to="telephony.call",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="campaigns.lead"
                    ),
                ),
                ("verdict", models.JSONField()),
            ],
            options={"db_table": "campaigns_dial_verdict"},
        ),
        migrations.RunSQL(PACKS, "DROP FUNCTION campaigns_packs_until_v1; DROP FUNCTION campaigns_frequency_until_v1"),
        migrations.RunSQL(f"DROP FUNCTION IF EXISTS campaigns_claim_v1({BEFORE});" + CLAIM, migrations.RunSQL.noop),
    ]  # fmt: skip
