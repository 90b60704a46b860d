"""What an organisation asks of its own sessions."""

from __future__ import annotations

from django.db import transaction

from ringround.infra import audit, clock
from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.messages import N_
from ringround.onboarding.models import OnboardingSettings
from ringround.orgs import actions as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

LEAST_DAYS, MOST_DAYS = 1, 36_500


@transaction.atomic
def onboarding_settings_change(*, actor: Actor, dashed_times: bool, keep_days: int | None) -> OnboardingSettings:
    """How times are written, and for how long an ended session keeps personal data (None: as long as its contact)."""
    require(actor, "onboarding.settings.change")
    orgs.still_acting(actor=actor)
    if keep_days is not None and not LEAST_DAYS <= keep_days <= MOST_DAYS:
        detail = N_("From %(least)s to %(most)s.", least=LEAST_DAYS, most=MOST_DAYS)
        raise Invalid([Fault(("keep_days",), "out_of_range", detail)])
    values = {"dashed_times": dashed_times, "keep_days": keep_days, "updated_at": clock.now()}
    row, _made = OnboardingSettings.objects.update_or_create(merchant=actor.organisation, defaults=values)
    audit.write(
        actor=actor, action="onboarding.settings.changed", org_id=actor.org_id, subject_type="organisation",
        subject_id=actor.org_id, data={"dashed_times": dashed_times, "keep_days": keep_days},
    )  # fmt: skip
    return row
