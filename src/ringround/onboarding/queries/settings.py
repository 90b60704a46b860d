"""What an organisation asks of its own sessions."""

from __future__ import annotations

from uuid import UUID

from ringround.onboarding.models import OnboardingSettings


def onboarding_settings(*, org_id: UUID) -> OnboardingSettings:
    """The organisation's row; one as it is by default, not stored, where nothing was changed."""
    found = OnboardingSettings.objects.filter(merchant=org_id).first()
    return found or OnboardingSettings(merchant_id=org_id)
