"""Of what a donor alone types an agreement keeps nothing: nobody reads it there, and it had no end."""

from __future__ import annotations

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("onboarding", "0005_refunds_asked_again")]

    operations = [migrations.RemoveField(model_name="agreement", name="secrets")]
