"""What this room's actions are called in the audit log, and the names of what they were done to."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.onboarding.models import GatewayAccount, Workflow

WORDS = {
    "onboarding.sessions.exported": _("Sessions exported"),
    "onboarding.settings.changed": _("Settings of the onboarding changed"),
    "onboarding.workflow.created": _("Workflow made"),
    "onboarding.workflow.changed": _("Workflow changed"),
    "onboarding.workflow.archived": _("Workflow put away"),
    "onboarding.workflow.restored": _("Workflow taken back out"),
    "onboarding.session.created": _("Session submitted"),
    "onboarding.session.link_sent": _("Approval link sent"),
    "onboarding.session.link_opened": _("Approval link opened"),
    "onboarding.session.confirmed": _("The donor has confirmed"),
    "onboarding.session.payment_submitted": _("Payment begun on the caller's screen"),
    "onboarding.session.beginning": _("The payment provider is asked to begin"),
    "onboarding.session.processing": _("Session under way"),
    "onboarding.session.completed": _("Session completed"),
    "onboarding.session.rejected": _("Session rejected"),
    "onboarding.session.failed": _("Session failed"),
    "onboarding.session.expired": _("Session expired"),
    "onboarding.session.called_back": _("What was given after the end is stopped at the payment provider"),
    "onboarding.session.not_called_back": _(
        "What was given after the end could not be stopped at the payment provider"
    ),
    "onboarding.session.accepted_after_end": _("Permission given after the session had ended: it is stopped"),
    "onboarding.gateway.created": _("Payment account made"),
    "onboarding.gateway.changed": _("Payment account changed"),
    "onboarding.agreement.made": _("Agreement made"),
    "onboarding.subscription.pause": _("Agreement put on hold"),
    "onboarding.subscription.restart": _("Agreement restarted"),
    "onboarding.subscription.cancel": _("Agreement cancelled"),
    "onboarding.subscription.change_amount": _("Amount changed"),
    "onboarding.subscription.change_frequency": _("Frequency changed"),
    "onboarding.subscription.set_expiry": _("End date set"),
    "onboarding.subscription.change_payment_method": _("Payment method changed"),
    "onboarding.subscription.passed_over": _("Payment passed over"),
    "onboarding.subscription.ended": _("Agreement ended"),
    "onboarding.subscription.reinstated": _("Agreement reinstated"),
    "onboarding.subscription.refused": _("Change refused by the payment provider"),
    "onboarding.charge.charged": _("Charge collected"),
    "onboarding.charge.failed": _("Charge failed"),
    "onboarding.charge.rejected": _("Charge rejected"),
    "onboarding.charge.cancelled": _("Charge called back"),
    "onboarding.charge.moved": _("Charge moved to a later day"),
    "onboarding.charge.refunded": _("Charge refunded"),
    "onboarding.refund.ordered": _("Refund ordered"),
    "onboarding.mandate.active": _("Mandate active"),
    "onboarding.mandate.rejected": _("Mandate rejected"),
    "onboarding.mandate.expired": _("Mandate expired"),
    "onboarding.mandate.failed": _("Mandate failed"),
    "onboarding.mandate.stopped": _("Mandate stopped"),
}


def _workflows(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(Workflow.objects.filter(id__in=ids).values_list("id", "name"))


def _accounts(ids: Iterable[UUID]) -> dict[UUID, str]:
    return dict(GatewayAccount.objects.filter(id__in=ids).values_list("id", "name"))


# Sessions, agreements and charges have no names here: whom they are of is personal.
NAMES = {"workflow": _workflows, "gateway_account": _accounts}
