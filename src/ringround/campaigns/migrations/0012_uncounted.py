"""An engaged attempt knows when it ceased to count; for those that have, its lead's history says when."""

from django.db import migrations, models

# A lead counts once: of several engaged attempts only the last can count, and none where the lead does not.
PAST = """
UPDATE campaigns_attempt a SET uncounted_at = coalesce((
    SELECT min(t.at) FROM campaigns_timeline t
    WHERE t.lead_id = a.lead_id AND t.key IN ('reset', 'status_set') AND t.at >= a.at
), a.at)
FROM campaigns_lead l
WHERE l.id = a.lead_id AND a.engaged AND (NOT l.engaged OR EXISTS (
    SELECT FROM campaigns_attempt later WHERE later.lead_id = a.lead_id AND later.engaged AND later.id > a.id))
"""


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0010_dealing_part")]

    operations = [
        migrations.AddField("attempt", "uncounted_at", models.DateTimeField(null=True)),
        migrations.RunSQL(PAST, migrations.RunSQL.noop),
    ]
