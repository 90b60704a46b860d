from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0002_lead_order"),
    ]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="changed",
            field=models.JSONField(default=dict),
        ),
        migrations.AddField(
            model_name="formfield",
            name="removed_at",
            field=models.DateTimeField(null=True),
        ),
    ]
