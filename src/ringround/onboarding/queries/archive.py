"""What a merchant has signed up and collected, as rows of files: what is handed back at the end of the work for it.

Amounts are minor units, times carry their offset from UTC. Of a way of paying there is what people know it by and its
provider's reference, by which the merchant, with its own keys there, goes on; nothing that is secret is here at all.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from ringround.campaigns import queries as campaigns
from ringround.contacts import queries as contacts
from ringround.kernel.text import csv_safe
from ringround.onboarding.models import Agreement, Charge, GatewayAccount, Mandate, Refund, WorkflowVersion
from ringround.onboarding.queries.agreements import agreement_page, charge_page, subscriptions_in
from ringround.onboarding.queries.payments import next_payments
from ringround.onboarding.queries.workflows import workflow_list
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor

PAGE = 500
Rows = Iterator[list[str]]
Row = TypeVar("Row")


def agreements_archived(actor: Actor) -> Rows:
    """Head and rows of what was promised, newest first."""
    yield [
        "id", "created_at", "name", "numbers", "contact", "campaign", "agency", "workflow", "workflow_version",
        "product", "payment_type", "agreement", "description", "purpose_code", "tax_deductible", "metadata",
    ]  # fmt: skip
    for page in _agreements(actor):
        people = _people(page, actor)
        plans = campaigns.campaign_names(ids=[one.campaign_id for one in page if one.campaign_id])
        agencies = orgs.organisation_names(organisation_ids=[one.agency_id for one in page if one.agency_id])
        said = WorkflowVersion.objects.select_related("workflow").defer("definition")
        versions = said.in_bulk({one.workflow_version_id for one in page})
        for one in page:
            version = versions[one.workflow_version_id]
            yield _safe(
                str(one.id), _at(one.created_at), *people.get(one.contact_id, ("", "")), _id(one.contact_id),
                _name(plans, one.campaign_id), _name(agencies, one.agency_id), version.workflow.name,
                str(version.number), one.product, one.payment_type, one.name, one.description, one.purpose_code,
                _yes(one.tax_deductible), _json(one.metadata),
            )  # fmt: skip


def subscriptions_archived(actor: Actor) -> Rows:
    """Head and rows of what is collected again and again, newest first, with how it is paid by now."""
    yield [
        "id", "agreement", "name", "numbers", "state", "amount", "currency", "schedule", "anchor_day", "starts_on",
        "expires_on", "hold", "next_due_on", "version", "payment_method", "masked", "mandate_state", "provider",
        "account", "reference", "created_at", "ended_at", "ended_reason", "ended_note",
    ]  # fmt: skip
    accounts = _Accounts()
    for page in _agreements(actor):
        people = _people(page, actor)
        nexts = next_payments(subscriptions_in(page))
        for agreement in page:
            one = getattr(agreement, "subscription", None)
            if one is None:
                continue
            way = [one.mandate.method, one.mandate.masked, one.mandate.state] if one.mandate else ["", "", ""]
            there = accounts.of(one.mandate.account_id, one.mandate.ref) if one.mandate else ["", "", ""]
            yield _safe(
                str(one.id), str(agreement.id), *people.get(agreement.contact_id, ("", "")), one.state, str(one.amount),
                one.currency, one.schedule, str(one.anchor_day), _on(one.starts_on), _on(one.expires_on),
                _json(one.hold), _on(nexts.get(one.id)), str(one.version), *way, *there, _at(one.created_at),
                _at(one.ended_at), one.ended_reason, one.ended_note,
            )  # fmt: skip


def charges_archived(actor: Actor) -> Rows:
    """Head and rows of what was collected, or was to be, the latest due first."""
    yield [
        "id", "agreement", "subscription", "state", "amount", "currency", "refunded", "period_on", "due_on", "attempt",
        "one_off", "reason", "payment_method", "masked", "provider", "account", "reference", "created_at",
        "submitted_at", "ended_at", "retry_on",
    ]  # fmt: skip
    accounts = _Accounts()
    for page in _charges(actor):
        ways = Mandate.objects.in_bulk({one.mandate_id for one in page if one.mandate_id})
        for one in page:
            way = ways.get(one.mandate_id) if one.mandate_id else None
            yield _safe(
                str(one.id), str(one.agreement_id), _id(one.subscription_id), one.state, str(one.amount), one.currency,
                str(one.refunded), _on(one.period_on), _on(one.due_on), str(one.attempt), _yes(one.one_off), one.reason,
                *([way.method, way.masked] if way else ["", ""]), *accounts.of(one.account_id, one.ref),
                _at(one.created_at), _at(one.submitted_at), _at(one.ended_at), _on(one.retry_on),
            )  # fmt: skip


def refunds_archived(actor: Actor) -> Rows:
    """Head and rows of what was given back, by the charges that it was of."""
    yield ["id", "charge", "amount", "currency", "state", "reason", "by", "created_at", "ended_at"]
    for page in _charges(actor):
        of = {one.id: one for one in page}
        rows = list(Refund.objects.filter(charge__in=of).order_by("id"))
        users = orgs.user_names(user_ids=[one.by_id for one in rows])
        for one in rows:
            yield _safe(
                str(one.id), str(one.charge_id), str(one.amount), of[one.charge_id].currency, one.state, one.reason,
                _name(users, one.by_id), _at(one.created_at), _at(one.ended_at),
            )  # fmt: skip


def workflows_archived(actor: Actor) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, document): the merchant's own with each of their versions, those that are put away too."""
    for archived in (False, True):
        after: str | None = None
        while True:
            page = workflow_list(actor=actor, archived=archived, size=PAGE, after=after)
            for one in page.items:
                if one.merchant_id != actor.org_id:
                    continue
                versions = WorkflowVersion.objects.filter(workflow=one).order_by("number")
                yield one.name, {
                    "id": str(one.id), "name": one.name, "intention": one.intention, "archived": archived,
                    "versions": [
                        {"version": each.number, "created_at": _at(each.created_at), "definition": each.definition}
                        for each in versions
                    ],
                }  # fmt: skip
            after = page.next
            if after is None:
                break


