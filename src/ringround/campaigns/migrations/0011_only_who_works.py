"""Who was deactivated before campaigns reacted to that is off them, and an agent's leads are free."""

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from procrastinate.contrib.django import app

AGENT = ("owner", "manager", "supervisor", "senior_agent", "junior_agent")
SUPERVISOR = ("owner", "manager", "supervisor")
GONE = """
DELETE FROM campaigns_member m USING campaigns_campaign c
WHERE c.id = m.campaign_id AND c.state <> 'archived' AND NOT EXISTS (
    SELECT FROM orgs_membership o JOIN orgs_user u ON u.id = o.user_id
    WHERE o.user_id = m.user_id AND o.active AND u.is_active
      AND (m.duty = 'agent' AND o.organisation_id = c.agency_id AND o.role = ANY(%s)
           OR m.duty = 'supervisor' AND o.organisation_id IN (c.agency_id, c.merchant_id) AND o.role = ANY(%s)))
RETURNING m.campaign_id, m.user_id, m.duty
"""


def take_off(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(GONE, [list(AGENT), list(SUPERVISOR)])
        gone = cursor.fetchall()
    for campaign_id, user_id, duty in gone:
        if duty == "agent":
            # What they held or kept is freed as when somebody takes them off: by the job for that.
            job = app.configure_task("campaigns.leads_unassign", queue="campaigns", lock=f"campaign:{campaign_id}")
            job.defer(campaign_id=str(campaign_id), user_id=str(user_id))


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0010_dealing_part"),
        ("orgs", "0002_link_live"),
        ("procrastinate", "0041_post_retry_failed_job"),
    ]

    operations = [migrations.RunPython(take_off, migrations.RunPython.noop)]
