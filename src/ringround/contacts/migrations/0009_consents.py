"""What a person is to the merchant and has agreed to, and the functions by which a hand-out asks for it."""

from pathlib import Path

import django.db.models.deletion
from django.db import migrations, models

from ringround.kernel.ids import new_id

BASIS = (Path(__file__).resolve().parent.parent / "sql" / "functions" / "basis_v1.sql").read_text("utf-8")
# Django knows no key that the database itself follows.
KEYS = """
ALTER TABLE contacts_relation ADD CONSTRAINT relation_contact
    FOREIGN KEY (contact_id) REFERENCES contacts_contact (id) ON DELETE CASCADE;
ALTER TABLE contacts_consent ADD CONSTRAINT consent_contact
    FOREIGN KEY (contact_id) REFERENCES contacts_contact (id) ON DELETE CASCADE;
"""
KINDS = [("donor", "Donor"), ("member", "Member"), ("customer", "Customer"), ("none", "None")]


class Migration(migrations.Migration):
    dependencies = [("contacts", "0008_numbers_by_their_contact")]

    operations = [
        migrations.CreateModel(
            name="Relation",
            fields=[
                (
                    "contact",
                    models.OneToOneField(
                        db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True,
                        related_name="+", serialize=False, to="contacts.contact",
                    ),
                ),
                ("kind", models.TextField(choices=KINDS)),
                ("since", models.DateField(null=True)),
                ("until", models.DateField(null=True)),
            ],
            options={
                "db_table": "contacts_relation",
                "constraints": (
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["donor", "member", "customer", "none"])), name="relation_kind"
                    ),
                ),
            },
        ),
        migrations.CreateModel(
            name="Consent",
            fields=[
                ("id", models.UUIDField(default=new_id, editable=False, primary_key=True, serialize=False)),
                (
                    "contact",
                    models.ForeignKey(
                        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+", to="contacts.contact",
                    ),
                ),
                ("channel", models.TextField()),
                ("given_at", models.DateTimeField()),
                ("withdrawn_at", models.DateTimeField(null=True)),
                ("source", models.TextField()),
                ("text_version", models.TextField(blank=True, default="")),
                ("recorded_at", models.DateTimeField()),
                ("recorded_by_id", models.UUIDField(null=True)),
            ],
            options={
                "db_table": "contacts_consent",
                "constraints": (
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["phone", "email", "any"])), name="consent_channel"
                    ),
                ),
                "indexes": (models.Index(fields=["contact", "-given_at"], name="consent_of_contact"),),
            },
        ),
        migrations.RunSQL(KEYS, migrations.RunSQL.noop),
        migrations.RunSQL(
            BASIS, "DROP FUNCTION contacts_basis_from_v1; DROP FUNCTION contacts_person_numbers_v1"
        ),
    ]  # fmt: skip
