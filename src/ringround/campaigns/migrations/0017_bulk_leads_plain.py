"""The ids of a large change are read part by part: kept plain, so that a part is not unpacked from the beginning."""

from django.db import migrations

_SET = "ALTER TABLE campaigns_bulk_change ALTER COLUMN leads SET STORAGE "


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0016_external_system")]

    operations = [migrations.RunSQL(_SET + "EXTERNAL", _SET + "EXTENDED")]
