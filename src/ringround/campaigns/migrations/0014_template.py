"""Plans kept to start campaigns from."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ringround.kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0013_figures"),
        ("orgs", "0002_link_live"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="CampaignTemplate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ringround.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.TextField()),
                (
                    "mode",
                    models.TextField(
                        choices=[
                            ("manual", "Manual"),
                            ("preview", "Preview"),
                            ("progressive", "Progressive"),
                            ("predictive", "Predictive"),
                            ("auto_callback", "Auto Callback"),
                            ("street", "Street"),
                        ]
                    ),
                ),
                ("plan", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                (
                    "created_by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "merchant",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="orgs.organisation",
                    ),
                ),
            ],
            options={
                "db_table": "campaigns_template",
                "constraints": [models.UniqueConstraint(fields=("merchant", "name"), name="template_name_once")],
            },
        ),
    ]
