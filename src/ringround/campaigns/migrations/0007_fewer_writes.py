"""The claim takes the numbers in the statement that writes the lease, and its log has one index, not two."""

from pathlib import Path

from django.db import migrations, models

from ringround.kernel.ids import new_id

CLAIM = (Path(__file__).resolve().parent.parent / "sql" / "functions" / "claim_v1.sql").read_text("utf-8")
# Django cannot change a primary key.
BY_LEAD = """
ALTER TABLE campaigns_handout_log DROP CONSTRAINT campaigns_handout_log_pkey, ADD PRIMARY KEY (lead_id, id);
DROP INDEX handout_lead;
"""
BY_ID = """
ALTER TABLE campaigns_handout_log DROP CONSTRAINT campaigns_handout_log_pkey, ADD PRIMARY KEY (id);
CREATE INDEX handout_lead ON campaigns_handout_log (lead_id);
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0006_lean_claim")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(BY_LEAD, BY_ID)],
            state_operations=[
                migrations.RemoveIndex("handoutlog", "handout_lead"),
                migrations.AlterField("handoutlog", "id", models.UUIDField(default=new_id, editable=False)),
                migrations.AddField(
                    "handoutlog",
                    "pk",
                    models.CompositePrimaryKey(
                        "lead_id", "id", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
            ],
        ),
        migrations.RunSQL(CLAIM, migrations.RunSQL.noop),
    ]
