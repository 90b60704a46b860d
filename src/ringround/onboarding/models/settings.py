"""What a merchant asks of its own sessions."""

from __future__ import annotations

from django.db import models


class OnboardingSettings(models.Model):
    """One row for a merchant that has changed anything; without one all is as here."""

    merchant = models.OneToOneField("orgs.Organisation", primary_key=True, on_delete=models.CASCADE, related_name="+")
    # Times in the lists of sessions and leads: `HH:MM:SS`, or `HH-MM-SS`.
    dashed_times = models.BooleanField(default=False)
    # Days after its end that a session keeps personal data; null: for as long as its contact.
    keep_days = models.PositiveIntegerField(null=True)
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "onboarding_settings"
