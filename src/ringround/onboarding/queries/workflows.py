"""Reading workflows: the merchant's own, and an agency's of the campaigns that it was given."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db.models import F

from ringround.kernel import cursors
from ringround.kernel.errors import NotFound
from ringround.onboarding.models import Workflow, WorkflowVersion
from ringround.onboarding.queries.access import visible_workflows
from ringround.onboarding.rules.workflow import Definition, parse
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require


@dataclass(frozen=True, slots=True)
class WorkflowPage:
    items: list[Workflow]
    next: str | None


def workflow_list(
    *, actor: Actor, q: str = "", intention: str = "", archived: bool = False, size: int = 50, after: str | None = None
) -> WorkflowPage:
    """Newest first; those that have been put away only where they are asked for."""
    require(actor, "onboarding.workflows.read")
    found = visible_workflows(actor).select_related("merchant").filter(archived_at__isnull=not archived)
    if q.strip():
        found = found.filter(name__icontains=q.strip())
    if intention:
        found = found.filter(intention=intention)
    if after:
        (last,) = cursors.decode(after, UUID)
        found = found.filter(id__lt=last)
    rows = list(found.order_by("-id")[: size + 1])
    following = cursors.encode([rows[size - 1].id]) if len(rows) > size else None
    return WorkflowPage(rows[:size], following)


def workflow_get(*, actor: Actor, workflow_id: UUID) -> Workflow:
    """A workflow that the actor sees; NotFound."""
    found = visible_workflows(actor).select_related("merchant").filter(id=workflow_id).first()
    if found is None:
        raise NotFound("workflow")
    require(actor, "onboarding.workflows.read")
    return found


def version_of(workflow: Workflow, number: int | None = None) -> WorkflowVersion:
    """One version, or the newest; NotFound."""
    found = WorkflowVersion.objects.filter(workflow=workflow, number=number or workflow.version).first()
    if found is None:
        raise NotFound("workflow_version")
    return found


def version_page(*, actor: Actor, workflow_id: UUID, size: int = 50, after: str | None = None) -> tuple[
    Workflow, list[WorkflowVersion], str | None
]:  # fmt: skip
    """The workflow with its versions, newest first, and the cursor of the next page."""
    workflow = workflow_get(actor=actor, workflow_id=workflow_id)
    found = WorkflowVersion.objects.filter(workflow=workflow).select_related("created_by")
    if after:
        found = found.filter(number__lt=cursors.decode_seq(after))
    rows = list(found.order_by("-number")[: size + 1])
    return workflow, rows[:size], cursors.encode_seq(rows[size - 1].number) if len(rows) > size else None


def definition_of(version: WorkflowVersion) -> Definition:
    """What a version says, read."""
    return parse(version.definition)


def workflow_names(*, merchant_id: UUID) -> Sequence[tuple[UUID, str]]:
    """Id and name of the merchant's workflows that a campaign may be given, by name."""
    found = Workflow.objects.filter(merchant=merchant_id, archived_at__isnull=True)
    return list(found.order_by("name", "id").values_list("id", "name"))


def workflows_json(workflows: Sequence[Workflow]) -> list[dict[str, Any]]:
    """The API's shape of each, with its newest version."""
    ids = [one.id for one in workflows]
    newest = WorkflowVersion.objects.filter(workflow__in=ids, number=F("workflow__version"))
    known = {one.workflow_id: one for one in newest}
    return [version_json(one, known[one.id]) for one in workflows]


def workflow_json(workflow: Workflow) -> dict[str, Any]:
    return version_json(workflow, version_of(workflow))


def version_json(workflow: Workflow, version: WorkflowVersion) -> dict[str, Any]:
    """A workflow as one of its versions has it."""
    definition: Mapping[str, Any] = version.definition
    return {
        **definition,
        "id": workflow.id,
        "name": workflow.name,
        "intention": workflow.intention,
        "version": version.number,
        "merchant": workflow.merchant_id,
        "archived": workflow.archived_at is not None,
        "created_at": workflow.created_at,
        "updated_at": version.created_at,
        "created_by": version.created_by_id,
    }
