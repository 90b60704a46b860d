"""Every page that a manager or owner comes to, in Danish, dark on a desk and light on a phone: axe, width, words."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e import seeds
from tests.e2e.danish import english_left
from tests.e2e.person import Person
from tests.e2e.product import Product

Come = Callable[..., Person]
PAGES = (
    "/campaigns/", "/campaigns/new", "/campaigns/leads", "/campaigns/callbacks", "/contacts/", "/contacts/lists/new",
    "/contacts/lists/new/file", "/contacts/search?q=Bent", "/contacts/suppression", "/contacts/suppression/add",
    "/contacts/suppression/import", "/contacts/suppression/hits", "/packs/", "/messages/", "/messages/sandbox",
    "/messages/templates", "/messages/templates/new", "/messages/settings", "/messages/transports",
    *(f"/messages/transports/new/{kind}" for kind in ("smtp", "http", "smpp", "sandbox")),
    "/journeys/", "/journeys/new", "/calls/", "/reports/board",
    *(f"/reports/{name}" for name in (
        "agent_hours", "agent_results", "campaign_results", "dispositions", "call_log", "callbacks", "sessions",
        "sessions_by_agent")),
    "/reports/schedules", "/reports/schedules/new",
    "/desk/", "/settings/organisation", "/settings/users",
    "/settings/users/invite", "/settings/teams", "/settings/agencies", "/settings/tokens", "/settings/tokens/new",
    "/settings/audit", "/settings/webhooks", "/settings/webhooks/new", "/campaigns/external-systems",
    "/campaigns/external-systems/new", "/campaigns/external-sites", "/campaigns/external-sites/new", "/me",
    "/me/security", "/onboarding/sessions", "/onboarding/leads", "/onboarding/workflows",
    "/onboarding/workflows/new/upgrade", "/onboarding/agreements", "/onboarding/gateways", "/onboarding/settings",
    *(f"/onboarding/gateways/new/{kind}" for kind in ("sandbox", "vipps", "quickpay")),
)  # fmt: skip
OF_CAMPAIGN = (
    "", "/people", "/settings", "/callbacks", "/plan/1", "/plan/2", "/plan/3", "/duplicate", "/template", "/recycle",
)  # fmt: skip
OWNER = "olivia@hjaelp.example.org"


def test_every_page_can_be_used(person: Come, product: Product) -> None:
    planned = seeds.running_campaign(product, "Alle sider", ["oscar@hjaelp.example.org"], target=9)
    contact = planned.leads[0]["contact"]
    api = product.api(product.told["tokens"]["owner"])
    name = f"Skabelon {planned.id}"
    template = api.post(f"campaigns/{planned.id}/duplicate?template=true", {"name": name})
    team = api.get("teams")["items"][0]["id"]
    hook = api.post("webhooks", {"url": "https://example.org/hook", "types": ["campaigns.lead.*"]})["id"]
    system = api.post("external-systems", {"key": "crm", "name": "CRM", "agents": {"17": OWNER}})["id"]
    site = api.post("external-sites", {"name": "CRM", "url": "https://crm.example.org/{{lead.id}}"})["id"]
    workflow = api.post("workflows", {**seeds.WORKFLOW, "name": name})["id"]
    account = api.post("gateways", {"name": name, "kind": "sandbox", "active": False})["id"]
    owner = person(language="da", color_scheme="dark")
    owner.sign_in(OWNER)
    for address in (
        *PAGES,
        *(f"/campaigns/{planned.id}{part}" for part in OF_CAMPAIGN),
        "/campaigns/templates",
        f"/campaigns/templates/{template['id']}/new",
        f"/settings/teams/{team}",
        f"/campaigns/leads?campaign={planned.id}",
        f"/campaigns/leads/{planned.leads[0]['id']}",
        f"/contacts/lists/{contact['list']}",
        f"/contacts/lists/{contact['list']}/edit",
        f"/contacts/contact/{contact['id']}",
        f"/contacts/contact/{contact['id']}/history",
        f"/contacts/contact/{contact['id']}/erase",
        f"/contacts/contact/{contact['id']}/relation",
        f"/contacts/contact/{contact['id']}/consent",
        f"/settings/webhooks/{hook}",
        f"/settings/webhooks/{hook}/change",
        f"/campaigns/external-systems/{system}",
        f"/campaigns/external-sites/{site}",
        f"/onboarding/workflows/{workflow}",
        f"/onboarding/workflows/{workflow}/versions",
        f"/onboarding/workflows/{workflow}/versions/1",
        f"/onboarding/gateways/{account}",
    ):
        owner.go(address)
        owner.on_a_phone()


def test_english_on_a_page_is_found(person: Come) -> None:
    someone = person()
    someone.go("/accounts/login/")
    assert "Forgotten your password?" in english_left(someone.page)
