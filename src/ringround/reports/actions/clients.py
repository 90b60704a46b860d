"""The end of the work for a client: its data is returned as an archive, and deleted.

Both are done in the background. An archive is made anew by whoever takes over from a killed worker; a deletion goes on
where it was left, since each batch takes what is still there.
"""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import translation
from procrastinate.contrib.django import app

from ringround.campaigns import actions as campaign_actions
from ringround.campaigns import queries as campaigns
from ringround.contacts import actions as contacts
from ringround.http import actions as http
from ringround.infra import audit, clock, files, jobs
from ringround.infra.unit import action, unit
from ringround.journeys import actions as journeys
from ringround.kernel import text
from ringround.kernel.errors import Conflict, Invalid, NotFound
from ringround.kernel.messages import N_
from ringround.messaging import actions as messaging
from ringround.onboarding import actions as onboarding
from ringround.orgs import actions as orgs_actions
from ringround.orgs import queries as orgs
from ringround.orgs.actor import Actor
from ringround.orgs.permissions import require
from ringround.reports import archive
from ringround.reports.models import ClientDeletion, ClientExport, Schedule
from ringround.telephony import actions as telephony

log = logging.getLogger(__name__)
EXPORT, DELETE = "reports.clients.export", "reports.clients.delete"
EXPORT_TASK, DELETE_TASK, QUEUE = "reports.client_export_run", "reports.client_delete_run", "reports"
FORMATS = ("csv", "xlsx")
# How long an archive lies here.
KEPT = timedelta(days=7)
BATCH = 500
# How often it is looked whether payment providers have been told.
LOOK = timedelta(minutes=1)
NOT_HERE = N_("This archive is not here any more. Make a new one.")


@dataclass(frozen=True, slots=True)
class Archive:
    """An archive's file, and what it is saved as."""

    path: Path
    name: str


class NotYet(Exception):
    """Something is still coming in; to be tried again."""


# --- returning --------------------------------------------------------------------------------


@action
def client_export(*, actor: Actor, client_id: UUID, format: str = "csv") -> ClientExport:
    """Ask for an archive of all that a client, or the actor's own merchant, has. 409 `export_running`, `closed`."""
    client = orgs.client_of(actor=actor, client_id=client_id)
    require(actor, EXPORT)
    if format not in FORMATS:
        raise Invalid.one("format", "unknown_choice", N_("This is not one of the choices."))
    if client.kind != "merchant":
        raise Conflict("not_a_merchant", N_("Only merchants have contacts."))
    if client.closing_at is not None:
        raise Conflict("closed", N_("The work for this organisation is over."))
    made = ClientExport(organisation=client, format=format, created_by=actor.user, created_at=clock.real_now())
    try:
        with transaction.atomic():
            made.save(force_insert=True)
    except IntegrityError:
        raise Conflict("export_running", N_("An archive is being made already."), allowed=["done"]) from None
    _defer(EXPORT_TASK, f"client-export:{made.id}", export_id=str(made.id))
    _write(actor, "reports.client.export_asked", client.id, {"format": format})
    return made


