import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0022_found_at_a_million"),
        ("dialer", "0003_visiting"),
    ]

    operations = [
        migrations.AddField(
            model_name="presence",
            name="home",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="campaigns.campaign",
            ),
        ),
    ]
