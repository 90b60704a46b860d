"""A merchant's accounts with payment providers. Secrets are stored encrypted and never shown again."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import transaction

from ringround.infra import audit, clock
from ringround.infra.secrets import KeyTrouble
from ringround.infra.unit import outside
from ringround.kernel.errors import Conflict, Fault, Forbidden, Invalid, NotFound
from ringround.kernel.ids import new_id
from ringround.kernel.messages import N_
from ringround.onboarding.accounts import account_view, seal, unseal
from ringround.onboarding.gateways import DRAWERS
from ringround.onboarding.gateways.port import METHODS, Account, Gateway, GatewayError, Registers
from ringround.onboarding.models import GatewayAccount, Mandate, Session
from ringround.orgs import actions as orgs
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

MOST = 50
MAX_SECRET = 5_000
_SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?")
UNREADABLE = N_("No key of ours opens the account's secrets. Write them anew.")


@transaction.atomic
def gateway_create(
    *,
    actor: Actor,
    name: str,
    kind: str,
    slug: str | None = None,
    settings: Mapping[str, Any] | None = None,
    secrets: Mapping[str, str] | None = None,
    webhook_secret: str | None = None,
    methods: Sequence[str] | None = None,
    priority: int = 100,
    active: bool = True,
) -> GatewayAccount:
    """An account with a provider. `methods`: those it is used for; without it all that it has. Invalid with every fault
    of its settings."""
    permissions.require(actor, "onboarding.gateways.change")
    orgs.still_acting(actor=actor)
    if actor.organisation.kind != "merchant":
        raise Forbidden(
            "onboarding.gateways.change", N_("Payments come to a merchant. Act for one to make its payment account."),
            code="merchant_only",
        )  # fmt: skip
    if GatewayAccount.objects.filter(merchant=actor.organisation).count() >= MOST:
        raise Conflict("too_many_gateways", N_("There are as many payment accounts as there may be."))
    now = clock.real_now()
    made = GatewayAccount(
        merchant=actor.organisation, name=name, kind=kind, slug=slug or new_id().hex[-12:],
        settings=dict(settings or {}), priority=priority, active=active, rests_until=now, created_at=now,
        updated_at=now,
    )  # fmt: skip
    kept = dict(secrets or {})
    _check(made, kept, methods, fresh=True)
    made.secrets = seal(kept)
    # The sandbox signs what it sends itself; a real provider's secret is theirs to give.
    hook = webhook_secret or (new_id().hex + new_id().hex if kind == "sandbox" else "")
    made.webhook_secrets = seal({"now": hook} if hook else {})
    made.save(force_insert=True)
    _write(actor, "created", made, kind=kind)
    return made


@transaction.atomic
def gateway_change(
    *,
    actor: Actor,
    account_id: UUID,
    secrets: Mapping[str, str | None] | None = None,
    webhook_secret: str | None = None,
    forget_before: bool = False,
    methods: Sequence[str] | None = None,
    anyway: bool = False,
    **fields: Any,
) -> GatewayAccount:
    """Change what is named: `name`, `settings` (as a whole), `priority`, `active`, `methods`. Of the secrets those that
    are named; None takes one away. A new `webhook_secret` counts beside the one before until `forget_before`.

    An account that is switched off makes no new agreements; what is live on it goes on being collected. Conflict
    `in_use` when there is any, unless `anyway`.
    """
    found = _locked(actor, account_id)
    was_active = found.active
    for name in ("name", "settings", "priority", "active"):
        if fields.get(name) is not None:
            setattr(found, name, fields[name])
    try:
        kept = unseal(found.secrets)
    except KeyTrouble:
        # Whoever writes them anew has mended it.
        kept = {}
    for name, value in (secrets or {}).items():
        if value is None:
            kept.pop(name, None)
        else:
            kept[name] = value
    _check(found, kept, methods)
    if was_active and not found.active and not anyway:
        _refuse_in_use(found)
    if secrets:
        found.secrets = seal(kept)
    if webhook_secret is not None:
        _rotate(found, webhook_secret)
    if forget_before:
        try:
            hooks = unseal(found.webhook_secrets)
        except KeyTrouble:
            raise Conflict("unreadable", UNREADABLE) from None
        hooks.pop("before", None)
        found.webhook_secrets = seal(hooks)
    now = clock.real_now()
    # Whoever mends it wants to see at once whether it works.
    found.failures, found.fault, found.rests_until, found.updated_at = 0, "", now, now
    found.save()
    changed = {name for name, value in fields.items() if value is not None}
    changed |= {
        name
        for name, given in (("secrets", secrets), ("webhook_secret", webhook_secret or forget_before),
                            ("methods", methods))
        if given
    }  # fmt: skip
    _write(actor, "changed", found, fields=sorted(changed))
    return found


def gateway_rotate(*, actor: Actor, account_id: UUID) -> GatewayAccount:
    """A new secret for the webhook, the one before still believed: asked for at the provider where it can be, made here
    for the sandbox; Conflict `not_by_call` where the provider's own page gives it."""
    outside()
    with transaction.atomic():
        row = _locked(actor, account_id)
        view = _view(row)
    drawer = _drawer(row)
    if isinstance(drawer, Registers):
        # Not within the transaction: the provider may take its time.
        try:
            fresh = drawer.register_webhook(view)
        except GatewayError as fault:
            raise Conflict("gateway_refused", N_("The provider did not take it."), errors=[_said(fault)]) from None
    elif row.kind == "sandbox":
        fresh = new_id().hex + new_id().hex
    else:
        raise Conflict("not_by_call", N_("Copy the secret from the provider's own pages."))
    with transaction.atomic():
        row = _locked(actor, account_id)
        _rotate(row, fresh)
        row.updated_at = clock.real_now()
        row.save(update_fields=["webhook_secrets", "updated_at"])
        _write(actor, "changed", row, fields=["webhook_secret"])
    return row


