"""What a session does to its campaign's lead, through the campaign's own actions; and whose lead it is."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import translation

from ringround.campaigns import actions as campaigns
from ringround.campaigns.queries import Campaign, Lead
from ringround.contacts import actions as contacts_do
from ringround.contacts import queries as contacts
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.kernel.messages import N_
from ringround.onboarding import texts
from ringround.onboarding.models import Session
from ringround.onboarding.rules.session import LIVE, REASONS
from ringround.onboarding.rules.workflow import CONTACT_ROLES, LANGUAGES
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor

LIST = "Onboarding"
_TYPES = {"phone": "phone", "email": "email", "external_id": "external_id"}
# No role of a list's column: it is known again by its name.
_BY_NAME = "business_code"


def known_of(contact_id: UUID) -> dict[str, str]:
    """{role: value} of a contact, as far as its list's columns have roles; what agents may not see is left out."""
    found = contacts.contacts_for_leads([contact_id])
    if not found:
        return {}
    one = found[0]
    known: dict[str, str] = {}
    for role, column in _columns(one.list_id).items():
        value = one.fields.get(column.name)
        if column.for_agents and column.name not in one.national_ids and value not in (None, "", []):
            known[role] = str(value)
    number = next((each.e164 for each in one.numbers if each.e164 and each.valid), None)
    if number:
        known["phone"] = number
    if one.external_id:
        known.setdefault("external_id", one.external_id)
    return known


def find(
    *, campaign: Campaign, lead_id: UUID | None, external_id: str | None, contact_id: UUID | None = None
) -> Lead | None:
    """The campaign's lead that is meant: by its id, by the caller's own, or by its contact. NotFound for an id that is
    none of the campaign's."""
    leads = Lead.objects.filter(campaign=campaign.id)
    if lead_id is not None:
        found = leads.filter(id=lead_id).first()
        if found is None:
            raise NotFound("lead")
        return found
    found = leads.filter(external_lead_id=external_id).first() if external_id else None
    if found is None and contact_id is not None:
        found = leads.filter(contact=contact_id).first()
    return found


def place(*, campaign: Campaign, external_id: str, given: Mapping[str, str]) -> Lead:
    """The lead of somebody who was not known: put on the merchant's list "Onboarding", which is made on demand, and
    placed under the caller's own id."""
    system = orgs.system_actor(organisation_id=campaign.merchant_id)
    try:
        with transaction.atomic():
            list_id = _list(system)
            columns = _columns(list_id)
            fields = {columns[role].name: value for role, value in _fitting(given, columns).items() if role in columns}
            if not fields:
                raise Invalid.one(("contact",), "required", N_("Say who it is."))
            try:
                contact_id = contacts_do.contact_create(actor=system, list_id=list_id, fields=fields).id
            except Invalid as wrong:
                raise Invalid(_under(wrong)) from None
            campaigns.leads_add(
                actor=system, campaign_id=campaign.id,
                leads=[campaigns.NewLead(contact_id=contact_id, external_lead_id=external_id)],
            )  # fmt: skip
    except Conflict as clash:
        # Somebody submitted for the same person at the same moment.
        if clash.code != "external_id_taken":
            raise
    found = find(campaign=campaign, lead_id=None, external_id=external_id)
    assert found is not None
    return found


def _list(system: Actor) -> UUID:
    found = contacts.contact_list_find(actor=system, name=LIST)
    if found is None:
        try:
            with transaction.atomic():
                return contacts_do.contact_list_create(actor=system, name=LIST, columns=columns_in(system)).id
        except (Conflict, Invalid):
            # Made by somebody else at the same moment.
            found = contacts.contact_list_find(actor=system, name=LIST)
            if found is None:
                raise
    if found.archived_at is not None:
        contacts_do.contact_list_restore(actor=system, list_id=found.id)
    return found.id


def columns_in(system: Actor) -> list[dict[str, str]]:
    """Columns of our own list, as its organisation's people read them; what identifies somebody is kept with the
    session, sealed."""
    with translation.override(system.organisation.language):
        return [
            {"name": str(texts.CONTACT_ROLES[role]), "type": _TYPES.get(role, "text")}
            | ({} if role in (_BY_NAME, "external_id") else {"role": role})
            for role in CONTACT_ROLES
            if role != "national_id"
        ]


