import django.contrib.postgres.indexes
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("contacts", "0004_count_and_tries")]

    operations = [
        migrations.AddIndex(
            "contact",
            models.Index(
                models.F("list"),
                models.Func(models.F("row_digests"), template="((%(expressions)s)[1])"),
                name="contact_first_digest",
            ),
        ),
        migrations.AddIndex(
            "contact",
            django.contrib.postgres.indexes.GinIndex(
                condition=models.Q(("row_digests__1__isnull", False)),
                fastupdate=False,
                fields=["row_digests"],
                name="contact_more_digests",
            ),
        ),
        migrations.RemoveIndex("contact", "contact_row_digests"),
    ]
