"""A person's calls are counted by their leads too, and not only by the numbers that they have now."""

from pathlib import Path

from django.db import migrations

PACKS = (Path(__file__).resolve().parent.parent / "sql" / "functions" / "packs_v1.sql").read_text("utf-8")


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0022_found_at_a_million")]

    operations = [migrations.RunSQL(PACKS, migrations.RunSQL.noop)]
