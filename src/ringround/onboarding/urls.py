"""Addresses of the signing room: the screens are below `/onboarding/`."""

from __future__ import annotations

from django.urls import path

from ringround.onboarding.views import workflows

app_name = "onboarding"

urlpatterns = [
    path("onboarding/workflows", workflows.workflow_list, name="workflows"),
    path("onboarding/workflows/new/<slug:intention>", workflows.workflow_new, name="workflow-new"),
    path("onboarding/workflows/<uuid:workflow_id>", workflows.workflow, name="workflow"),
    path("onboarding/workflows/<uuid:workflow_id>/archive", workflows.workflow_archive, name="workflow-archive"),
    path("onboarding/workflows/<uuid:workflow_id>/versions", workflows.workflow_versions, name="workflow-versions"),
    path(
        "onboarding/workflows/<uuid:workflow_id>/versions/<int:number>", workflows.workflow_version,
        name="workflow-version",
    ),
]  # fmt: skip
