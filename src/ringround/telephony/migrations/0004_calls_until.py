"""The function by which a hand-out asks the call log how often a person was called."""

from pathlib import Path

from django.db import migrations

UNTIL = (Path(__file__).resolve().parent.parent / "sql" / "functions" / "calls_until_v1.sql").read_text("utf-8")


class Migration(migrations.Migration):
    dependencies = [("telephony", "0003_hung_up")]

    operations = [migrations.RunSQL(UNTIL, "DROP FUNCTION telephony_calls_until_v1")]
