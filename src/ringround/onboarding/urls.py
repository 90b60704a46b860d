"""Addresses of the signing room: the screens are below `/onboarding/`, a session's form at `/onboard`, the donor's own
pages at `/a/`."""

from __future__ import annotations

from django.urls import path

from ringround.onboarding.views import agreements, donor, gateways, leads, onboard, sessions, workflows

app_name = "onboarding"

urlpatterns = [
    # Short: it stands in messages.
    path("a/<str:token>", donor.donor, name="donor"),
    path("a/<str:token>/decline", donor.donor_decline, name="donor-decline"),
    path("onboard", onboard.onboard, name="onboard"),
    path("onboard/submit", onboard.submit, name="submit"),
    path("onboard/promise", onboard.promise, name="promise"),
    path("onboarding/sessions", sessions.session_list, name="sessions"),
    path("onboarding/sessions/export", sessions.session_export, name="sessions-export"),
    path("onboarding/sessions/<uuid:session_id>", sessions.session, name="session"),
    path("onboarding/sessions/<uuid:session_id>/state", sessions.session_state, name="session-state"),
    path("onboarding/sessions/<uuid:session_id>/link", sessions.session_link, name="session-link"),
    path("onboarding/sessions/<uuid:session_id>/act/<slug:act>", sessions.session_act, name="session-act"),
    path("onboarding/leads", leads.lead_list, name="leads"),
    path("onboarding/leads/<uuid:lead_id>", leads.lead, name="lead"),
    path("onboarding/agreements", agreements.agreement_list, name="agreements"),
    path("onboarding/agreements/<uuid:agreement_id>", agreements.agreement, name="agreement"),
    path("onboarding/agreements/<uuid:agreement_id>/act/<slug:act>", agreements.agreement_act, name="agreement-act"),
    path("onboarding/charges/<uuid:charge_id>/refund", agreements.charge_back, name="charge-refund"),
    path("onboarding/gateways", gateways.gateway_list, name="gateways"),
    path("onboarding/gateways/new/<slug:kind>", gateways.gateway_new, name="gateway-new"),
    path("onboarding/gateways/<uuid:account_id>", gateways.gateway, name="gateway"),
    path("onboarding/gateways/<uuid:account_id>/check", gateways.gateway_check, name="gateway-check"),
    path("onboarding/gateways/<uuid:account_id>/rotate", gateways.gateway_rotate, name="gateway-rotate"),
    path("onboarding/settings", gateways.settings, name="settings"),
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
