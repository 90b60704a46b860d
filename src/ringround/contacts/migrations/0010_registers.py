import django.db.models.deletion
from django.db import migrations, models

import ringround.kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("contacts", "0009_consents"),
        ("orgs", "0002_link_live"),
    ]

    operations = [
        migrations.CreateModel(
            name="Register",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ringround.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("campaign_id", models.UUIDField(null=True)),
                ("channel", models.TextField()),
                ("source", models.TextField()),
                ("source_on", models.DateField(null=True)),
                ("import_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField()),
                ("event_no", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "contacts_register",
            },
        ),
        migrations.CreateModel(
            name="RegisterEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ringround.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("import_id", models.UUIDField()),
                ("place_key", models.BigIntegerField()),
                ("print", models.BigIntegerField()),
                ("name", models.TextField()),
                ("address", models.TextField()),
                ("post_code", models.TextField()),
                ("city", models.TextField()),
            ],
            options={
                "db_table": "contacts_register_entry",
            },
        ),
        migrations.CreateModel(
            name="RegisterHit",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ringround.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("entry_print", models.BigIntegerField()),
                ("contact_print", models.BigIntegerField()),
                (
                    "state",
                    models.TextField(
                        choices=[("exact", "Exact"), ("open", "Open"), ("accepted", "Accepted"), ("refused", "Refused")]
                    ),
                ),
                ("decided_by_id", models.UUIDField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField()),
            ],
            options={
                "db_table": "contacts_register_hit",
            },
        ),
        migrations.RemoveConstraint(
            model_name="suppression",
            name="suppression_once",
        ),
        migrations.AddField(
            model_name="contact",
            name="place_key",
            field=models.BigIntegerField(null=True),
        ),
        migrations.AddIndex(
            model_name="contact",
            index=models.Index(
                condition=models.Q(("place_key__isnull", False)),
                fields=["organisation", "place_key"],
                name="contact_place",
            ),
        ),
        migrations.AddField(
            model_name="register",
            name="organisation",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="orgs.organisation"
            ),
        ),
        migrations.AddField(
            model_name="registerentry",
            name="organisation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="orgs.organisation",
            ),
        ),
        migrations.AddField(
            model_name="registerentry",
            name="register",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="contacts.register"
            ),
        ),
        migrations.AddField(
            model_name="registerhit",
            name="contact",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="contacts.contact"
            ),
        ),
        migrations.AddField(
            model_name="registerhit",
            name="entry",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="contacts.registerentry"
            ),
        ),
        migrations.AddField(
            model_name="registerhit",
            name="organisation",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="orgs.organisation",
            ),
        ),
        migrations.AddField(
            model_name="registerhit",
            name="register",
            field=models.ForeignKey(
                db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="contacts.register"
            ),
        ),
        migrations.AddField(
            model_name="suppression",
            name="hit",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="contacts.registerhit"
            ),
        ),
        migrations.AddConstraint(
            model_name="suppression",
            constraint=models.UniqueConstraint(
                fields=("organisation", "kind", "value", "channel", "campaign_id", "hit"),
                name="suppression_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="register",
            constraint=models.CheckConstraint(
                condition=models.Q(("channel__in", ["phone", "email", "any"])), name="register_channel"
            ),
        ),
        migrations.AddConstraint(
            model_name="register",
            constraint=models.UniqueConstraint(
                fields=("organisation", "source", "channel", "campaign_id"), name="register_once", nulls_distinct=False
            ),
        ),
        migrations.AddIndex(
            model_name="registerentry",
            index=models.Index(fields=["organisation", "place_key"], name="register_entry_place"),
        ),
        migrations.AddConstraint(
            model_name="registerentry",
            constraint=models.UniqueConstraint(fields=("register", "import_id", "print"), name="register_entry_once"),
        ),
        migrations.AddIndex(
            model_name="registerhit",
            index=models.Index(fields=["organisation", "state", "-id"], name="register_hit_page"),
        ),
        migrations.AddConstraint(
            model_name="registerhit",
            constraint=models.CheckConstraint(
                condition=models.Q(("state__in", ["exact", "open", "accepted", "refused"])), name="register_hit_state"
            ),
        ),
        migrations.AddConstraint(
            model_name="registerhit",
            constraint=models.UniqueConstraint(fields=("register", "contact", "entry_print"), name="register_hit_once"),
        ),
    ]
