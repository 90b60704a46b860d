"""The tests' database: what a test has committed, cleared."""

from __future__ import annotations

from functools import cache

from psycopg import sql

# Filled once, when the database is migrated; the same after every test.
KEPT = {"django_content_type", "auth_permission"}


@cache
def _tables() -> tuple[str, ...]:
    from django.db import connection

    there = set(connection.introspection.django_table_names(only_existing=True, include_views=False)) - KEPT
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT confrelid::regclass::text FROM pg_constraint WHERE contype = 'f' AND NOT condeferrable"
        )
        late = {name for (name,) in cursor.fetchall()}
    # What is referred to by a reference that is looked at once, after what refers to it.
    return tuple(sorted(there, key=lambda name: (name in late, name)))


def clear() -> None:
    """Every row that a test has committed. Django's own way truncates all tables, though few have rows, and makes all
    content types and permissions anew: a hundred times as long."""
    from django.db import connection, transaction

    with transaction.atomic(), connection.cursor() as cursor:
        asked = (
            sql.SQL("SELECT {} WHERE EXISTS (SELECT FROM {})").format(sql.Literal(name), sql.Identifier(name))
            for name in _tables()
        )
        cursor.execute(sql.SQL(" UNION ALL ").join(asked))
        # All other references are looked at when all is gone.
        for (name,) in cursor.fetchall():
            cursor.execute(sql.SQL("DELETE FROM {}").format(sql.Identifier(name)))
