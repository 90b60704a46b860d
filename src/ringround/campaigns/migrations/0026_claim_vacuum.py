"""Vacuum takes the dead entries out of the leads' indexes each time, and often.

Left to itself it leaves them there while fewer than two pages in a hundred of the table have any (`vacuum_index_cleanup =
auto`). At ten million leads that is what a whole day's hand-outs leave at the head of `lead_claim`, and every claim walks
over them: with 60,000 of them a claim takes twice as long (ADR 0101).
"""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0025_site_headers")]

    operations = [
        migrations.RunSQL(
            "ALTER TABLE campaigns_lead SET (vacuum_index_cleanup = on, autovacuum_vacuum_scale_factor = 0.002,"
            " autovacuum_vacuum_threshold = 5000)",
            "ALTER TABLE campaigns_lead RESET (vacuum_index_cleanup);"
            "ALTER TABLE campaigns_lead SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 1000)",
        )
    ]
