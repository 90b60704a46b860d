from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0023_person_calls")]

    operations = [
        migrations.AddField("sitedelivery", "sending_until", models.DateTimeField(null=True)),
        migrations.AddIndex(
            "sitedelivery",
            models.Index(
                condition=models.Q(("sending_until__isnull", False), ("state", "pending")),
                fields=["sending_until"],
                name="site_delivery_sending",
            ),
        ),
    ]
