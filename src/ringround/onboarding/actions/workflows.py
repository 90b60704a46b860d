"""Workflows: made, given new versions, put away and taken back out. A version is written once and never changed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ringround.infra import audit, clock
from ringround.kernel.errors import Conflict, Forbidden, Invalid, NotFound
from ringround.kernel.messages import N_
from ringround.onboarding.models import Workflow, WorkflowVersion
from ringround.onboarding.queries.access import visible_workflows
from ringround.onboarding.rules.workflow import Definition, parse
from ringround.orgs import actions as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

MOST = 1_000


@transaction.atomic
def workflow_create(*, actor: Actor, name: str, definition: Mapping[str, Any]) -> Workflow:
    """A workflow of the merchant with its first version. `definition`: `rules.workflow`; its intention stays."""
    require(actor, "onboarding.workflows.change")
    orgs.still_acting(actor=actor)
    if actor.organisation.kind != "merchant":
        raise Forbidden(
            "onboarding.workflows.change", N_("A workflow is a merchant's. Act for one to make it."),
            code="merchant_only",
        )  # fmt: skip
    read = _read(name, definition)
    if Workflow.objects.filter(merchant=actor.org_id, archived_at__isnull=True).count() >= MOST:
        raise Conflict("too_many_workflows", N_("There are as many workflows as there may be."))
    now = clock.now()
    made = Workflow(
        merchant=actor.organisation, name=read.name, intention=read.intention, created_by=actor.user, created_at=now,
        updated_at=now,
    )  # fmt: skip
    _save(made, insert=True)
    _version(actor, made, read)
    _write(actor, "created", made, version=1)
    return made


@transaction.atomic
def workflow_version_add(
    *,
    actor: Actor,
    workflow_id: UUID,
    definition: Mapping[str, Any],
    name: str | None = None,
    expected: int | None = None,
) -> Workflow:
    """The newest version from now on; sessions keep the one that they began with.

    `expected`: the version that was read before it was changed; 409 `changed_meanwhile` where there is a newer one.
    """
    found = _lock(actor, workflow_id)
    if found.archived_at is not None:
        raise Conflict("archived", N_("The workflow has been put away."))
    if expected is not None and expected != found.version:
        raise Conflict("changed_meanwhile", N_("Somebody else has changed this workflow meanwhile."))
    read = _read(found.name if name is None else name, definition)
    if read.intention != found.intention:
        raise Invalid.one("intention", "unchangeable", N_("A workflow stays for sign-ups, or for upgrades."))
    found.name, found.version, found.updated_at = read.name, found.version + 1, clock.now()
    _save(found)
    _version(actor, found, read)
    _write(actor, "changed", found, version=found.version)
    return found


@transaction.atomic
def workflow_archive(*, actor: Actor, workflow_id: UUID) -> Workflow:
    """Put it away: no campaign can be given it any more. Sessions that have begun go on."""
    found = _lock(actor, workflow_id)
    if found.archived_at is None:
        found.archived_at = found.updated_at = clock.now()
        _save(found)
        _write(actor, "archived", found)
    return found


@transaction.atomic
def workflow_restore(*, actor: Actor, workflow_id: UUID) -> Workflow:
    """Take it back out; 409 `name_taken` where another has its name by now."""
    found = _lock(actor, workflow_id)
    if found.archived_at is not None:
        found.archived_at, found.updated_at = None, clock.now()
        _save(found)
        _write(actor, "restored", found)
    return found


def _lock(actor: Actor, workflow_id: UUID) -> Workflow:
    """The locked workflow of the merchant that the actor acts for; an agency that sees it may not change it."""
    found = Workflow.objects.select_for_update(no_key=True).filter(merchant=actor.org_id, id=workflow_id).first()
    if found is None:
        if visible_workflows(actor).filter(id=workflow_id).exists():
            raise Forbidden(
                "onboarding.workflows.change", N_("Only the merchant's own people may do this."), code="merchant_only"
            )
        raise NotFound("workflow")
    require(actor, "onboarding.workflows.change")
    orgs.still_acting(actor=actor)
    return found


def _read(name: str, definition: Mapping[str, Any]) -> Definition:
    """The definition under this name; Invalid with every fault."""
    return parse({**definition, "name": name})


def _version(actor: Actor, workflow: Workflow, definition: Definition) -> None:
    WorkflowVersion.objects.create(
        workflow=workflow, number=workflow.version, definition=definition.to_json(), created_by=actor.user,
        created_at=workflow.updated_at,
    )  # fmt: skip


def _save(workflow: Workflow, *, insert: bool = False) -> None:
    try:
        with transaction.atomic():
            workflow.save(force_insert=insert)
    except IntegrityError:
        raise Conflict("name_taken", N_("There is a workflow of that name already.")) from None


def _write(actor: Actor, what: str, workflow: Workflow, **data: Any) -> None:
    audit.write(
        actor=actor, action=f"onboarding.workflow.{what}", org_id=workflow.merchant_id, subject_type="workflow",
        subject_id=workflow.id, data=data,
    )  # fmt: skip
