"""Many words of rails at once, in one transaction: on a collection day they come by the hundred thousand, and each
alone would ask the database a dozen times.

Taken are those that mean nothing but a change of rows: of charges, of mandates, of subscriptions that start or stop.
What means more (a session that is not complete, charges to be called back, refunds, what is not known here) is left to
be applied alone, and so is what follows of the same mandate, so that each is heard in its order.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS
from django.db.models import DEFERRED

from ringround.infra import sql
from ringround.onboarding.actions.agreements.changes import subscription_back, subscription_over
from ringround.onboarding.actions.agreements.collecting import OPEN, charge_heard
from ringround.onboarding.actions.agreements.said import mandate_heard
from ringround.onboarding.models import Agreement, Charge, GatewayAccount, Mandate, Subscription
from ringround.onboarding.rules import charge as charges
from ringround.onboarding.rules import mandate as mandates
from ringround.orgs import queries as orgs

Row = dict[str, Any]
Beside = tuple[date, bool, str, date | None]
# After these it is asked what else is collected of the subscription, or of its period, or how often that has failed.
_BESIDE = frozenset(
    {"mandate.rejected", "mandate.expired", "mandate.failed", "mandate.stopped",
     "charge.charged", "charge.failed", "charge.chargeback"}
)  # fmt: skip


def rails_said(*, ids: Sequence[UUID], now: datetime) -> list[UUID]:
    """Apply these events, in the caller's unit; those that are left to be applied alone, in their order."""
    rows = sql.rows("onboarding", "events_heard", ids=list(ids))
    known = _Known(rows)
    left: list[UUID] = []
    barred: set[UUID] = set()
    done: dict[str, list[UUID]] = {"applied": [], "ignored": []}
    for row in rows:
        lanes = known.lanes(row)
        if not barred.isdisjoint(lanes) or (new := known.hear(row, now)) is None:
            barred |= lanes
            left.append(row["id"])
        else:
            done["applied" if new else "ignored"].append(row["id"])
    known.save()
    for state, those in done.items():
        if those:
            sql.later("onboarding", "events_ended", ids=those, state=state, now=now)
    return left


