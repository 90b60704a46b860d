"""The claim as a function, and the vacuum settings of tables that live by updates."""

from pathlib import Path

from django.db import migrations

CLAIM = (Path(__file__).resolve().parent.parent / "sql" / "functions" / "claim_v1.sql").read_text("utf-8")
# Each hand-out leaves one dead entry at the head of `lead_claim`, and each count a dead delta: clean early, not at 20 %.
STORAGE = """
ALTER TABLE campaigns_lead SET (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000,
    autovacuum_vacuum_cost_delay = 0);
ALTER TABLE campaigns_count_delta SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE campaigns_number_hold SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000);
ALTER TABLE campaigns_member SET (fillfactor = 50);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0003_plan_history"),
        ("contacts", "0003_suppressed_function"),
        ("infra", "0001_initial"),
    ]

    operations = [
        migrations.RunSQL(
            CLAIM,
            "DROP FUNCTION campaigns_claim_v1; DROP FUNCTION campaigns_in_order_v1",
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
