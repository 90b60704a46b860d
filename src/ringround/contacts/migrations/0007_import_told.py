import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import ringround.kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0006_history"),
    ]

    operations = [
        migrations.CreateModel(
            name="ImportTold",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ringround.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("contacts", django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                ("low", models.UUIDField()),
                ("high", models.UUIDField()),
                (
                    "imported",
                    models.ForeignKey(
                        db_column="import_id",
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.import",
                    ),
                ),
            ],
            options={
                "db_table": "contacts_import_told",
                "indexes": [models.Index(fields=["imported", "low"], name="import_told")],
            },
        ),
    ]
