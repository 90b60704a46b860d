"""The hand-out log tells what each claim saw; the claim knows its campaign itself. Fewer indexes to write at each claim."""

from pathlib import Path

from django.db import migrations, models

CLAIM = (Path(__file__).resolve().parent.parent / "sql" / "functions" / "claim_v1.sql").read_text("utf-8")
BEFORE = "uuid, uuid, uuid, uuid, timestamptz, bigint, timestamptz, int[], smallint[], text[], int, uuid, uuid, boolean"


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0004_claim"), ("orgs", "0002_link_live")]

    operations = [
        migrations.AddField("handoutlog", "xid", models.BigIntegerField(default=0)),
        migrations.AddField("handoutlog", "snapshot", models.TextField(blank=True, default="")),
        migrations.RunSQL(f"DROP FUNCTION IF EXISTS campaigns_claim_v1({BEFORE});" + CLAIM, migrations.RunSQL.noop),
    ]
