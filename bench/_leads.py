"""A campaign with as many leads as a measurement wants. One of each thing is made by the product's own actions; the others
are copies of those rows with ids, positions and numbers of their own, made by statements over whole sets. The columns that
place a lead are the product's for the first one and hold for all: new leads in the order of their positions (`check`).
Contacts carry no search text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import psycopg

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
# An agent's id from a number of twelve digits, so that a pgbench script can name a new one at each claim.
AGENT, FIRST = "01900000-0000-7000-9000-", 100_000_000_000
# From so many rows on, indexes are built after the rows.
MANY = 200_000


@dataclass
class Ground:
    """The campaign, and how many leads it has by now."""

    campaign: UUID
    agents: int
    leads: int = 1


def begin(admin: str, agents: int) -> Ground:
    """A running campaign with one lead and so many agents; beside it the bare queue's table."""
    from procrastinate.contrib.django import app

    from ringround.campaigns import actions as campaigns
    from ringround.campaigns.models import Campaign, Lead
    from ringround.contacts import actions as contacts
    from ringround.infra import clock
    from ringround.orgs.actor import Actor
    from ringround.orgs.models import Membership, Organisation, User

    with clock.frozen(NOW):
        org = Organisation.objects.create(name="Hjælpen", kind="merchant", created_at=NOW)
        person = User.objects.create(
            id=UUID(f"{AGENT}{0:012d}"), email="agent@example.org", name="Agent", language="en"
        )
        Membership.objects.create(organisation=org, user=person, role="owner")
        actor = Actor(user=person, organisation=org, home=org, role="owner")
        columns = [{"name": "name", "type": "text", "role": "name"}, {"name": "mobile", "type": "phone"}]
        listed = contacts.contact_list_create(actor=actor, name="Givere", columns=columns, region="DK")
        fields = {"name": "Person", "mobile": "28 12 34 56"}
        contact = contacts.contact_create(actor=actor, list_id=listed.id, fields=fields)
        hours = {day: [["00:00", "24:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
        made = campaigns.campaign_create(
            actor=actor,
            fields={"name": "Efterår", "mode": "preview", "lists": [str(listed.id)], "hours": hours, "holidays": None},
        )
        campaigns.list_leads_add(campaign_id=made.id, contact_ids=[contact.id])
        # And the product's own job for the list: left over, it would read a million contacts beside what is measured.
        with app.replace_connector(app.connector.get_worker_connector()) as worker:  # type: ignore[attr-defined]
            worker.run_worker(wait=False, install_signal_handlers=False, listen_notify=False)
        Campaign.objects.filter(id=made.id).update(state="running")
        lead = Lead.objects.values_list("id", flat=True).get(campaign=made.id)
    with psycopg.connect(admin, autocommit=True) as db:
        _hasten(db)
        user = f"('{AGENT}' || ({FIRST} + n))::uuid"
        changes = {"id": user, "email": "'agent' || n || '@example.org'"}
        for table, one in (("orgs_user", person.id), ("contacts_contact", contact.id), ("campaigns_lead", lead)):
            # As they are now: the first lead is the first to be worked.
            db.execute(f"CREATE TABLE first_{table} AS SELECT * FROM {table} WHERE id = '{one}'")
        _copies(db, "orgs_user", 0, agents - 1, changes)
        db.execute(
            "CREATE TABLE bare_lead (id uuid PRIMARY KEY, campaign_id uuid NOT NULL, position bigint NOT NULL,"
            " reserved_by uuid, reserved_until timestamptz)"
        )
        db.execute("GRANT ALL ON bare_lead TO PUBLIC")
    ground = Ground(made.id, agents)
    people(admin, ground)
    return ground


def load(admin: str, leads: int, agents: int, *, contact: str = "", lead: str = "") -> UUID:
    """Such a campaign at once; `contact` and `lead` as for `grow`."""
    ground = begin(admin, agents)
    grow(admin, ground, leads, contact=contact, lead=lead)
    return ground.campaign


def people(admin: str, ground: Ground) -> None:
    """All these agents, and nobody else, are on the campaign."""
    user = f"('{AGENT}' || ({FIRST} + n))::uuid"
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute("DELETE FROM campaigns_member WHERE campaign_id = %s", [ground.campaign])
        db.execute(
            "INSERT INTO campaigns_member (id, campaign_id, user_id, duty, retried_streak)"
            f" SELECT gen_random_uuid(), '{ground.campaign}', {user}, 'agent', 0"
            f" FROM generate_series(0, {ground.agents - 1}) AS n"
        )


def grow(
    admin: str, ground: Ground, leads: int, *, bare: bool = True, contact: str = "", lead: str = ""
) -> None:  # fmt: skip
    """To so many leads, in the campaign and in the bare queue; vacuumed, as if the relay had moved all events. `contact`
    and `lead` say what more the n-th copy has of its own: `, 'column', value` in SQL."""
    first = ground.leads + 1
    contact_id, lead_id = (f"('01900000-0000-7000-{kind}000-' || lpad(n::text, 12, '0'))::uuid" for kind in "ac")
    tables = ("contacts_contact", "campaigns_lead", *(["bare_lead"] if bare else []))
    with psycopg.connect(admin, autocommit=True) as db:
        _hasten(db)
        indexes = _take_down(db, tables) if leads - ground.leads >= MANY else []
        _copies(db, "contacts_contact", first, leads, {"id": contact_id, "search": "''"}, contact)
        changes = {
            "id": lead_id, "contact_id": contact_id, "position": "n",
            "numbers": "ARRAY['+452' || lpad(n::text, 7, '0')]",
        }  # fmt: skip
        _copies(db, "campaigns_lead", first, leads, changes, lead)
        if bare:
            db.execute(
                f"INSERT INTO bare_lead SELECT {lead_id}, '{ground.campaign}', n"
                f" FROM generate_series({first}, {leads}) AS n"
            )
        for index in indexes:
            db.execute(index)
        db.execute("UPDATE campaigns_campaign SET next_position = %s WHERE id = %s", [leads + 1, ground.campaign])
        db.execute("TRUNCATE infra_event_out")
        db.execute("VACUUM (ANALYZE)")
        db.execute("CHECKPOINT")
    ground.leads = leads


def numbers(admin: str) -> None:
    """Every contact has a mobile number that may be written to."""
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute("SET session_replication_role = replica")
        db.execute("SET synchronous_commit = off")
        db.execute(
            "INSERT INTO contacts_number (id, contact_id, organisation_id, position, label, e164, written, type, valid,"
            " suppressed) SELECT gen_random_uuid(), c.id, c.organisation_id, 1, 'sms', v.e164, v.e164, 'mobile_or_fixed',"
            " true, false FROM contacts_contact c, LATERAL (SELECT '+45' || (26000000 + right(c.id::text, 12)::bigint"
            " % 3000000) AS e164) v WHERE c.id >= '01900000-0000-7000-a000-000000000000'"
            " AND c.id <= '01900000-0000-7000-a000-999999999999' ON CONFLICT DO NOTHING"
        )
        db.execute("VACUUM (ANALYZE) contacts_number")


def check(ground: Ground) -> None:
    """The leads are as `rules.place` would have them."""
    from ringround.campaigns.queries.plan_facts import plan_load
    from ringround.campaigns.queries.rows import facts
    from ringround.campaigns.rules.place import place
    from ringround.infra import sql

    plan = plan_load(campaign_id=ground.campaign)
    for n in range(2, ground.leads, max(1, ground.leads // 97)):
        row = sql.row("campaigns", "lead_read", lead=UUID(f"01900000-0000-7000-c000-{n:012d}"))
        assert row is not None
        at = place(facts(row), plan.order, row["created_at"])
        if row["queue"] is None:
            continue  # worked by now
        for name in ("queue", "for_agent", "rank", "rank_text", "turn_at"):
            assert row[name] == getattr(at, name), (n, name)


def _hasten(db: psycopg.Connection[Any]) -> None:
    # References are right by construction; looking each up would take longer than all the rest.
    db.execute("SET session_replication_role = replica")
    db.execute("SET synchronous_commit = off")
    db.execute("SET maintenance_work_mem = '512MB'")


def _take_down(db: psycopg.Connection[Any], tables: tuple[str, ...]) -> list[str]:
    """Drop the indexes that no constraint stands on; the statements that make them again."""
    found = db.execute(
        "SELECT c.relname, pg_get_indexdef(i.indexrelid) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE i.indrelid = ANY (%s::regclass[]::oid[])"
        " AND NOT EXISTS (SELECT FROM pg_constraint k WHERE k.conindid = i.indexrelid)",
        [list(tables)],
    ).fetchall()
    for name, _definition in found:
        db.execute(f'DROP INDEX "{name}"')
    return [definition for _name, definition in found]


def _copies(
    db: psycopg.Connection[Any], table: str, first: int, last: int, changes: Mapping[str, str], more: str = ""
) -> None:  # fmt: skip
    """Copies of the table's first row, numbered `n`, with some columns changed."""
    names = [
        name
        for (name,) in db.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            " AND attgenerated = '' ORDER BY attnum",
            [table],
        ).fetchall()
    ]
    assert set(changes) <= set(names), (table, set(changes) - set(names))
    if more:
        pairs = ", ".join(f"'{name}', {value}" for name, value in changes.items()) + more
        values = ", ".join(f'r."{name}"' for name in names)
        made = f", LATERAL jsonb_populate_record(t, jsonb_build_object({pairs})) AS r"
    else:
        values, made = ", ".join(changes.get(name, f't."{name}"') for name in names), ""
    columns = ", ".join(f'"{name}"' for name in names)
    db.execute(
        f"INSERT INTO {table} ({columns}) SELECT {values} FROM first_{table} AS t,"
        f" generate_series({first}, {last}) AS n{made}"
    )