def _agreements(actor: Actor) -> Iterator[list[Agreement]]:
    return _pages(lambda after: agreement_page(actor=actor, size=PAGE, after=after))


def _charges(actor: Actor) -> Iterator[list[Charge]]:
    return _pages(lambda after: charge_page(actor=actor, size=PAGE, after=after))


def _pages(page: Callable[[str | None], tuple[list[Row], str | None]]) -> Iterator[list[Row]]:
    after: str | None = None
    while True:
        rows, after = page(after)
        yield rows
        if after is None:
            return


def _people(page: Iterable[Agreement], actor: Actor) -> dict[UUID | None, tuple[str, str]]:
    """Name and numbers of each one's contact, who may be erased."""
    ids = [one.contact_id for one in page if one.contact_id]
    found = contacts.contacts_for_leads(ids, org_id=actor.org_id)
    return {one.id: (one.name, " ".join(each.e164 or each.written for each in one.numbers)) for one in found}


class _Accounts:
    """The handful of payment accounts, each read once."""

    def __init__(self) -> None:
        self._known: dict[UUID, GatewayAccount] = {}

    def of(self, account_id: UUID, ref: str) -> list[str]:
        """Provider, account and reference, as the last columns have them."""
        if account_id not in self._known:
            self._known[account_id] = GatewayAccount.objects.only("kind", "name").get(id=account_id)
        account = self._known[account_id]
        return [account.kind, account.name, ref]


def _safe(*cells: str) -> list[str]:
    return [csv_safe(cell) for cell in cells]


def _name(names: dict[UUID, str], key: UUID | None) -> str:
    return names.get(key, "") if key else ""


def _id(one: UUID | None) -> str:
    return str(one) if one else ""


def _yes(one: bool) -> str:
    return "1" if one else "0"


def _json(one: Any) -> str:
    return json.dumps(one, ensure_ascii=False) if one else ""


def _at(moment: datetime | None) -> str:
    return moment.isoformat(timespec="seconds") if moment else ""


def _on(day: date | None) -> str:
    return day.isoformat() if day else ""
