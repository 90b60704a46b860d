"""How many stand in each register, counted one register after the other: whoever reads the others does not wait."""

from __future__ import annotations

from typing import Any

from django.db import migrations, transaction


def count(apps: Any, schema_editor: Any) -> None:
    """Safe to run again where it was cut off."""
    registers = apps.get_model("contacts", "Register")
    for register_id in list(registers.objects.order_by("id").values_list("id", flat=True)):
        with transaction.atomic():
            # Whoever enters more holds it too.
            row = registers.objects.select_for_update().filter(id=register_id).first()
            if row is not None:
                entries = apps.get_model("contacts", "RegisterEntry").objects.filter(register=register_id)
                row.entries = entries.values("print").distinct().count()
                row.save(update_fields=["entries"])


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("contacts", "0014_sms_alone_checked")]

    operations = [migrations.RunPython(count, migrations.RunPython.noop, elidable=True)]
