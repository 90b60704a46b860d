from django.db import migrations, models


class Migration(migrations.Migration):
    """How many stand in each register; they are counted later (0015), when nobody waits for it."""

    dependencies = [("contacts", "0011_place_keys")]

    operations = [migrations.AddField("register", "entries", models.BigIntegerField(db_default=0, default=0))]
