"""What this room's actions are called in the audit log, and the names of what they were done to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.onboarding.models import GatewayAccount, Workflow

WORDS = {
    "onboarding.workflow.created": _("Workflow made"),
    "onboarding.workflow.changed": _("Workflow changed"),
    "onboarding.workflow.archived": _("Workflow put away"),
    "onboarding.workflow.restored": _("Workflow taken back out"),
    "onboarding.gateway.created": _("Payment account made"),
    "onboarding.gateway.changed": _("Payment account changed"),
}


def _workflows(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Workflow.objects.filter(id__in=ids).values_list("id", "name"))


def _accounts(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(GatewayAccount.objects.filter(id__in=ids).values_list("id", "name"))


# Sessions, agreements and charges have no names here: whom they are of is personal.
NAMES = {"workflow": _workflows, "gateway_account": _accounts}