def client_export_run(*, export_id: UUID) -> None:
    """Make the archive, as whoever asked for it may today; safe to run again."""
    made = (
        ClientExport.objects.select_related("organisation")
        .filter(id=export_id, state__in=("queued", "running"))
        .first()
    )
    if made is None:
        return
    actor = orgs.actor_later(
        organisation_id=made.organisation_id, user_id=made.created_by_id, system_id=None, permission=EXPORT
    )
    if actor is None or actor.user is None:
        _end(made, state="failed", code="not_allowed")
        return
    ClientExport.objects.filter(id=made.id).update(state="running")
    relative = _relative(made)
    path = place(relative)
    files.folder(path.parent, within=Path(settings.RINGROUND.data))
    fresh, sheets = path.with_suffix(".part"), path.with_suffix(".sheets")
    try:
        with translation.override(actor.user.language), files.create(fresh) as out:
            rows = archive.write(
                out,
                actor=actor,
                kind=made.format,
                now=clock.now(),
                step=lambda done: _told(made.id, done),
                folder=files.folder(sheets, within=Path(settings.RINGROUND.data)),
            )
            out.flush()
            os.fsync(out.fileno())
        fresh.replace(path)
        size = path.stat().st_size
        shutil.rmtree(sheets, ignore_errors=True)
    except BaseException as fault:
        # Half of everybody's data is not left lying here, least of all on a full disk.
        fresh.unlink(missing_ok=True)
        shutil.rmtree(sheets, ignore_errors=True)
        if isinstance(fault, Gone):
            return
        raise
    if not _end(made, state="done", path=relative, rows=rows, size=size, expires_at=clock.real_now() + KEPT):
        # The organisation's data was deleted meanwhile.
        _unlink(made)


class Gone(Exception):
    """Nobody wants it any more."""


def _told(export_id: UUID, rows: int) -> None:
    if not ClientExport.objects.filter(id=export_id, state="running").update(rows=rows):
        raise Gone
    jobs.look_up()


def _end(made: ClientExport, **fields: Any) -> bool:
    still = ClientExport.objects.filter(id=made.id, state__in=("queued", "running"))
    return bool(still.update(finished_at=clock.real_now(), **fields))


@action
def client_export_file(*, actor: Actor, client_id: UUID, export_id: UUID) -> Archive:
    """The archive's file and what it is saved as; each time it is taken is written down. NotFound once it is gone."""
    client = orgs.client_of(actor=actor, client_id=client_id)
    made = ClientExport.objects.filter(organisation=client, id=export_id).first()
    if made is None:
        raise NotFound("export")
    require(actor, EXPORT)
    path = place(made.path) if made.path else None
    if (
        path is None
        or made.state != "done"
        or (made.expires_at or made.created_at) <= clock.real_now()
        or not path.is_file()
    ):
        raise NotFound("export", NOT_HERE)
    _write(actor, "reports.client.exported", client.id, {"export": str(made.id), "format": made.format})
    return Archive(path, f"ringround-{made.created_at:%Y-%m-%d}-{made.format}.zip")


def client_exports_clear() -> bool:
    """Delete the files whose time is over."""
    old = ClientExport.objects.filter(state="done", expires_at__lte=clock.real_now())
    for made in old.order_by("id"):
        _drop(made)
    return False


def _drop(made: ClientExport) -> None:
    # The file first: a row without a file says so, a file without a row would lie here for good.
    _unlink(made)
    ClientExport.objects.filter(id=made.id).update(state="gone", path="")


def _unlink(made: ClientExport) -> None:
    """Its file, also one that a killed worker left, of which the row says nothing."""
    path = place(_relative(made))
    for one in (path, path.with_suffix(".part")):
        one.unlink(missing_ok=True)
    shutil.rmtree(path.with_suffix(".sheets"), ignore_errors=True)


def _relative(made: ClientExport) -> str:
    return f"exports/{made.organisation_id}/{made.id}.zip"


def place(relative: str) -> Path:
    """The file behind a stored path."""
    return Path(settings.RINGROUND.data) / relative


# --- deleting ---------------------------------------------------------------------------------