def _named(role: str) -> set[str]:
    """What a column of the role may be called."""
    found = {role}
    for language in LANGUAGES:
        with translation.override(language):
            found.add(str(texts.CONTACT_ROLES[role]))
    return found


def _fitting(given: Mapping[str, str], columns: Mapping[str, Any]) -> dict[str, str]:
    """What is known, as a list of one's own may have it: with the whole name in one column, or in two."""
    names = [given[role] for role in ("first_name", "last_name") if given.get(role)]
    whole = given.get("name") or " ".join(names) or given.get("company", "")
    fitting = dict(given)
    if whole and "name" in columns and not {"first_name", "last_name"} & columns.keys():
        fitting["name"] = whole
    if given.get("name") and "name" not in columns and "last_name" in columns:
        fitting.setdefault("last_name", given["name"])
    return fitting


def _columns(list_id: UUID) -> dict[str, Any]:
    """The list's columns by role; of several telephones the first."""
    found: dict[str, Any] = {}
    for column in contacts.columns_for_leads(list_ids=[list_id]).get(list_id, ()):
        role = "phone" if column.type == "phone" else "external_id" if column.type == "external_id" else column.role
        if role is None and column.name in _named(_BY_NAME):
            role = _BY_NAME
        if role is not None:
            found.setdefault(role, column)
    return found


def correct(*, actor: Actor, contact_id: UUID, given: Mapping[str, str], known: Mapping[str, str]) -> None:
    """What was said of a known contact goes onto it, as far as its list lets agents change it."""
    found = contacts.contacts_for_leads([contact_id])
    if not found:
        return
    fields = {
        column.name: given[role]
        for role, column in _columns(found[0].list_id).items()
        if role in given and given[role] != known.get(role) and column.editable and column.for_agents
        and column.type != "external_id"
    }  # fmt: skip
    if not fields:
        return
    try:
        contacts_do.contact_change_for_lead(actor=actor, contact_id=contact_id, fields=fields)
    except NotFound:
        return  # erased a moment ago
    except Invalid as wrong:
        raise Invalid(_under(wrong)) from None


def _under(wrong: Invalid) -> list[Fault]:
    return [Fault(("contact", *one.loc[1:]), one.code, one.detail, one.extra) for one in wrong.errors]


# --- the lead and its session -----------------------------------------------------------------


def submitted(session: Session, *, actor: Actor, now: datetime) -> campaigns.Submitted | None:
    """The lead is processed: the attempt counted, given back, and waits for the session."""
    if session.lead_id is None:
        return None
    return campaigns.lead_submitted(
        actor=actor, lead_id=session.lead_id, session_id=session.id, until=session.expires_at, now=now
    )


def waits(session: Session, *, now: datetime) -> None:
    """The session may be accepted for longer than was said before."""
    if session.lead_id is not None:
        campaigns.lead_waits(lead_id=session.lead_id, until=session.expires_at, now=now)


def settled(session: Session, *, now: datetime) -> None:
    """The session has ended, and what becomes of its lead follows."""
    if session.lead_id is None or session.reason == "erased":
        # Who was erased has said nothing, and their campaign closes the lead.
        return
    others = Session.objects.filter(lead=session.lead_id, status__in=[one.value for one in LIVE])
    waiting = others.exclude(id=session.id).order_by("-expires_at").values_list("expires_at", flat=True).first()
    campaigns.lead_settle(
        lead_id=session.lead_id,
        ended=campaigns.Ended(
            session_id=session.id, status=session.status, reason=session.reason,
            taken_back=session.reason == "cancelled", note=_note(session), agent_id=session.user_id,
            attempt_id=_attempt(session), waits_until=waiting,
        ),
        now=now, cause={"session": str(session.id)},
    )  # fmt: skip


def _note(session: Session) -> str:
    """Why it ended, in the language of the merchant's people."""
    if session.reason not in REASONS:
        return ""
    language = orgs.organisation_get(organisation_id=session.merchant_id).language
    with translation.override(language):
        return str(REASONS[session.reason])


def _attempt(session: Session) -> UUID | None:
    kept: Any = session.snapshot.get("attempt")
    return UUID(kept) if kept else None
