"""The peer of `vs_omnileads_rule`: the preview hand-out of OMniLeads, written from a description of its behaviour.

One table, a row for each contact on each campaign, without foreign keys and without any index but the primary key, as its
own schema has it. A request for the next contact is one transaction:
1. a row of this agent that is being called is given again;
2. else what the agent was given before goes back, and its `orden` is remembered;
3. the campaign's rows are counted, and the next `orden` is taken modulo that count;
4. and 5. of the rows nobody has, or this agent has, that were not delivered yet and are not deactivated by a value in the
   JSON copy of the contact, the first from that `orden` on is locked with SKIP LOCKED, or else the first of all;
6. it is marked as delivered to the agent.

Written as the statements that its program sends, prepared, which spares it all of that program. Each request is by an agent
who holds nothing, as on our side, so steps 1 and 2 find nothing and the `orden` asked for is 0. Its schema has no index to
choose and its rule no batch, so the sweep is over the number of clients; the best counts. Of a million rows few clients
only: each request keeps a processor busy for seconds, and more of them wait for each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import psycopg

from bench.harness import pgbench

_TABLE = """
CREATE TABLE agente_en_contacto (
    id serial PRIMARY KEY, agente_id int NOT NULL, contacto_id int NOT NULL, datos_contacto text NOT NULL,
    telefono_contacto varchar(128) NOT NULL, campana_id int NOT NULL, estado int NOT NULL,
    modificado timestamptz NOT NULL, es_originario boolean NOT NULL, orden int NOT NULL
)
"""
# As a row of ours: a name, a number and a value that could deactivate.
_FILL = """
INSERT INTO agente_en_contacto (agente_id, contacto_id, datos_contacto, telefono_contacto, campana_id, estado, modificado,
    es_originario, orden)
SELECT -1, n, '{"name": "Person", "mobile": "+452' || lpad(n::text, 7, '0') || '", "aktiv": "1"}',
    '+452' || lpad(n::text, 7, '0'), 1, 0, now(), true, n
FROM generate_series(%s::int, %s::int) AS n
"""
_SCRIPT = """\\set agent 1000000 + :i * 64 + :client_id
\\set i :i + 1
BEGIN;
SELECT coalesce((SELECT id FROM agente_en_contacto WHERE agente_id = :agent AND campana_id = 1 AND estado = 3 LIMIT 1), 0)
 AS calling \\gset
SELECT coalesce((SELECT orden FROM agente_en_contacto WHERE agente_id = :agent AND campana_id = 1 AND estado IN (1, 3)
 LIMIT 1), -1) AS before \\gset
SELECT (:before + 1) % (count(*) + 1) AS orden FROM agente_en_contacto WHERE campana_id = 1 \\gset
SELECT * FROM agente_en_contacto WHERE campana_id = 1 AND agente_id IN (-1, :agent) AND estado = 0
 AND NOT (datos_contacto LIKE '%"aktiv": "FALSE"%' OR datos_contacto LIKE '%"aktiv": "0"%')
 AND orden >= :orden ORDER BY orden LIMIT 1 FOR UPDATE SKIP LOCKED \\gset given_
UPDATE agente_en_contacto SET estado = 1, agente_id = :agent, modificado = now() WHERE id = :given_id;
COMMIT;
"""


def fill(admin: str, leads: int) -> None:
    """The table with so many rows of one campaign; anew each time."""
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute("DROP TABLE IF EXISTS agente_en_contacto")
        db.execute(_TABLE)
        db.execute(_FILL, [1, leads])
        db.execute("GRANT ALL ON agente_en_contacto TO PUBLIC")
        db.execute("VACUUM (ANALYZE) agente_en_contacto")
        db.execute("CHECKPOINT")


def per_s(server: Any, admin: str, folder: Path, *, clients: int, seconds: float) -> float:
    """Contacts a second; afterwards all are free again, and nothing dead is left."""
    script = folder / "omnileads.sql"
    script.write_text(_SCRIPT)
    done = pgbench(server, script, clients=clients, seconds=seconds, define={"i": 0})
    with psycopg.connect(admin, autocommit=True) as db:
        db.execute("UPDATE agente_en_contacto SET estado = 0, agente_id = -1 WHERE estado <> 0")
        db.execute("VACUUM (ANALYZE) agente_en_contacto")
    return done.per_s


def best(
    server: Any, admin: str, folder: Path, *, seconds: float, clients: Sequence[int]
) -> tuple[int, dict[str, float]]:
    """The best of the sweep, and what each was found to do."""
    found = {one: per_s(server, admin, folder, clients=one, seconds=seconds) for one in clients}
    first = max(found, key=lambda one: found[one])
    return first, {f"{one} clients": float(f"{rate:.3g}") for one, rate in found.items()}