@action
def client_delete(*, actor: Actor, client_id: UUID, name: str) -> ClientDeletion:
    """Delete all of a managed client's data, for good. `name` is the client's, to confirm.

    From now on nobody acts or calls for it. Codes: `name_differs`; 409 `campaigns_running`, `import_running`,
    `not_managed`, `closed`.
    """
    client = orgs.client_of(actor=actor, client_id=client_id)
    require(actor, DELETE)
    if text.clean(name) != client.name:
        raise Invalid.one("name", "name_differs", N_("This is not the client's name."))
    closed = orgs_actions.client_closing(actor=actor, client_id=client_id, permission=DELETE)
    running = campaigns.visible_campaigns(orgs.system_actor(organisation_id=closed.id)).filter(
        merchant_id=closed.id, state="running"
    )
    if names := list(running.order_by("name").values_list("name", flat=True)[:3]):
        words = N_("Campaigns are running: %(names)s. Pause or complete them first.", names=", ".join(names))
        raise Conflict("campaigns_running", words, allowed=["paused", "completed"])
    if contacts.imports_open(org_id=closed.id):
        raise Conflict("import_running", N_("A file is being imported. Try again when it is done."), allowed=["done"])
    # At once: nobody is to begin to pay into an account of whom the work is over.
    onboarding.gateways_switch_off(org_id=closed.id)
    made = ClientDeletion.objects.create(organisation=closed, created_by=actor.user, created_at=clock.real_now())
    _defer_deletion(closed.id)
    return made


def client_delete_run(*, organisation_id: UUID) -> None:
    """Delete what is still there, batch by batch; safe to be killed and run again, also twice at once.

    0. Journeys, which would go on. Sessions and agreements end, and payment providers are told: what stands there is
       called back and stopped.
    1. Contacts, with what campaigns and calls say of them, and suppressions.
    2. Messages, and calls of no lead.  3. What is left: plans' words, lists, files, schedules, webhooks, transports.
    4. Sessions, agreements and payment accounts, once providers have been told: for as long as that takes, two weeks at
       the most, it is left here, and gone on with by `clients_rescue`.  5. The client is closed.
    """
    if not ClientDeletion.objects.filter(organisation=organisation_id, finished_at__isnull=True).exists():
        return
    # Before all else: they would write, call and be read on.
    journeys.journeys_forget(org_id=organisation_id, size=BATCH)
    jobs.look_up()
    told = _payments_end(organisation_id)
    jobs.look_up()
    last: UUID | None = None
    while True:
        with unit():
            row = _mine(organisation_id)
            if row is None:
                return
            first, last = last is None, _batch(row, last)
        jobs.look_up()
        # Those that are emptied stay: each batch begins behind the one before, and one more round finds who came since.
        if first and last is None:
            break
    again = True
    while again:
        with unit():
            row = _mine(organisation_id)
            if row is None:
                return
            again = _suppressions(row)
        jobs.look_up()
    while messaging.messages_forget(org_id=organisation_id, size=BATCH):
        jobs.look_up()
    after = telephony.calls_forget(org_id=organisation_id, after=None, size=BATCH)
    while after is not None:
        jobs.look_up()
        after = telephony.calls_forget(org_id=organisation_id, after=after, size=BATCH)
    if contacts.imports_open(org_id=organisation_id):
        # It was begun in the moment in which the deletion was: it ends by itself, and what it brought goes then.
        raise NotYet
    campaign_actions.campaigns_forget(merchant_id=organisation_id)
    for made in ClientExport.objects.filter(organisation=organisation_id).exclude(state="gone").order_by("id"):
        _drop(made)
    # And what no row knows of: nobody makes an archive of it any more.
    shutil.rmtree(place(f"exports/{organisation_id}"), ignore_errors=True)
    if not told:
        return
    onboarding.onboarding_forget(org_id=organisation_id, size=BATCH)
    jobs.look_up()
    with unit():
        row = _mine(organisation_id)
        if row is None:
            return
        if contacts.contacts_lock(org_id=organisation_id, size=1):
            raise NotYet
        contacts.lists_forget(org_id=organisation_id)
        Schedule.objects.filter(organisation=organisation_id).delete()
        http.webhooks_delete(org_id=organisation_id)
        # Journeys may have written more while their contacts were still there.
        messaging.messages_forget(org_id=organisation_id, size=BATCH)
        messaging.ways_forget(org_id=organisation_id)
        orgs_actions.client_closed(actor=orgs.system_actor(organisation_id=organisation_id), client_id=organisation_id)
        row.finished_at = clock.real_now()
        row.save(update_fields=["finished_at"])


