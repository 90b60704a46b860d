"""Leads that have been tried are counted as the rest is; those of before are counted once."""

from django.db import migrations

_COUNT = """
INSERT INTO campaigns_count (campaign_id, key, n)
SELECT campaign_id, 'tried', count(*) FROM campaigns_lead WHERE attempts > 0 GROUP BY campaign_id
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0019_packs")]

    operations = [migrations.RunSQL(_COUNT, "DELETE FROM campaigns_count WHERE key = 'tried'")]
