from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0003_suppressed_function")]

    operations = [
        migrations.AddField("contactlist", "contact_count", models.BigIntegerField(default=0)),
        migrations.AddField("import", "tries", models.SmallIntegerField(default=0)),
    ]
