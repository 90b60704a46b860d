"""By what contacts that are there already are found in registers by name and address."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from ringround.contacts.rules import columns as rules
from ringround.contacts.rules.person import Person

BATCH = 2_000
WRITE = """
UPDATE contacts_contact c SET place_key = v.key
FROM unnest(%s::uuid[], %s::bigint[]) AS v(id, key) WHERE c.id = v.id
"""


def keys(apps: Any, schema_editor: Any) -> None:
    """Batch by batch; safe to run again where it was cut off."""
    contacts = apps.get_model("contacts", "Contact")
    for list_id, columns in apps.get_model("contacts", "ContactList").objects.values_list("id", "columns"):
        if not {"post_code", "city"} & {one.get("role") for one in columns}:
            continue
        person = Person(rules.load(columns))
        after = None
        while True:
            found = contacts.objects.filter(list_id=list_id).order_by("id")
            found = found.filter(id__gt=after) if after is not None else found
            rows = list(found.values_list("id", "fields", "external_id")[:BATCH])
            if not rows:
                break
            after = rows[-1][0]
            said = [(row[0], person.know(row[1], row[2], ()).place_key) for row in rows]
            known = [one for one in said if one[1] is not None]
            with schema_editor.connection.cursor() as cursor:
                cursor.execute(WRITE, [[one[0] for one in known], [one[1] for one in known]])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("contacts", "0010_registers")]

    operations = [migrations.RunPython(keys, migrations.RunPython.noop, elidable=True)]
