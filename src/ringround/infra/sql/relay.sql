-- name: relay_waits prepared
-- By the keys' order: what has just been taken is then passed over in the index and not read page by page.
SELECT EXISTS (SELECT FROM (SELECT id FROM infra_event_out ORDER BY id LIMIT 1) AS e)
    OR EXISTS (SELECT FROM (SELECT id FROM infra_audit_pending ORDER BY id LIMIT 1) AS a)
    OR coalesce((SELECT seq FROM infra_cursor WHERE name = 'relay'), 0)
        > coalesce((SELECT seq FROM infra_cursor WHERE name = 'reactions'), 0) AS waits

-- name: cursor_here prepared
INSERT INTO infra_cursor (name, seq) VALUES (%(name)s::text, 0) ON CONFLICT DO NOTHING

-- name: relay_head prepared
-- The last number given; its lock admits one relay.
SELECT seq FROM infra_cursor WHERE name = 'relay' FOR UPDATE

-- name: events_take prepared
SELECT id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data, cause
FROM infra_event_out ORDER BY id LIMIT %(limit)s::int

-- name: events_rest prepared
-- What the same subjects have with a lower number than these.
SELECT id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data, cause
FROM infra_event_out o
WHERE o.subject_id = ANY (%(subjects)s::uuid[]) AND NOT (o.id = ANY (%(ids)s::uuid[])) AND o.subject_no < (
    SELECT max(n) FROM unnest(%(subjects)s::uuid[], %(highest)s::bigint[]) AS t (s, n) WHERE t.s = o.subject_id
)

-- name: events_move prepared
WITH gone AS (
    DELETE FROM infra_event_out WHERE id = ANY (%(ids)s::uuid[])
    RETURNING id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data, cause
)
INSERT INTO infra_event (
    seq, id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data, cause
)
SELECT n.seq, g.id, g.org_id, g.also_org_id, g.type, g.subject_type, g.subject_id, g.subject_no, g.at, g.data, g.cause
FROM gone g JOIN unnest(%(ids)s::uuid[], %(numbers)s::bigint[]) AS n (id, seq) ON n.id = g.id

-- name: relay_reached prepared
UPDATE infra_cursor SET seq = %(seq)s::bigint WHERE name = 'relay'

-- name: events_after prepared
-- What reactions have not seen yet.
SELECT seq, id, org_id, also_org_id, type, subject_type, subject_id, subject_no, at, data, cause
FROM infra_event WHERE seq > (SELECT seq FROM infra_cursor WHERE name = 'reactions')
ORDER BY seq LIMIT %(limit)s::int
