"""Making a campaign, and changing its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from ringround.campaigns import ports
from ringround.campaigns.actions.leads import list_leads_add
from ringround.campaigns.actions.plan import background
from ringround.campaigns.actions.plan.parts import default_dispositions, dispositions_put, form_put
from ringround.campaigns.actions.plan.people import agents_put, drop_unfit, supervisors_put
from ringround.campaigns.actions.plan.store import lock, tell, touch
from ringround.campaigns.models import Campaign, Disposition
from ringround.campaigns.queries.external import external_system_id
from ringround.campaigns.queries.sites import external_site_id
from ringround.campaigns.rules import lifecycle, parameters
from ringround.campaigns.rules import settings as rules_settings
from ringround.contacts import queries as contacts
from ringround.infra import clock
from ringround.kernel.errors import Conflict, Fault, Invalid, NotFound
from ringround.kernel.ids import parse_id
from ringround.kernel.messages import N_
from ringround.kernel.windows import DEFAULT_HOURS
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require

NAME_TAKEN = N_("Another campaign has this name.")
WIZARD_STEPS = 5
# Named with the campaign, but kept elsewhere than in a column of its own.
_APART = frozenset({"merchant", "agency", "lists", "dispositions", "form", "agents", "supervisors"})


@transaction.atomic
def campaign_create(
    *, actor: Actor, fields: Mapping[str, Any], planned: bool = False, copied_from: UUID | None = None
) -> Campaign:
    """Make a campaign: `name` and `mode` at least, by the API's names. It has the default dispositions and hours.

    `planned`: nobody will be led through the wizard's steps one by one; each is open from the first. `copied_from` is
    the campaign or template whose plan `fields` holds.

    Contacts of its lists become its leads in the background.
    """
    require(actor, "campaigns.create")
    faults: list[Fault] = []
    given = parameters.read({k: v for k, v in fields.items() if k not in _APART}, faults)
    for needed in ("name", "mode"):
        if needed not in fields:
            faults.append(Fault((needed,), "required", N_("This is required.")))
    merchant = actor.organisation
    if fields.get("merchant") not in (None, merchant.id, str(merchant.id)):
        faults.append(Fault(("merchant",), "unknown_merchant", N_("You cannot make campaigns for this merchant.")))
    elif merchant.kind != "merchant":
        faults.append(
            Fault(("merchant",), "not_a_merchant", N_("A campaign belongs to a merchant. Act for one to make it."))
        )
    agency_id = _agency(merchant.id, fields.get("agency") or (actor.home or merchant).id, faults)
    lists = _lists(merchant.id, fields.get("lists") or [], faults)
    _system([merchant.id, agency_id], given, faults)
    _site([merchant.id, agency_id], given, faults)
    _workflow(merchant.id, given, faults)
    plan = {"starts_at": None, "ends_at": None, "external_site": None, **given}
    settings = {**rules_settings.defaults(str(given.get("mode", ""))), **given.get("settings", {})}
    if not faults:
        faults += parameters.together({**plan, "settings": settings})
    if faults or agency_id is None:
        raise Invalid(faults)
    campaign = Campaign(
        merchant=merchant,
        agency_id=agency_id,
        created_by=actor.user,
        created_at=clock.now(),
        timezone=given.pop("timezone", merchant.timezone),
        holidays=given.pop("holidays", merchant.region),
        hours=given.pop("hours", DEFAULT_HOURS.to_json()),
        **{name: value for name, value in given.items() if name != "settings"},
        settings=settings,
        event_no=0,
        wizard_step=WIZARD_STEPS if planned else 1,
    )
    tell(campaign, actor, "created", mode=campaign.mode, **({"copied_from": str(copied_from)} if copied_from else {}))
    try:
        with transaction.atomic():
            campaign.save(force_insert=True)
    except IntegrityError as clash:
        raise Invalid.one("name", "name_taken", NAME_TAKEN) from clash
    Disposition.objects.bulk_create(default_dispositions(campaign, merchant.language))
    _put_lists(campaign, lists)
    for list_id in lists:
        background.defer_list(campaign_id=campaign.id, list_id=list_id)
    return _put_parts(actor, campaign, fields)


@transaction.atomic
def campaign_change(
    *, actor: Actor, campaign_id: UUID, fields: Mapping[str, Any], version: int | None = None
) -> Campaign:
    """Change parameters by the API's names; `settings` merge. Nothing changes when anything is refused.

    `version` is the one the form was opened on: a parameter that somebody else has changed since is 409
    `changed_meanwhile` with its name and who, and one that nobody touched goes through.

    1. Read and check what is asked. 2. Keep what differs. 3. See whether somebody was quicker. 4. Ask the lifecycle.
    5. Write. 6. Start what follows in the background.
    """
    campaign = lock(actor=actor, campaign_id=campaign_id, permission="campaigns.change")

    # 1.
    faults: list[Fault] = []
    wanted = parameters.read({k: v for k, v in fields.items() if k not in _APART}, faults)
    if fields.get("merchant") not in (None, campaign.merchant_id, str(campaign.merchant_id)):
        faults.append(Fault(("merchant",), "unchangeable", N_("A campaign stays with its merchant.")))
    if fields.get("agency") is not None:
        wanted["agency"] = _agency(campaign.merchant_id, fields["agency"], faults)
        if wanted["agency"] not in (None, campaign.agency_id):
            # What it keeps may have been the former agency's.
            wanted.setdefault("external_system", campaign.external_system)
            wanted.setdefault("external_site", campaign.external_site)
    lists = _lists(campaign.merchant_id, fields["lists"], faults) if "lists" in fields else None
    _system([campaign.merchant_id, wanted.get("agency") or campaign.agency_id], wanted, faults)
    _site([campaign.merchant_id, wanted.get("agency") or campaign.agency_id], wanted, faults)
    if wanted.get("workflow") != campaign.workflow:
        _workflow(campaign.merchant_id, wanted, faults)
    if faults:
        raise Invalid(faults)

    # 2.
    settings = _settings(campaign, wanted)
    changed = _changed(campaign, wanted, settings)
    before = _list_ids(campaign)
    if lists is not None and set(lists) != set(before):
        changed.add("lists")
    together = {name: wanted.get(name, getattr(campaign, name)) for name in ("starts_at", "ends_at", "external_site")}
    if faults := parameters.together({**together, "settings": settings}):
        raise Invalid(faults)
    if not changed:
        return _put_parts(actor, campaign, fields)

    # 3.
    if version is not None:
        _check_version(campaign, changed, version)

    # 4.
    after = lifecycle.after_change(campaign.state, changed)

    # 5.
    replace = "packs" in changed or bool({name.removeprefix("settings.") for name in changed} & rules_settings.PLACING)
    for name, value in wanted.items():
        if name == "agency":
            campaign.agency_id = value
        elif name != "settings":
            setattr(campaign, name, value)
    campaign.settings = settings
    touch(campaign, actor, sorted(changed))
    if after.value != campaign.state:
        campaign.state, campaign.approved_by = after.value, None
        tell(campaign, actor, "unapproved", fields=sorted(changed & lifecycle.APPROVED_FIELDS))
    tell(campaign, actor, "changed", fields=sorted(changed))
    try:
        with transaction.atomic():
            campaign.save()
    except IntegrityError as clash:
        raise Invalid.one("name", "name_taken", NAME_TAKEN) from clash
    if "agency" in changed:
        drop_unfit(actor=actor, campaign=campaign)
        campaign.refresh_from_db(fields=["agency"])

    # 6.
    if lists is not None and "lists" in changed:
        _put_lists(campaign, lists)
        for list_id in [one for one in lists if one not in before]:
            background.defer_list(campaign_id=campaign.id, list_id=list_id)
    if "follow_lists" in changed:
        background.defer_lists(campaign)
    if replace:
        background.defer_replace(campaign_id=campaign.id)
    return _put_parts(actor, campaign, fields)


def _put_parts(actor: Actor, campaign: Campaign, fields: Mapping[str, Any]) -> Campaign:
    """Dispositions, form and people that were said together with the parameters."""
    if fields.get("dispositions") is not None:
        campaign = dispositions_put(actor=actor, campaign_id=campaign.id, dispositions=fields["dispositions"])
    if fields.get("form") is not None:
        campaign = form_put(actor=actor, campaign_id=campaign.id, form=fields["form"])
    for name, put in (("supervisors", supervisors_put), ("agents", agents_put)):
        if fields.get(name) is None:
            continue
        try:
            campaign = put(actor=actor, campaign_id=campaign.id, users=fields[name])
        except Invalid as wrong:
            raise Invalid([Fault((name, *f.loc[1:]), f.code, f.detail, f.extra) for f in wrong.errors]) from wrong
    return campaign


def wizard_save(*, actor: Actor, campaign_id: UUID, step: int) -> None:
    """Remember that the wizard has come past this step, so that it reopens where it was left."""
    with transaction.atomic():
        campaign = lock(actor=actor, campaign_id=campaign_id, permission="campaigns.change")
        if step > campaign.wizard_step:
            campaign.wizard_step = step
            campaign.save(update_fields=["wizard_step"])


# --- lists ------------------------------------------------------------------------------------


@transaction.atomic
def list_attach(*, actor: Actor, campaign_id: UUID, list_id: UUID) -> None:
    """Put a list on the campaign: its contacts become leads in the background. Again: it is gone through again.

    A new list is the merchant's to give; its agency may only have one of the campaign gone through again.
    """
    campaign = lock(actor=actor, campaign_id=campaign_id, permission="campaigns.leads.add")
    lifecycle.after_change(campaign.state, {"lists"})
    there = list_id in _list_ids(campaign)
    faults: list[Fault] = []
    _lists(campaign.merchant_id, [list_id] if there or actor.org_id == campaign.merchant_id else [None], faults)
    if faults:
        raise Invalid([Fault(("list",), faults[0].code, faults[0].detail)])
    if not there:
        _put_lists(campaign, [*_list_ids(campaign), list_id])
        touch(campaign, actor, ["lists"])
        tell(campaign, actor, "changed", fields=["lists"])
        campaign.save(update_fields=["version", "changed", "event_no"])
    background.defer_list(campaign_id=campaign.id, list_id=list_id)


# --- inside -----------------------------------------------------------------------------------


def _agency(merchant_id: UUID, raw: object, faults: list[Fault]) -> UUID | None:
    """The agency, when it may work for the merchant: being the same, managing it, or by a live link."""
    found = parse_id(raw)
    if found is None or not orgs.link_is_live(merchant_id=merchant_id, agency_id=found):
        faults.append(Fault(("agency",), "unknown_agency", N_("There is no live link to such an agency.")))
        return None
    return found


def _lists(merchant_id: UUID, raw: object, faults: list[Fault]) -> list[UUID]:
    if not isinstance(raw, Sequence) or isinstance(raw, str | bytes):
        faults.append(Fault(("lists",), "wrong_type", N_("Give a list of contact lists.")))
        return []
    ids = [parse_id(one) for one in raw]
    known = contacts.contact_list_names(org_id=merchant_id, ids=[one for one in ids if one])
    for index, one in enumerate(ids):
        if one is None or one not in known:
            faults.append(Fault(("lists", index), "unknown_list", N_("There is no such contact list.")))
    return list(dict.fromkeys(one for one in ids if one in known))


def _system(organisation_ids: Sequence[UUID | None], given: dict[str, Any], faults: list[Fault]) -> None:
    """The external system, named by id or key, becomes its id."""
    ref = given.get("external_system")
    if ref is None:
        return
    found = external_system_id(organisation_ids=[one for one in organisation_ids if one], ref=ref)
    if found is None:
        faults.append(Fault(("external_system",), "unknown_external_system", N_("There is no such external system.")))
    given["external_system"] = str(found)


def _site(organisation_ids: Sequence[UUID | None], given: dict[str, Any], faults: list[Fault]) -> None:
    """The external site, named by its id, is one of theirs."""
    ref = given.get("external_site")
    if ref is None:
        return
    found = external_site_id(organisation_ids=[one for one in organisation_ids if one], ref=ref)
    if found is None:
        faults.append(Fault(("external_site",), "unknown_external_site", N_("There is no such external site.")))
    given["external_site"] = str(found)


def _workflow(merchant_id: UUID, given: Mapping[str, Any], faults: list[Fault]) -> None:
    """The workflow is the merchant's own, and has not been put away."""
    wanted = given.get("workflow")
    if wanted is not None and wanted not in {id for id, _name in ports.workflows(merchant_id)}:
        faults.append(Fault(("workflow",), "unknown_workflow", N_("There is no such workflow.")))


