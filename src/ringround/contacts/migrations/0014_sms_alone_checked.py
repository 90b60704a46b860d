from django.contrib.postgres.operations import ValidateConstraint
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("contacts", "0013_sms_alone")]

    operations = [ValidateConstraint("suppression", "suppression_channel")]
