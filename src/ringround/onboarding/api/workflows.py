"""Workflows over HTTP."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from ringround.http.kit import ApiRequest, Field, Id, Name, Out, Page, Paging, Query, Router, Schema, Status
from ringround.onboarding import actions, queries

router = Router(tags=["Onboarding"])

Rows = Annotated[list[dict[str, Any]], Field(max_length=200)]


class _Definition(Schema):
    intention: Literal["signup", "upgrade"]
    """New agreements, or changes of existing ones; a workflow stays what it was made for."""
    approval_message: str | None = None
    """What stands in the message before the approval link."""
    sms_sender: str | None = None
    """A short code, or at most 11 characters; without it the organisation's own sender."""
    link_ttl_s: int | None = None
    """How long an approval link is of use."""
    languages: Annotated[list[str], Field(max_length=20)] | None = None
    """Those that the donor may read, the usual one first."""
    terms: dict[str, Any] | None = None
    """`{"version", "text"}`: what the donor accepts."""
    contact_fields: Rows | None = None
    """`{"role", "required", "editable", "sensitive"}`: what is asked of the contact."""
    metadata_fields: Rows | None = None
    """`{"key", "label", "type", "options", "required"}`: the merchant's own fields."""
    products: Rows | None = None
    """For sign-ups: `{"key", "name", "payment_type", "agreement_name", "currency", "amount", "schedule", "methods"}`
    and more."""
    upgrade: dict[str, Any] | None = None
    """For upgrades: which actions, each with the least role that may do it."""

    def definition(self) -> dict[str, Any]:
        """What was said, without the name."""
        return {
            name: value
            for name, value in self.given().items()
            if name not in ("name", "expected") and value is not None
        }


class WorkflowIn(_Definition):
    name: Name


class VersionIn(_Definition):
    name: Name | None = None
    """A new name; without it the workflow keeps its own."""
    expected: int | None = None
    """The version that was read; 409 `changed_meanwhile` where there is a newer one."""


class WorkflowOut(Out):
    id: UUID
    name: str
    intention: str
    version: int
    merchant: UUID
    archived: bool
    approval_message: str
    sms_sender: str
    link_ttl_s: int
    languages: list[str]
    terms: dict[str, Any]
    contact_fields: list[dict[str, Any]]
    metadata_fields: list[dict[str, Any]]
    products: list[dict[str, Any]]
    upgrade: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    """When this version was made."""
    created_by: UUID | None
    """Who made this version."""


class WorkflowFilter(Paging):
    q: str = ""
    """A part of the name."""
    intention: Literal["signup", "upgrade"] | None = None
    archived: bool = False
    """Those that have been put away, instead of the others."""


@router.get("", response=Page[WorkflowOut], summary="List workflows")
def workflow_list(request: ApiRequest, filter: Query[WorkflowFilter]) -> object:
    """Newest first. An agency gets those of the campaigns that it was given."""
    page = queries.workflow_list(
        actor=request.actor, q=filter.q, intention=filter.intention or "", archived=filter.archived, size=filter.size,
        after=filter.after,
    )  # fmt: skip
    return {"items": queries.workflows_json(page.items), "next": page.next}


@router.post("", response={201: WorkflowOut}, summary="Make a workflow")
def workflow_create(request: ApiRequest, body: WorkflowIn) -> object:
    """With its first version."""
    made = actions.workflow_create(actor=request.actor, name=body.name, definition=body.definition())
    return Status(201, queries.workflow_json(made))


@router.get("/{workflow_id}", response=WorkflowOut, summary="A workflow")
def workflow(request: ApiRequest, workflow_id: Id) -> object:
    """As its newest version has it."""
    return queries.workflow_json(queries.workflow_get(actor=request.actor, workflow_id=workflow_id))


@router.get("/{workflow_id}/versions", response=Page[WorkflowOut], summary="A workflow's versions")
def version_list(request: ApiRequest, workflow_id: Id, filter: Query[Paging]) -> object:
    """Newest first. A version never changes; a session keeps the one that it began with."""
    found, versions, following = queries.version_page(
        actor=request.actor, workflow_id=workflow_id, size=filter.size, after=filter.after
    )
    return {"items": [queries.version_json(found, one) for one in versions], "next": following}


@router.post("/{workflow_id}/versions", response={201: WorkflowOut}, summary="A new version of a workflow")
def version_add(request: ApiRequest, workflow_id: Id, body: VersionIn) -> object:
    """The whole of it, as when it was made; new sessions begin with this one."""
    changed = actions.workflow_version_add(
        actor=request.actor, workflow_id=workflow_id, definition=body.definition(), name=body.name,
        expected=body.expected,
    )  # fmt: skip
    return Status(201, queries.workflow_json(changed))


@router.post("/{workflow_id}/archive", response=WorkflowOut, summary="Put a workflow away")
def workflow_archive(request: ApiRequest, workflow_id: Id) -> object:
    """No campaign can be given it any more; sessions that have begun go on."""
    return queries.workflow_json(actions.workflow_archive(actor=request.actor, workflow_id=workflow_id))


@router.post("/{workflow_id}/restore", response=WorkflowOut, summary="Take a workflow back out")
def workflow_restore(request: ApiRequest, workflow_id: Id) -> object:
    """409 `name_taken` where another has its name by now."""
    return queries.workflow_json(actions.workflow_restore(actor=request.actor, workflow_id=workflow_id))
