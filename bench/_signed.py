"""A merchant with as many sessions, mandates, subscriptions and charges as a measurement wants. One of each is made by the
product's own actions, from the submitting to the gateway's yes; the others are copies of those rows with ids and references
of their own, made by statements over whole sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import psycopg

from bench._leads import MANY, _copies, _hasten, _take_down

SLUG, SECRET = "bench", "a secret of the sandbox's"
DEFINITION: dict[str, Any] = {
    "intention": "signup",
    "approval_message": "Tak for snakken. Færdiggør din aftale her:",
    "sms_sender": "Hjaelpen",
    "link_ttl_s": 172_800,
    "terms": {"version": "2026-1", "text": "Jeg giver Hjælpen lov til at trække beløbet, indtil jeg siger aftalen op. " * 8},
    "contact_fields": [
        {"role": "first_name", "required": True},
        {"role": "last_name"},
        {"role": "phone"},
        {"role": "email"},
        {"role": "national_id", "sensitive": True},
    ],
    "metadata_fields": [{"key": "segment", "label": "Segment", "type": "text"}],
    "products": [
        {
            "key": "fast", "name": "Fast støtte", "payment_type": "recurring", "agreement_name": "Fast støtte",
            "agreement_description": "Din støtte giver rent vand og skolegang til børn på flugt.", "currency": "DKK",
            "amount": {"rule": "free", "choices": [10000, 15000], "min": 5000}, "tax_deductible": True,
            "schedule": {"rule": "choice", "choices": ["monthly", "quarterly", "half_yearly", "yearly"]},
            "methods": ["card", "mobile", "direct_debit"],
        },
    ],
}  # fmt: skip
PERSON = {"first_name": "Åse", "last_name": "Ørum", "phone": "+4520123456", "email": "aase@example.org"}
# What is copied, in the order of references, and what tells one table's ids from another's.
TABLES = {
    "onboarding_agreement": "a",
    "onboarding_mandate": "b",
    "onboarding_subscription": "c",
    "onboarding_charge": "d",
    "onboarding_session": "e",
}


def id_of(table: str, n: int | str) -> str:
    """The id of the n-th copy: as text for a number, in SQL for an expression."""
    head = f"01900001-0000-7000-8{TABLES[table]}00-"
    return f"{head}{n:012d}" if isinstance(n, int) else f"('{head}' || lpad(({n})::text, 12, '0'))::uuid"


@dataclass
class Ground:
    """Who works here. `actors` by the roles' short names; `campaigns` of the merchant, all worked by the agency."""

    merchant: Any
    agency: Any
    owner: Any
    manager: Any
    supervisor: Any
    agent: Any
    campaigns: list[UUID]
    account: UUID
    session: UUID


def begin(campaigns: int = 1) -> Ground:
    """A merchant whose campaigns an agency works, and one session that has succeeded."""
    from ringround.campaigns import actions as campaigning
    from ringround.campaigns.models import Campaign
    from ringround.contacts import actions as contacts
    from ringround.infra import clock
    from ringround.kernel.ids import hash_token, new_token
    from ringround.onboarding import actions
    from ringround.onboarding.actions.gateways import gateway_create
    from ringround.orgs.actor import Actor
    from ringround.orgs.models import AgencyLink, Membership, Organisation, User

    now = clock.now()
    merchant, agency = (
        Organisation.objects.create(name=name, kind=kind, created_at=now)
        for name, kind in (("Hjælpen", "merchant"), ("Ringbureauet", "agency"))
    )

    def member(org: Any, role: str, email: str) -> Any:
        user = User.objects.create(email=f"{email}@example.org", name=email.title(), language="da")
        Membership.objects.create(organisation=org, user=user, role=role, created_at=now)
        return Actor(user=user, organisation=org, home=org, role=role)

    owner, manager = member(merchant, "owner", "olga"), member(agency, "manager", "mads")
    supervisor, agent = member(agency, "supervisor", "sune"), member(agency, "senior_agent", "signe")
    AgencyLink.objects.create(
        merchant=merchant, agency=agency, token_hash=hash_token(new_token("bench")), created_at=now, expires_at=now,
        claimed_at=now,
    )  # fmt: skip
    workflow = actions.workflow_create(actor=owner, name="Månedlig giver", definition=DEFINITION)
    columns = [{"name": "name", "type": "text", "role": "name"}, {"name": "mobile", "type": "phone"}]
    hours = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
    made = []
    for n in range(campaigns):
        listed = contacts.contact_list_create(actor=owner, name=f"Givere {n}", columns=columns, region="DK")
        fields = {
            "name": f"Kampagne {n}", "mode": "preview", "lists": [str(listed.id)], "hours": hours, "holidays": None,
            "agency": str(agency.id), "workflow": str(workflow.id),
        }  # fmt: skip
        one = campaigning.campaign_create(actor=owner, fields=fields)
        campaigning.agents_put(actor=owner, campaign_id=one.id, users=[agent.user_id])
        made.append(one.id)
    Campaign.objects.filter(id__in=made).update(state="running")
    account = gateway_create(actor=owner, name="Sandkasse", kind="sandbox", slug=SLUG, webhook_secret=SECRET)
    session = _sign_up(agent, made[0])
    return Ground(merchant, agency, owner, manager, supervisor, agent, made, account.id, session)


