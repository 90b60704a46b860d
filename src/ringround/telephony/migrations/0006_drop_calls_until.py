"""Nobody asks the call log by this function any more: a hand-out asks the rows that packs keep."""

from pathlib import Path

from django.db import migrations

UNTIL = (Path(__file__).resolve().parent.parent / "sql" / "functions" / "calls_until_v1.sql").read_text("utf-8")


class Migration(migrations.Migration):
    dependencies = [("telephony", "0005_fewer_writes")]

    operations = [migrations.RunSQL("DROP FUNCTION IF EXISTS telephony_calls_until_v1", UNTIL)]