def _list_ids(campaign: Campaign) -> list[UUID]:
    """The campaign's lists in the order in which they were put on it."""
    rows = Campaign.lists.through.objects.filter(campaign_id=campaign.id).order_by("id")
    return list(rows.values_list("contactlist_id", flat=True))


def _put_lists(campaign: Campaign, lists: Sequence[UUID]) -> None:
    through = Campaign.lists.through
    before = _list_ids(campaign)
    through.objects.filter(campaign_id=campaign.id).exclude(contactlist_id__in=lists).delete()
    through.objects.bulk_create(
        through(campaign_id=campaign.id, contactlist_id=one) for one in lists if one not in before
    )


def _settings(campaign: Campaign, wanted: Mapping[str, Any]) -> dict[str, Any]:
    """The settings after the change. Another mode brings its own default for skipping, unless skipping was chosen."""
    old = rules_settings.whole(campaign.settings)
    asked = dict(wanted.get("settings", {}))
    mode = wanted.get("mode", campaign.mode)
    if mode != campaign.mode and "skip" not in asked and old["skip"] == rules_settings.defaults(campaign.mode)["skip"]:
        asked["skip"] = rules_settings.defaults(mode)["skip"]
    return {**old, **asked}


def _changed(campaign: Campaign, wanted: Mapping[str, Any], settings: Mapping[str, Any]) -> set[str]:
    """Names of what differs; each setting by itself, as `settings.skip`."""
    changed = {
        name
        for name, value in wanted.items()
        if name != "settings" and value != (campaign.agency_id if name == "agency" else getattr(campaign, name))
    }
    old = rules_settings.whole(campaign.settings)
    return changed | {f"settings.{name}" for name, value in settings.items() if value != old.get(name)}