def ask(campaign: UUID, external_id: str, method: str = "card") -> Any:
    """What an agent submits."""
    from ringround.onboarding import actions

    return actions.SessionAsk(
        campaign_id=campaign, external_lead_id=external_id, product="fast", contact=PERSON,
        agreement={"amount": 10000, "currency": "DKK", "schedule": "monthly"}, payment_method=method,
        metadata={"segment": "a"},
    )  # fmt: skip


def _sign_up(agent: Any, campaign: UUID) -> UUID:
    """One session, from the submitting to the yes; the sandbox's word comes by the view that its webhook calls."""
    from django.test import Client

    from ringround.infra import clock
    from ringround.infra.unit import unit
    from ringround.onboarding import actions, sandbox
    from ringround.onboarding.actions.agreements.collecting import charge_make
    from ringround.onboarding.actions.agreements.store import subscription_lock
    from ringround.onboarding.actions.intake import events_apply
    from ringround.onboarding.models import Session

    session = actions.session_submit(actor=agent, ask=ask(campaign, "crm-0"))
    link = actions.session_send_link(actor=agent, session_id=session.id, channel="qr")
    assert link.url is not None
    token = link.url.rsplit("/", 1)[1]
    actions.link_open(token=token, holder="bench")
    values = {"national_id": "070761-4285"}
    actions.link_confirm(token=token, holder="bench", values=values, terms_version="2026-1")
    client = Client(SERVER_NAME="localhost")

    def post(url: str, headers: Mapping[str, str], body: bytes) -> int:
        path = urlsplit(url).path
        return client.post(path, body, content_type="application/json", headers=dict(headers)).status_code

    with sandbox.posting_by(post):
        for _ in range(20):
            more = sandbox.sandbox_due(clock.now())
            if not (events_apply(now=clock.now()) or more):
                break
    made = Session.objects.get(id=session.id)
    assert made.status == "Complete", (made.status, made.reason)
    with unit():
        row = subscription_lock(made.subscription_id)
        charge_make(subscription=row, period_on=row.next_due_on or row.starts_on, now=clock.now())
    return session.id


def kept(db: psycopg.Connection[Any]) -> None:
    """The rows as they are now are what is copied from here on."""
    for table in TABLES:
        db.execute(f"CREATE TABLE first_{table} AS SELECT * FROM {table} ORDER BY id LIMIT 1")


def grow(db: psycopg.Connection[Any], many: int, *, due: Mapping[str, str] | None = None) -> None:
    """So many agreements, each with its mandate and subscription, numbered from 1. With what they say of the n-th in SQL,
    subscriptions are `due`; else each has a charge at the gateway, and the session by which it came."""
    _hasten(db)
    indexes = _take_down(db, tuple(TABLES)) if many >= MANY else []
    agreement, mandate, owner, charge, session = (id_of(table, "n") for table in TABLES)
    _copies(db, "onboarding_agreement", 1, many, {"id": agreement})
    _copies(db, "onboarding_mandate", 1, many, {"id": mandate, "ref": "'sbm_' || n", "masked": "'•••• 0000'"})
    changes = {"id": owner, "agreement_id": agreement, "mandate_id": mandate, **(due or {})}
    _copies(db, "onboarding_subscription", 1, many, changes)
    if due is None:
        changes = {
            "id": charge, "agreement_id": agreement, "subscription_id": owner, "mandate_id": mandate,
            "ref": "'sbc_' || n", "state": "'submitted'", "submitted_at": "now()",
        }  # fmt: skip
        _copies(db, "onboarding_charge", 1, many, changes)
        changes = {
            "id": session, "form_key": "NULL::uuid", "gateway_ref": "'sbm_' || n", "look_at": "NULL::timestamptz",
            "subscription_id": owner,
        }  # fmt: skip
        _copies(db, "onboarding_session", 1, many, changes)
    for index in indexes:
        db.execute(index)
    db.execute("TRUNCATE infra_event_out")
    db.execute("VACUUM (ANALYZE)")
    db.execute("CHECKPOINT")


def clear(db: psycopg.Connection[Any]) -> None:
    """Nothing is signed up, told or ordered."""
    db.execute(
        f"TRUNCATE {', '.join(TABLES)}, onboarding_gateway_event, onboarding_gateway_order, onboarding_sandbox_order,"
        " infra_event_out, infra_audit_pending CASCADE"
    )
