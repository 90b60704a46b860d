"""Changes of a contact's columns by a file start the journeys of those columns and no others."""

from __future__ import annotations

from uuid import UUID

from ringround.contacts import actions as contacts
from ringround.journeys.models import RunEnd
from tests.integration.journeys.stage import Stage, node


def of_column(stage: Stage, column: str) -> UUID:
    params = {"fields": [f"contact.fields.{column}"]}
    note = node("note", "note", text=f"{column} changed")
    return stage.publish(stage.document(note, trigger="field_changed", params=params, name=column)).id


def test_an_import_that_changes_a_column_starts_the_journeys_of_that_column(stage: Stage) -> None:
    city, debt = of_column(stage, "city"), of_column(stage, "debt")
    one = stage.lead(mobile="20123456", fields={"city": "Aarhus", "debt": "5"})
    other = stage.lead(mobile="20123457", fields={"city": "Aarhus", "debt": "5"})
    stage.settle()
    row = contacts.import_start(
        actor=stage.rig.staff.manager,
        list_id=stage.rig.lists[stage.campaign.id].id,
        file=[b"mobile,city,debt\n20123456,Odense,5\n20123457,Aarhus,7\n"],
        file_name="file.csv",
        options={"match": ["phone"], "on_match": "update"},
        queue=False,
    )
    assert contacts.import_run(import_id=row.id, processes=1)
    stage.settle()
    ended = set(RunEnd.objects.values_list("lead_id", "journey_id"))
    assert ended == {(one, city), (other, debt)}
