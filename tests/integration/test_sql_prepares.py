"""Every named statement of every room fits the migrated schema: a renamed column is found here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import connection

from ringround.infra import sql

ROOMS = Path(sql.__file__).parents[2]
STATEMENTS = [
    (folder.parent.name, name)
    for folder in sorted(ROOMS.glob("*/sql"))
    if any(folder.glob("*.sql"))
    for name in sql.load(folder.parent.name)
]
_PARAMETER = re.compile(r"%\((\w+)\)s")


@pytest.mark.django_db
@pytest.mark.parametrize(("room", "name"), STATEMENTS)
def test_the_statement_prepares(room: str, name: str) -> None:
    text = sql.load(room)[name]
    # Planned with every value null, as the product's driver writes them into the text: names and types must be right.
    with connection.cursor() as cursor:
        nulls = dict.fromkeys(_PARAMETER.findall(text))
        statement = cursor.mogrify(text, nulls) if nulls else text.replace("%%", "%")
        cursor.execute(f"PREPARE checked AS {statement}")
        cursor.execute("DEALLOCATE checked")
