import django.db.models.deletion
from django.db import migrations, models

import ringround.kernel.ids


class Migration(migrations.Migration):
    dependencies = [("contacts", "0005_first_digest")]

    operations = [
        migrations.AddField("import", "revert", models.JSONField(null=True)),
        migrations.CreateModel(
            name="ContactChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ringround.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField()),
                (
                    "via",
                    models.TextField(
                        choices=[
                            ("person", "Person"),
                            ("api", "Api"),
                            ("agent", "Agent"),
                            ("import", "Import"),
                            ("revert", "Revert"),
                        ]
                    ),
                ),
                ("user_id", models.UUIDField(null=True)),
                ("import_id", models.UUIDField(null=True)),
                ("changes", models.JSONField()),
                (
                    "contact",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.contact",
                    ),
                ),
            ],
            options={
                "db_table": "contacts_change",
                "indexes": [
                    models.Index(fields=["contact", "-id"], name="contact_change_history"),
                    models.Index(
                        condition=models.Q(("via", "import")),
                        fields=["import_id", "contact", "-id"],
                        name="contact_change_import",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("via__in", ["person", "api", "agent", "import", "revert"])),
                        name="contact_change_via",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="ImportKept",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ringround.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("contact_id", models.UUIDField()),
                (
                    "reason",
                    models.TextField(
                        choices=[("worked", "Worked"), ("changed", "Changed"), ("registered", "Registered")]
                    ),
                ),
                (
                    "imported",
                    models.ForeignKey(
                        db_column="import_id",
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="contacts.import",
                    ),
                ),
            ],
            options={
                "db_table": "contacts_import_kept",
                "constraints": [models.UniqueConstraint(fields=("imported", "contact_id"), name="import_kept_once")],
            },
        ),
    ]