class _Known:
    """What these events are about, locked in the order of locks: subscriptions, mandates, charges."""

    def __init__(self, rows: Sequence[Row]) -> None:
        told = [row for row in rows if _plain(row)]
        owners = {one for row in told for one in (row["owner_id"], *row["owners"]) if one is not None}
        self.owners = _told(Subscription, owners)
        self.mandates = _told(Mandate, (row["mandate_id"] for row in told))
        self.charges = _told(Charge, (row["charge_id"] for row in told))
        # Open and failed ones of the same subscriptions, and what was collected of the same periods, as they are by
        # now: id -> its period, whether a one-off, its state and next try.
        self.others: dict[UUID, dict[UUID, Beside]] = defaultdict(dict)
        asked = {one for row in told if row["kind"] in _BESIDE for one in (row["owner_id"], *row["owners"])} - {None}
        if asked:
            told_of = [row["charge_id"] for row in told if row["kind"] == "charge.charged"]
            for one in sql.rows("onboarding", "charges_beside", owners=list(asked), charges=told_of):
                self.others[one["owner_id"]][one["id"]] = (
                    one["period_on"], one["one_off"], one["state"], one["retry_on"]
                )  # fmt: skip
        self._join()
        self._lend({row["owner_id"] for row in told if row["kind"] == "charge.failed"} - {None})
        self.changed: dict[type[Any], dict[UUID, Any]] = {Charge: {}, Mandate: {}, Subscription: {}}

    def _join(self) -> None:
        """Each with what its telling needs: the same few merchants and accounts again and again."""
        everyone = [*self.owners.values(), *self.mandates.values(), *self.charges.values()]
        merchants = orgs.organisations_get(organisation_ids={one.merchant_id for one in everyone})
        for one in everyone:
            one.merchant = merchants[one.merchant_id]
        accounts = GatewayAccount.objects.in_bulk({one.account_id for one in self.mandates.values()})
        for mandate in self.mandates.values():
            mandate.account = accounts[mandate.account_id]
        told = [*self.owners.values(), *self.charges.values()]
        promised = _told(Agreement, (one.agreement_id for one in told))
        for row in told:
            row.agreement = promised[row.agreement_id]
        for owner in self.owners.values():
            if owner.mandate_id in self.mandates:
                owner.mandate = self.mandates[owner.mandate_id]
        for charge in self.charges.values():
            if charge.subscription_id is not None:
                charge.subscription = self.owners[charge.subscription_id]

    def _lend(self, failing: set[UUID]) -> None:
        """By what each of these is collected, where nothing is told of it: the days of its rail say when it is tried
        anew."""
        lacking = [self.owners[one] for one in failing if self.owners[one].mandate_id not in self.mandates]
        lent = Mandate.objects.select_related("account").in_bulk({one.mandate_id for one in lacking} - {None})
        for owner in lacking:
            if owner.mandate_id is not None:
                owner.mandate = lent[owner.mandate_id]

    def lanes(self, row: Row) -> set[UUID]:
        """Whose turn an event takes."""
        given = (row["mandate_id"], row["charge_id"], row["lane_id"], row["owner_id"], *row["owners"])
        return {one for one in given if one is not None}

    def hear(self, row: Row, now: datetime) -> bool | None:
        """One event into the rows; whether it says anything new. None: it is not for here, and nothing was changed."""
        if not _plain(row):
            return None
        if row["charge_id"] is not None:
            return self._of_charge(self.charges[row["charge_id"]], row, now)
        return self._of_mandate(self.mandates[row["mandate_id"]], row, now)

    def _of_charge(self, charge: Charge, row: Row, now: datetime) -> bool | None:
        if charges.after(charge.state, row["kind"]) is charges.State.CHARGED and any(
            one[:2] == (charge.period_on, charge.one_off) and (_collected(one) or one[2] == charges.State.CHARGED)
            for one in self._others(charge)
        ):
            return None
        new, fields = charge_heard(
            charge, row["kind"], now=now, failures=self._failures, reason=row["reason"], ref=row["ref"]
        )
        if fields:
            self.changed[Charge][charge.id] = charge
            if charge.subscription_id is not None:
                self.others[charge.subscription_id][charge.id] = (
                    charge.period_on, charge.one_off, charge.state, charge.retry_on
                )  # fmt: skip
        return new

    def _of_mandate(self, mandate: Mandate, row: Row, now: datetime) -> bool | None:
        # As it is by now: its mandate may be another than when its id was read.
        mine = [one for one in map(self.owners.__getitem__, row["owners"]) if one.mandate_id == mandate.id]
        after = mandates.after(mandate.state, row["kind"])
        if after in mandates.ENDED and any(
            map(_collected, (at for one in mine for at in self.others[one.id].values()))
        ):
            return None
        new = mandate_heard(mandate, kind=row["kind"], reason=row["reason"], now=now, instrument=row["instrument"])
        if new:
            self.changed[Mandate][mandate.id] = mandate
        for one in mine if after is not None else ():
            if after in mandates.ENDED:
                moved = subscription_over(one, reason="mandate_stopped", now=now)
            else:
                moved = subscription_back(one, now=now)
            if moved:
                self.changed[Subscription][one.id] = one
        return new

    def _others(self, charge: Charge) -> list[Beside]:
        if charge.subscription_id is None:
            return []
        return [one for at, one in self.others[charge.subscription_id].items() if at != charge.id]

    def _failures(self, charge: Charge) -> int:
        return sum(one[:3] == (charge.period_on, charge.one_off, "failed") for one in self._others(charge))

    def save(self) -> None:
        """What has changed, each kind in one statement; together with what comes next."""
        for kind, (name, columns) in _SAVED.items():
            if those := list(self.changed[kind].values()):
                values = {column: [_value(getattr(one, column)) for one in those] for column in columns}
                sql.later("onboarding", name, ids=[one.id for one in those], **values)


_SAVED: dict[type[Any], tuple[str, tuple[str, ...]]] = {
    Subscription: ("subscriptions_heard", (
        "state", "version", "hold", "held_until", "next_due_on", "starts_on", "schedule_on", "ended_reason", "ended_at",
        "event_no",
    )),
    Mandate: ("mandates_heard", ("state", "reason", "masked", "activated_at", "ended_at")),
    Charge: ("charges_heard", (
        "ref", "state", "reason", "submitted_at", "ended_at", "retry_on", "look_on", "event_no",
    )),
}  # fmt: skip


def _collected(one: Beside) -> bool:
    """Whether a charge is under way, or tried again."""
    return one[2] in OPEN or one[3] is not None


def _plain(row: Row) -> bool:
    """Whether an event is about what there is, and means nothing beyond it."""
    if row["session_waits"] or row["kind"] == "charge.refunded":
        return False
    return row["charge_id"] is not None or row["mandate_id"] is not None


_TOLD: dict[type[Any], str] = {
    Subscription: "subscriptions_told",
    Mandate: "mandates_told",
    Charge: "charges_told",
    Agreement: "agreements_told",
}


def _told(model: type[Any], ids: Iterable[UUID | None]) -> dict[UUID, Any]:
    """These rows by id, locked in the order of their ids where their statement says so. Columns that it does not name
    are deferred: who asks for one asks the database."""
    given = {one for one in ids if one is not None}
    if not given:
        return {}
    fields = [field.attname for field in model._meta.concrete_fields]
    found = {}
    for row in sql.rows("onboarding", _TOLD[model], ids=list(given)):
        if isinstance(row.get("hold"), str):
            row["hold"] = json.loads(row["hold"])
        found[row["id"]] = model.from_db(DEFAULT_DB_ALIAS, fields, [row.get(name, DEFERRED) for name in fields])
    return found


def _value(value: object) -> object:
    return json.dumps(value) if isinstance(value, dict) else value
