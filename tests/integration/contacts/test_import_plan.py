"""What an import looks up it looks up by key, whatever the statistics say: of a list that has just been made they know
nothing, and then any index that begins with the list seems as good as the right one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from ringround.contacts import actions
from ringround.contacts.actions.import_contacts import _by_index
from ringround.contacts.models import Contact, ContactList, ContactNumber
from ringround.infra import clock, sql
from ringround.kernel.ids import new_id
from tests.factories import Cast
from tests.integration.contacts.helpers import COLUMNS

pytestmark = pytest.mark.django_db
ROWS = 2_000


def _contacts(list_id: UUID, org_id: UUID, count: int, first: int) -> None:
    now = clock.now()
    made = Contact.objects.bulk_create(
        Contact(
            organisation_id=org_id, list_id=list_id, external_id=f"M{n}", email=f"{n}@example.org", search=f"m{n}",
            row_digests=[n], created_at=now, updated_at=now,
        )
        for n in range(first, first + count)
    )  # fmt: skip
    ContactNumber.objects.bulk_create(
        ContactNumber(
            contact=one,
            organisation_id=org_id,
            position=0,
            label="mobile",
            e164=f"+4520{n:06d}",
            written="",
            valid=True,
        )
        for n, one in enumerate(made, first)
    )


def _scans(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if "Index Name" in node or node["Node Type"] == "Seq Scan":
        yield node
    for one in node.get("Plans", ()):
        yield from _scans(one)


def _plan(name: str, **params: Any) -> list[str]:
    """The conditions by which rows are found, index by index."""
    with transaction.atomic(), connection.cursor() as cursor:
        _by_index()
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql.load('contacts')[name]}", params)
        (found,) = cursor.fetchone()
    plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return [f"{scan['Node Type']}: {scan.get('Index Cond', '')}" for scan in _scans(plan)]


@pytest.mark.parametrize("known", [True, False])
def test_rows_of_a_batch_are_looked_up_one_by_one(cast: Cast, people: ContactList, known: bool) -> None:
    org, other = cast.charity.org.id, cast.magazine.org.id
    _contacts(people.id, org, ROWS, 0)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE contacts_contact, contacts_number")
    made = actions.contact_list_create(actor=cast.magazine.manager, name="Ny", columns=COLUMNS)
    asked, whose = (people.id, org) if known else (made.id, other)
    keys = list(range(ROWS))
    found = _plan(
        "import_find", org=whose, list=asked, phones=[f"+4520{n:06d}" for n in keys], externals=[f"M{n}" for n in keys],
        emails=[f"{n}@example.org" for n in keys],
    )  # fmt: skip
    found += _plan("import_find_told", list=asked, digests=keys)
    found += _plan("import_all_told", list=asked, digests=keys, **{"import": new_id()})
    assert len(found) == 7
    for scan in found:
        # By the list or the organisation alone everything there is would be gone through.
        assert " AND " in scan or "(id = " in scan or "&&" in scan, found


def test_a_key_that_a_batch_names_twice_finds_its_contact_once(cast: Cast, people: ContactList) -> None:
    org = cast.charity.org.id
    _contacts(people.id, org, 2, 0)
    twice = {"phones": ["+4520000001"] * 2, "externals": ["M1", "M0", "M1"], "emails": ["1@example.org"] * 2}
    found = sql.rows("contacts", "import_find", org=org, list=people.id, **twice)
    assert sorted((one["kind"], one["key"]) for one in found) == [
        ("email", "1@example.org"), ("external_id", "M0"), ("external_id", "M1"), ("phone", "+4520000001"),
    ]  # fmt: skip
    assert sql.rows("contacts", "import_find", org=org, list=new_id(), **twice) == []
    Contact.objects.filter(external_id="M1").update(row_digests=[7, 8])
    told = sql.rows("contacts", "import_find_told", list=people.id, digests=[0, 8, 0, 8])
    assert sorted(one["external_id"] for one in told) == ["M0", "M1"]
    assert [one["external_id"] for one in sql.rows("contacts", "import_find_told", list=people.id, digests=[7, 8])] == [
        "M1"
    ]
    assert sql.rows("contacts", "import_find_told", list=new_id(), digests=[0, 7, 8]) == []
