"""The index by which a version's runs are paged is filled to the brim: new ones come behind all others of their version,
and what changes in a run is not in it. That is four bytes for each of ten million that wait."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = (("journeys", "0004_notices"),)

    operations = (
        migrations.RunSQL(
            "ALTER INDEX journey_run_page SET (fillfactor = 100)", "ALTER INDEX journey_run_page RESET (fillfactor)"
        ),
    )
