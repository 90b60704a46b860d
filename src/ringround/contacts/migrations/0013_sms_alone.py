from django.contrib.postgres.operations import AddConstraintNotValid
from django.db import migrations, models

CHANNELS = ["phone", "sms", "email", "any"]


class Migration(migrations.Migration):
    """A suppression may be of SMS alone. What is there is looked at by the next migration, which locks nobody out."""

    dependencies = [("contacts", "0012_register_entries")]

    operations = [
        migrations.AlterField(
            "suppression",
            "channel",
            models.TextField(choices=[("phone", "Phone"), ("sms", "Sms"), ("email", "Email"), ("any", "Any")]),
        ),
        migrations.RemoveConstraint("suppression", "suppression_channel"),
        AddConstraintNotValid(
            "suppression",
            models.CheckConstraint(condition=models.Q(channel__in=CHANNELS), name="suppression_channel"),
        ),
    ]
