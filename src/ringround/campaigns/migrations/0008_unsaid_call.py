"""The call of a lead whose lease ran out before its agent said what came of it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0007_fewer_writes")]

    operations = [migrations.AddField("lead", "unsaid_call_id", models.UUIDField(null=True))]
