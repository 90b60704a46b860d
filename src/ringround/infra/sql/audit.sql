-- name: audit_add prepared
INSERT INTO infra_audit_pending (
    id, at, org_id, actor_type, actor_id, acting_org_id, action, subject_type, subject_id, data
)
SELECT id, at, org_id, actor_type, actor_id, acting_org_id, action, subject_type, subject_id, data::jsonb
FROM unnest(%(ids)s::uuid[], %(times)s::timestamptz[], %(orgs)s::uuid[], %(actor_types)s::text[], %(actors)s::uuid[],
    %(acting_orgs)s::uuid[], %(actions)s::text[], %(subject_types)s::text[], %(subjects)s::uuid[], %(data)s::text[])
    AS v (id, at, org_id, actor_type, actor_id, acting_org_id, action, subject_type, subject_id, data)

-- name: audit_seal prepared
INSERT INTO infra_audit (
    seq, id, at, org_id, actor_type, actor_id, acting_org_id, action, subject_type, subject_id, data, hash
)
SELECT seq, id, at, org_id, actor_type, actor_id, acting_org_id, action, subject_type, subject_id, data::jsonb, hash
FROM unnest(%(ids)s::uuid[], %(times)s::timestamptz[], %(orgs)s::uuid[], %(actor_types)s::text[], %(actors)s::uuid[],
    %(acting_orgs)s::uuid[], %(actions)s::text[], %(subject_types)s::text[], %(subjects)s::uuid[], %(data)s::text[],
    %(seqs)s::bigint[], %(hashes)s::bytea[])
    AS v (id, at, org_id, actor_type, actor_id, acting_org_id, action, subject_type, subject_id, data, seq, hash)

-- name: audit_head_here prepared
INSERT INTO infra_audit_head (id, seq, hash) VALUES (1, 0, '') ON CONFLICT DO NOTHING

-- name: audit_head prepared
-- The end of the chain; its lock admits one sealer.
SELECT seq, hash FROM infra_audit_head WHERE id = 1 FOR UPDATE

-- name: audit_waiting prepared
SELECT id, at, org_id, actor_type, actor_id, acting_org_id, action, subject_type, subject_id, data
FROM infra_audit_pending ORDER BY id LIMIT %(limit)s::int FOR UPDATE SKIP LOCKED

-- name: audit_sealed prepared
DELETE FROM infra_audit_pending WHERE id = ANY (%(ids)s::uuid[])

-- name: audit_reach prepared
UPDATE infra_audit_head SET seq = %(seq)s::bigint, hash = %(hash)s::bytea WHERE id = 1
