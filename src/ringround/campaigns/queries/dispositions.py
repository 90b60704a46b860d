"""A campaign's dispositions and form, as saving needs them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from ringround.campaigns.rules.forms import FieldSpec
from ringround.infra import sql
from ringround.kernel.errors import Invalid
from ringround.kernel.ids import parse_id


@dataclass(frozen=True, slots=True)
class DispositionRow:
    id: UUID
    name: str
    kind: str
    status: str | None
    outcome: str | None
    opens_form: bool
    retry: dict[str, Any] | None


def disposition_find(*, campaign_id: UUID, name_or_id: str | UUID) -> Callable[[], DispositionRow]:
    """One that may be chosen, by id or by name; Invalid `unknown_disposition`, also for a hidden one. Asked in one
    letter with what is asked next; the answer is what comes back, called."""
    asked = sql.soon(
        "campaigns", "disposition_find", campaign=campaign_id, id=parse_id(name_or_id), name=str(name_or_id)
    )

    def found() -> DispositionRow:
        row = asked.row()
        if row is None:
            raise Invalid.one("disposition", "unknown_disposition", _("The campaign has no such disposition."))
        if isinstance(row["retry"], str):
            row["retry"] = json.loads(row["retry"])
        return DispositionRow(**row)

    return found


def form_fields_of(*, campaign_id: UUID) -> list[FieldSpec]:
    """The questions of the campaign's form, in order."""
    return [
        FieldSpec(
            **{
                name: json.loads(value) if name in {"default", "shown_if"} and isinstance(value, str) else value
                for name, value in row.items()
            }
        )
        for row in sql.rows("campaigns", "form_fields", campaign=campaign_id)
    ]
