"""Filters of the list of leads, kept under a name."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import ringround.kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0014_template"),
        ("orgs", "0002_link_live"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="SavedFilter",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=ringround.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.TextField()),
                ("query", models.TextField()),
                ("shared", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                (
                    "organisation",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="orgs.organisation",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "db_table": "campaigns_saved_filter",
                "constraints": [
                    models.UniqueConstraint(fields=("organisation", "user", "name"), name="saved_filter_name_once")
                ],
            },
        ),
    ]
