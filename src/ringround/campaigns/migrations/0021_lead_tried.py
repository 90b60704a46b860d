from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0020_tried_counted")]

    operations = [
        migrations.AddIndex(
            "lead",
            models.Index(
                condition=models.Q(("attempts__gt", 0), ("last_contacted_at__isnull", False), _connector="OR"),
                fields=["campaign", "-id"],
                name="lead_tried",
            ),
        ),
    ]
