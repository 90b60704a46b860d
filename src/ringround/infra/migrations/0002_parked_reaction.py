from django.db import migrations, models

import ringround.kernel.ids


class Migration(migrations.Migration):
    dependencies = [("infra", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="ParkedReaction",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ringround.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("seq", models.BigIntegerField()),
                ("reaction", models.TextField()),
                ("type", models.TextField()),
                ("org_id", models.UUIDField()),
                ("subject_id", models.UUIDField()),
                ("error", models.TextField(default="")),
                ("tries", models.IntegerField(default=0)),
                ("parked_at", models.DateTimeField()),
                ("next_at", models.DateTimeField()),
            ],
            options={
                "db_table": "infra_parked_reaction",
                "indexes": [models.Index(fields=["subject_id", "reaction", "seq"], name="parked_reaction_subject")],
                "constraints": [models.UniqueConstraint(fields=["seq", "reaction"], name="parked_reaction_once")],
            },
        ),
    ]