def gateway_check(*, actor: Actor, account_id: UUID) -> str:
    """Ask the provider whether it takes our sign-in: empty, or what is wrong, which is noted at the account."""
    with transaction.atomic():
        row = _locked(actor, account_id)
        view = _view(row)
    outside()
    wrong = _drawer(row).look(view)
    now = clock.real_now()
    GatewayAccount.objects.filter(id=row.id).update(fault=wrong, fault_at=now if wrong else None)
    return wrong


def _locked(actor: Actor, account_id: UUID) -> GatewayAccount:
    mine = GatewayAccount.objects.filter(merchant=actor.org_id, id=account_id)
    if not mine.exists():
        raise NotFound("gateway")
    permissions.require(actor, "onboarding.gateways.change")
    # Before the account's row: the organisation comes first. Whose money it is may have changed hands since the
    # request began.
    orgs.still_acting(actor=actor)
    found = mine.select_for_update(no_key=True).first()
    if found is None:
        raise NotFound("gateway")
    return found


def _view(row: GatewayAccount) -> Account:
    try:
        return account_view(row)
    except KeyTrouble:
        raise Conflict("unreadable", UNREADABLE) from None


def _drawer(row: GatewayAccount) -> Gateway:
    found = DRAWERS.get(row.kind)
    if found is None:
        raise Conflict("unknown_kind", N_("This version has no such kind of payment account."))
    return found


def _rotate(row: GatewayAccount, fresh: str) -> None:
    try:
        before = unseal(row.webhook_secrets).get("now", "")
    except KeyTrouble:
        before = ""
    if not fresh or len(fresh) > MAX_SECRET:
        raise Invalid.one(("webhook_secret",), "too_long" if fresh else "required", N_("This cannot be a secret."))
    # Given again, it is not put in the place of the one before.
    if fresh != before:
        row.webhook_secrets = seal({"now": fresh, **({"before": before} if before else {})})


def _refuse_in_use(row: GatewayAccount) -> None:
    mandates = Mandate.objects.filter(account=row, state__in=["pending", "active"]).count()
    sessions = Session.objects.filter(account=row, status="Processing").count()
    if mandates or sessions:
        words = N_("Agreements are collected by it, or just being made. They go on; new ones are not made any more.")
        fault = Fault(("active",), "in_use", words, {"mandates": mandates, "sessions": sessions})
        raise Conflict("in_use", words, errors=[fault])


def _check(row: GatewayAccount, secrets: Mapping[str, str], methods: Sequence[str] | None, fresh: bool = False) -> None:
    drawer = DRAWERS.get(row.kind)
    if drawer is None:
        words = N_("There is no such kind of payment account.")
        raise Invalid([Fault(("kind",), "unknown_kind", words, {"options": list(DRAWERS)})])
    faults = list(drawer.check(row.settings, secrets))
    for name, value in secrets.items():
        if name not in drawer.secrets:
            faults.append(Fault(("secrets", name), "unknown_field", N_("There is no such secret.")))
        elif len(value) > MAX_SECRET:
            faults.append(Fault(("secrets", name), "too_long", N_("This is too long.")))
    if fresh and not _SLUG.fullmatch(row.slug):
        words = N_("Small letters, digits and hyphens, at most 40.")
        faults.append(Fault(("slug",), "bad_format", words))
    elif fresh and GatewayAccount.objects.filter(kind=row.kind, slug=row.slug).exists():
        faults.append(Fault(("slug",), "taken", N_("This is taken.")))
    if not faults:
        # Asked of the drawer only when its settings are as it wants them.
        has = drawer.methods(_unsealed(row, secrets))
        asked = tuple(methods) if methods is not None else tuple(row.methods) or has
        for at, method in enumerate(asked):
            if method not in has:
                words = N_("The account does not have this method.")
                faults.append(Fault(("methods", at), "not_an_option", words, {"options": list(has)}))
        row.methods = sorted(set(asked), key=METHODS.index) if not faults else []
    if faults:
        raise Invalid(faults)


def _unsealed(row: GatewayAccount, secrets: Mapping[str, str]) -> Account:
    return Account(
        id=row.id, kind=row.kind, slug=row.slug, settings=row.settings, secrets=secrets,
        test=bool(row.settings.get("test")),
    )  # fmt: skip


def _said(fault: GatewayError) -> Fault:
    return Fault(("gateway",), fault.code, fault.detail or fault.code)


def _write(actor: Actor, verb: str, account: GatewayAccount, **data: Any) -> None:
    audit.write(
        actor=actor, action=f"onboarding.gateway.{verb}", org_id=account.merchant_id, subject_type="gateway_account",
        subject_id=account.id, data=data,
    )  # fmt: skip
