import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0003_suppressed_function")]

    operations = [
        migrations.AddField("contactlist", "contact_count", models.BigIntegerField(default=0)),
        migrations.AddField("import", "tries", models.SmallIntegerField(default=0)),
        migrations.AlterField(
            "contact",
            "organisation",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=models.CASCADE,
                related_name="+",
                to="orgs.organisation",
            ),
        ),
        migrations.AlterField(
            "contactnumber",
            "organisation",
            models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=models.CASCADE,
                related_name="+",
                to="orgs.organisation",
            ),
        ),
        migrations.AddIndex(
            "contact",
            django.contrib.postgres.indexes.GinIndex(fields=["row_digests"], name="contact_row_digests"),
        ),
    ]