def _check_version(campaign: Campaign, changed: set[str], version: int) -> None:
    """409 when a parameter to be changed was changed by somebody since `version`."""
    late = {name: by for name in sorted(changed) if (by := campaign.changed.get(name)) and by[0] > version}
    if not late:
        return
    names = orgs.user_names(user_ids=[parse_id(by[1]) for by in late.values()])
    faults = []
    for name, (_at, who) in late.items():
        person = names.get(parse_id(who) or UUID(int=0), "")
        faults.append(
            Fault(
                tuple(name.split(".")), "changed_meanwhile",
                N_("%(name)s has changed this.", name=person) if person else N_("This was changed meanwhile."),
                {"by": who, "now": _now(campaign, name)},
            )
        )  # fmt: skip
    raise Conflict("changed_meanwhile", N_("Somebody else has changed this campaign meanwhile."), errors=faults)


def _now(campaign: Campaign, name: str) -> Any:
    if name == "lists":
        return [str(one) for one in _list_ids(campaign)]
    if name == "agency":
        return str(campaign.agency_id)
    place, _, setting = name.partition(".")
    value = rules_settings.whole(campaign.settings)[setting] if setting else getattr(campaign, place)
    return value.isoformat() if isinstance(value, datetime) else value


def list_attach_run(*, campaign_id: UUID, list_id: UUID) -> int:
    """Every contact of the list that is not a lead yet becomes one, in batches; how many. Safe to run again."""
    campaign = Campaign.objects.filter(id=campaign_id).first()
    if campaign is None:
        raise NotFound("campaign")
    if list_id not in _list_ids(campaign):
        return 0  # taken off again before its turn came
    return list_leads_add(campaign_id=campaign_id, contact_ids=_contacts_of(list_id))


def _contacts_of(list_id: UUID) -> Iterator[UUID]:
    """Ids of a list's contacts in the order they came, read page by page: a list may have millions."""
    after: UUID | None = None
    while page := contacts.contact_ids_of_list(list_id, after=after):
        yield from page
        after = page[-1]
