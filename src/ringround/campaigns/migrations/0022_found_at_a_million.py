from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0021_external_site")]

    operations = [
        migrations.AddIndex(
            "lead",
            models.Index(
                condition=models.Q(("attempts__gt", 0), ("last_contacted_at__isnull", False), _connector="OR"),
                fields=["campaign", "-id"],
                name="lead_tried",
            ),
        ),
        migrations.AddIndex(
            "attempt", models.Index(fields=["campaign", "disposition", "-lead"], name="attempt_disposition")
        ),
        migrations.AddIndex("attempt", models.Index(fields=["campaign", "outcome", "-lead"], name="attempt_outcome")),
    ]
