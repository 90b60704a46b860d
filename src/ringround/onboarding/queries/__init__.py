"""Reading: what other rooms and this room's faces may ask."""

from ringround.onboarding.queries.pending import pending_leads
from ringround.onboarding.queries.workflows import (
    WorkflowPage,
    definition_of,
    version_json,
    version_of,
    version_page,
    workflow_get,
    workflow_json,
    workflow_list,
    workflow_names,
    workflows_json,
)

__all__ = [
    "WorkflowPage",
    "definition_of",
    "pending_leads",
    "version_json",
    "version_of",
    "version_page",
    "workflow_get",
    "workflow_json",
    "workflow_list",
    "workflow_names",
    "workflows_json",
]
