"""What was collected before charges were looked after is asked about, too, while its money may still go back."""

from __future__ import annotations

from django.db import migrations

# As long as any rail's window is, and a day. The night asks for what has passed, a batch at a time; what has had its
# looks is asked about once more.
PAST = """
UPDATE onboarding_charge SET look_on = (ended_at AT TIME ZONE 'Europe/Copenhagen')::date + 14
WHERE state = 'charged' AND look_on IS NULL AND ref <> '' AND ended_at > now() - interval '121 days'
"""


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0006_no_secrets_of_agreements")]

    operations = [migrations.RunSQL(PAST, migrations.RunSQL.noop)]
