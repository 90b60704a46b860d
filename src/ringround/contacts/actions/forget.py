"""All of an organisation's contacts go at the end of the work for it: in batches, safe to be killed between any two.

The room above asks who may and says when; it empties its leads of the same contacts first, in the same transaction.
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Sequence
from functools import partial
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef

from ringround.contacts.files import store
from ringround.contacts.models import (
    Consent,
    Contact,
    ContactChange,
    ContactList,
    ContactNumber,
    Import,
    ImportKept,
    Register,
    RegisterEntry,
    RegisterHit,
    Relation,
    Suppression,
)
from ringround.infra import clock


def contacts_lock(
    *, org_id: UUID, size: int, ids: Sequence[UUID] | None = None, after: UUID | None = None
) -> list[UUID]:
    """The next contacts behind `after` that are still somebody, or those of `ids` that are, locked with their keys: no
    lead is made of them meanwhile."""
    found = Contact.objects.filter(organisation=org_id, erased_at__isnull=True)
    if after is not None:
        found = found.filter(id__gt=after)
    if ids is not None:
        found = found.filter(id__in=ids).select_for_update(of=("self",))
    return list(found.order_by("id").values_list("id", flat=True)[:size])


@transaction.atomic
def contacts_forget(*, org_id: UUID, contact_ids: Collection[UUID], keep: Collection[UUID]) -> None:
    """Of those in `keep` the emptied row stays, since something is counted by it; the others go as a whole."""
    now = clock.now()
    kept = Contact.objects.filter(organisation=org_id, id__in=keep)
    for said in (ContactChange, Consent, Relation):
        said.objects.filter(contact__in=contact_ids).delete()
    ImportKept.objects.filter(contact_id__in=contact_ids).delete()
    RegisterHit.objects.filter(contact__in=contact_ids).delete()
    ContactNumber.objects.filter(contact__in=kept).update(e164=None, written="", type="", valid=False, suppressed=False)
    kept.update(
        fields={}, external_id=None, row_digests=[], name="", sort_name="", search="", email="", timezone="",
        country="", place_key=None, suppressed=False, erased_at=now, updated_at=now,
    )  # fmt: skip
    Contact.objects.filter(organisation=org_id, id__in=set(contact_ids) - set(keep)).delete()


@transaction.atomic
def suppressions_forget(*, org_id: UUID, size: int) -> int:
    """Delete the next of an organisation's suppressions, then of who stands in its registers; how many. Nobody can be
    called for it any more."""
    for model in (Suppression, RegisterEntry):
        ids = list(model.objects.filter(organisation=org_id).order_by("id").values_list("id", flat=True)[:size])
        if ids:
            model.objects.filter(id__in=ids).delete()
            return len(ids)
    Register.objects.filter(organisation=org_id).delete()
    return 0


def imports_open(*, org_id: UUID) -> bool:
    """Whether a file is being read for the organisation."""
    return Import.objects.filter(organisation=org_id, state__in=(Import.State.QUEUED, Import.State.RUNNING)).exists()


@transaction.atomic
def lists_forget(*, org_id: UUID) -> None:
    """Imports with their files go, and lists without contacts; of the others nothing stays but the name."""
    Import.objects.filter(organisation=org_id).delete()
    left = Exists(Contact.objects.filter(list=OuterRef("pk")))
    ContactList.objects.filter(~left, organisation=org_id).delete()
    ContactList.objects.filter(organisation=org_id).update(
        columns=[], mapping={}, contact_count=0, archived_at=clock.now()
    )
    # After the commit, and again should it come to nothing: a folder that is gone is no fault.
    transaction.on_commit(partial(shutil.rmtree, store.folder() / str(org_id), ignore_errors=True))
