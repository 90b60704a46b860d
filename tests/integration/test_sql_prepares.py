"""Every named statement of every room fits the migrated schema: a renamed column is found here."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.apps import apps
from django.db import NotSupportedError, connection, transaction

from ringround.campaigns.models import Lead
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


@pytest.mark.django_db
def test_a_column_that_comes_breaks_no_statement_that_is_prepared_already() -> None:
    """As by a migration beside processes of the version before: each keeps its connection and what it prepared."""
    prepared = [(room, name) for room, name in STATEMENTS if sql.load(room)[name].prepared]
    broken = []
    with connection.cursor() as cursor:
        for room, name in prepared:
            text, _names = sql.load(room)[name].numbered
            cursor.execute(f"PREPARE {room}_{name} AS {text}")
        for model in apps.get_models():
            if model.__module__.startswith("ringround.") and model._meta.managed:
                cursor.execute(f"ALTER TABLE {model._meta.db_table} ADD COLUMN came_later int")
        for room, name in prepared:
            nulls = ", ".join("NULL" for _ in sql.load(room)[name].numbered[1])
            try:
                with transaction.atomic():
                    cursor.execute(f"EXPLAIN EXECUTE {room}_{name}" + (f"({nulls})" if nulls else ""))
            except NotSupportedError as fault:
                broken.append(f"{room}.{name}: {fault}")
            cursor.execute(f"DEALLOCATE {room}_{name}")
    assert broken == []


def test_the_columns_of_a_lead_are_those_of_its_model() -> None:
    """A new column stands in the list, or what is read of a lead lacks it."""
    of = re.search(r"SELECT (.+?) FROM", sql.load("campaigns")["lead_read"], re.DOTALL)
    assert of is not None
    assert of[1].replace("l.", "").split(", ") == [field.column for field in Lead._meta.concrete_fields]
