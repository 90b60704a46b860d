"""Writing: one function, one transaction. Order of locks: session, subscription, mandate, charge; then the lead."""

from ringround.onboarding.actions.workflows import (
    workflow_archive,
    workflow_create,
    workflow_restore,
    workflow_version_add,
)

__all__ = ["workflow_archive", "workflow_create", "workflow_restore", "workflow_version_add"]
