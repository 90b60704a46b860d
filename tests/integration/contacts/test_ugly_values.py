"""A file with what people and programs should not write, in a column of every type: each row is taken or told, and what
is taken is what was written."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from ringround.contacts import actions
from ringround.contacts.models import Contact
from tests.integration.contacts.helpers import Importer, rejected

if TYPE_CHECKING:
    from ringround.orgs.actor import Actor

pytestmark = pytest.mark.django_db

TYPES = (
    "text", "long_text", "number", "date", "datetime", "choice", "multi_choice", "bool", "phone", "email", "url",
    "external_id",
)  # fmt: skip
UGLY = (
    "<script>alert('hej')</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE contacts_contact; --",
    "1 OR 1=1) UNION SELECT NULL--",
    "{{ 7 * 7 }} {% debug %} %s %(a)s ${jndi:ldap://x}",
    "\u202eعكس اتجاه\u202c \u200fשלום",
    "👩‍👩‍👧‍👦 🏳️‍🌈 𝕊ø̈ren",
    "=cmd|'/c calc'!A0",
    "../../etc/passwd",
    "29-02-2027",
    "9" * 400,
    "NaN",
    "\u0085\u2028\u2029x",
)
MEGABYTE = "ø" * 2**20


def _file(values: tuple[str, ...]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["mobil", *TYPES])
    number = 26_000_000
    for value in values:
        for place in range(len(TYPES)):
            number += 1
            writer.writerow([number, *(value if place == at else "" for at in range(len(TYPES)))])
    return out.getvalue()


def test_a_row_with_an_ugly_value_is_taken_or_told_in_every_type(bring: Importer, manager: Actor) -> None:
    columns = [
        {"name": "mobil", "type": "phone", "required": True},
        *({"name": kind, "type": kind, **({"options": ["Ja", "Nej"]} if "choice" in kind else {})} for kind in TYPES),
    ]
    listed = actions.contact_list_create(actor=manager, name="Alt", columns=columns, region="DK")
    state = bring(_file((*UGLY, MEGABYTE)), into=listed, match=["phone"])
    assert state.state == "done", (state.code, state.detail)
    rows = (len(UGLY) + 1) * len(TYPES)
    assert state.counts["rows"] == rows == state.counts["new"] + state.counts["rejected"]
    assert len(rejected(manager, state)) >= 1 + state.counts["rejected"]
    found = list(Contact.objects.filter(list=listed))
    assert len(found) == state.counts["new"]
    kept = {(kind, one.fields[kind]) for one in found for kind in ("text", "long_text") if one.fields.get(kind)}
    for value in UGLY[:9]:
        assert ("text", value) in kept
        assert ("long_text", value) in kept
    assert all(len(str(value)) < 2**20 for _kind, value in kept)


def test_ugly_headers_are_columns_or_a_refusal(manager: Actor) -> None:
    for value in (*UGLY, "x" * 20_000):
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([[value, "mobil"], ["Anna", "26000001"]])
        row = actions.import_draft(actor=manager, file=[out.getvalue().encode()], file_name=f"{value[:50]}.csv")
        assert row.state in ("draft", "failed"), value