def _payments_end(organisation_id: UUID) -> bool:
    """End what a client has under way at payment providers; whether all is over there."""
    rows = ClientDeletion.objects.filter(organisation=organisation_id, finished_at__isnull=True)
    if rows.filter(untold__isnull=False).exists():
        return True
    ending = onboarding.merchant_end(org_id=organisation_id, size=BATCH, step=jobs.look_up)
    if ending.waiting:
        rows.update(waiting=ending.waiting, waits_until=clock.real_now() + LOOK)
        return False
    rows.update(waiting=0, waits_until=None, untold=ending.untold, listed=list(ending.listed))
    return True


def _mine(organisation_id: UUID) -> ClientDeletion | None:
    """The job's own row, locked before all else; None when it is over, or another is at it this moment."""
    rows = ClientDeletion.objects.select_for_update(skip_locked=True)
    return rows.filter(organisation=organisation_id, finished_at__isnull=True).first()


def _batch(row: ClientDeletion, after: UUID | None) -> UUID | None:
    """Delete the next contacts behind `after`; the last of them, None when there was none."""
    org_id = row.organisation_id
    wanted = contacts.contacts_lock(org_id=org_id, size=BATCH, after=after)
    if not wanted:
        return None
    # In the order of all: leads, then contacts with their keys; a lead made between the two is emptied too.
    emptied = campaign_actions.leads_erase(contact_ids=wanted)
    locked = contacts.contacts_lock(org_id=org_id, size=BATCH, ids=wanted)
    leads = campaigns.leads_by_contact(contact_ids=locked)
    if len(leads) != emptied:
        campaign_actions.leads_erase(contact_ids=locked)
    contacts.contacts_forget(org_id=org_id, contact_ids=locked, keep=set(leads))
    row.contacts += len(locked)
    row.save(update_fields=["contacts"])
    return wanted[-1]


def _suppressions(row: ClientDeletion) -> bool:
    """Delete the next suppressions; whether there was one."""
    gone = contacts.suppressions_forget(org_id=row.organisation_id, size=BATCH)
    if gone:
        row.suppressions += gone
        row.save(update_fields=["suppressions"])
    return gone > 0


def clients_rescue() -> bool:
    """What is written down as under way and nobody does any more: a deletion goes on, an archive has failed."""
    # The rows first, then the jobs: what was asked for in between has both.
    exports = list(ClientExport.objects.filter(state__in=("queued", "running")).order_by("id"))
    at_it = _under_way(EXPORT_TASK, "export_id") if exports else set()
    for made in exports:
        if str(made.id) not in at_it and _end(made, state="failed", code="lost"):
            _unlink(made)
    due = Q(waits_until__isnull=True) | Q(waits_until__lte=clock.real_now())
    deletions = list(ClientDeletion.objects.filter(due, finished_at__isnull=True).order_by("created_at"))
    at_it = _under_way(DELETE_TASK, "organisation_id") if deletions else set()
    for row in deletions:
        if str(row.organisation_id) not in at_it:
            _defer_deletion(row.organisation_id)
    return False


def _under_way(task: str, name: str) -> set[str]:
    return {str(args.get(name)) for args in jobs.under_way(task)}


def _defer_deletion(organisation_id: UUID) -> None:
    _defer(DELETE_TASK, f"client-delete:{organisation_id}", organisation_id=str(organisation_id))


def _defer(task: str, lock: str, **args: str) -> None:
    # One at a time: a second would make the same.
    app.configure_task(task, queue=QUEUE, lock=lock).defer(**args)


def _write(actor: Actor, act: str, client_id: UUID, data: Mapping[str, Any]) -> None:
    """In the client's log, and in that of the agency that acted."""
    for org_id in dict.fromkeys((client_id, actor.home_id)):
        audit.write(
            actor=actor, action=act, org_id=org_id, subject_type="organisation", subject_id=client_id, data=dict(data)
        )
