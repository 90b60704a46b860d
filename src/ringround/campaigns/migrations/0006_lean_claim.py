"""A claim writes a lead's row: fewer indexes on it, no foreign key that is looked up, and checks that are compiled once."""

from pathlib import Path
from uuid import UUID

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

FUNCTIONS = Path(__file__).resolve().parent.parent / "sql" / "functions"
CLAIM = (FUNCTIONS / "claim_v1.sql").read_text("utf-8")
SOUND = (FUNCTIONS / "lead_sound.sql").read_text("utf-8")
BEFORE = "uuid, int, uuid, timestamptz, timestamptz, int[], int, int, uuid, uuid, boolean"


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0005_replay")]

    operations = [
        migrations.RunSQL(
            "UPDATE campaigns_lead SET for_agent = '00000000-0000-0000-0000-000000000000' WHERE for_agent IS NULL",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField("lead", "for_agent", models.UUIDField(default=UUID(int=0))),
        migrations.RemoveConstraint("lead", "lead_status"),
        migrations.RemoveConstraint("lead", "lead_reservation_whole"),
        migrations.RunSQL(SOUND, "DROP TRIGGER lead_sound ON campaigns_lead; DROP FUNCTION campaigns_lead_sound()"),
        migrations.RemoveConstraint("lead", "lead_contact_once"),
        migrations.RemoveIndex("lead", "lead_contact"),
        migrations.AddConstraint(
            "lead", models.UniqueConstraint(fields=["contact", "campaign"], name="lead_contact_once")
        ),
        migrations.RemoveConstraint("lead", "lead_external_once"),
        migrations.AddConstraint(
            "lead",
            models.UniqueConstraint(
                fields=["campaign", "external_lead_id"],
                condition=models.Q(external_lead_id__isnull=False),
                name="lead_external_once",
            ),
        ),
        migrations.RemoveIndex("lead", "lead_turn_all"),
        migrations.RemoveIndex("lead", "lead_callbacks"),
        migrations.RemoveIndex("handoutlog", "handout_replay"),
        migrations.AlterField(
            "lead",
            "reserved_by",
            models.ForeignKey(
                to=settings.AUTH_USER_MODEL, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+",
                db_index=False, db_constraint=False,
            ),
        ),
        migrations.RunSQL(f"DROP FUNCTION IF EXISTS campaigns_claim_v1({BEFORE});" + CLAIM, migrations.RunSQL.noop),
    ]  # fmt: skip
