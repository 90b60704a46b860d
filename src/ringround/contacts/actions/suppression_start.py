"""Taking a register in: numbers and addresses, or names with where they live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.db import transaction

from ringround.contacts.actions.import_options import language_of, reading
from ringround.contacts.actions.imports import insert_import, keep_file
from ringround.contacts.actions.register_columns import ROLES, columns_of, is_by_address, refuse_issue
from ringround.contacts.actions.suppressions import MAX_SOURCE, read_scope
from ringround.contacts.files import bad, store
from ringround.contacts.files.sniff import sniff
from ringround.contacts.models import Import
from ringround.kernel.errors import Fault, Invalid
from ringround.kernel.messages import N_
from ringround.kernel.text import clean
from ringround.orgs import permissions
from ringround.orgs.actor import Actor

BY = ("value", "name_address")
_OF_REGISTER = frozenset(
    ["scope", "channel", "source", "date", "dry_run", "header", "delimiter", "sheet", "by", "mapping"]
)


def suppression_import_start(
    *, actor: Actor, file: Iterable[bytes], file_name: str, options: Mapping[str, Any], queue: bool = True
) -> Import:
    """Take a register from a file: `scope`, `channel`, `source`, `date` (ISO), `dry_run`, `by`, `mapping`.

    `by` is `value` (numbers and e-mail addresses) or `name_address`; seen from the columns where it is left out. A
    register by name and address is known again by its source, and replaced by each issue.
    """
    permissions.require(actor, "contacts.suppressions.change")
    read = _read_register(actor, options)
    import_id, path, size = keep_file(actor, file)
    try:
        _choose_by(actor, path, read)
        with transaction.atomic():
            refuse_issue(actor.org_id, read)
            return insert_import(
                actor,
                import_id,
                path,
                size,
                file_name,
                queue,
                kind=Import.Kind.SUPPRESSIONS,
                options=read,
                dry_run=read["dry_run"],
            )
    except BaseException:
        store.drop(path)
        raise


# What a file of people bars: registers know no SMS.
OF_FILE = ("any", "phone", "email")


def _read_register(actor: Actor, options: Mapping[str, Any]) -> dict[str, Any]:
    faults = []
    unknown = set(options) - _OF_REGISTER
    faults += [Fault(("options", name), "unknown_field", N_("There is no such option.")) for name in sorted(unknown)]
    channel = options.get("channel") or "any"
    if channel not in OF_FILE:
        faults.append(Fault(("options", "channel"), "unknown_channel", N_("There is no such channel.")))
    day = options.get("date") or None
    try:
        day = date.fromisoformat(day).isoformat() if day is not None else None
    except (TypeError, ValueError):
        faults.append(Fault(("options", "date"), "not_a_date", N_("This is not a date. Write it as 2026-12-31.")))
    by = options.get("by") or None
    if by is not None and by not in BY:
        faults.append(Fault(("options", "by"), "unknown_by", N_("Say value or name_address.")))
    mapping = options.get("mapping") or {}
    if not isinstance(mapping, Mapping) or not all(role is None or role in ROLES for role in mapping.values()):
        detail = N_("Give for each column of the file what it is: %(roles)s.", roles=", ".join(ROLES))
        faults.append(Fault(("options", "mapping"), "wrong_type", detail))
    if faults:
        raise Invalid(faults)
    campaign_id = read_scope(actor, options.get("scope"))
    source = options.get("source") or ""
    return {
        **reading(options.get("header"), options.get("delimiter"), options.get("sheet")),
        "channel": channel,
        "campaign": str(campaign_id) if campaign_id else None,
        "source": clean(source, MAX_SOURCE) if isinstance(source, str) else "",
        "date": day,
        "by": by,
        "mapping": dict(mapping),
        "dry_run": options.get("dry_run") is True,
        "language": language_of(actor),
    }


def _choose_by(actor: Actor, path: str, read: dict[str, Any]) -> None:
    """See from the columns what a register is by."""
    try:
        sniffed = sniff(store.place(path), region=actor.organisation.region, told=read)
    except bad.BadFile:
        read["by"] = read["by"] or "value"  # it is told why by the import
        return
    known = {header.casefold() for header in sniffed.headers}
    if unknown := [header for header in read["mapping"] if header.casefold() not in known]:
        raise Invalid(
            Fault(("options", "mapping", header), "unknown_column", N_("The file has no such column."))
            for header in unknown
        )
    if read["by"] is None:
        values = any(guess.type in ("phone", "email") for guess in sniffed.guesses)
        by_address = is_by_address(columns_of(sniffed.headers, sniffed.guesses, read["mapping"]))
        read["by"] = "name_address" if by_address and (read["mapping"] or not values) else "value"
    if read["by"] == "value":
        return
    if not read["source"]:
        raise Invalid.one(
            ("options", "source"), "required", N_("Give the register a name: its next issue is known by it.")
        )
