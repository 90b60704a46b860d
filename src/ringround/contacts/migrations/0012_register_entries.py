from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0011_place_keys")]

    operations = [
        migrations.AddField("register", "entries", models.BigIntegerField(db_default=0, default=0)),
        migrations.RunSQL(
            "UPDATE contacts_register r SET entries = (SELECT count(*) FROM contacts_register_entry e"
            " WHERE e.register_id = r.id AND e.import_id = r.import_id)",
            migrations.RunSQL.noop,
        ),
    ]
